/** What the generated readers and writers share. */

/** A copy, so that the value outlives the buffer that it came from. */
export function readBytes(view: DataView, offset: number, length: number): Uint8Array {
  return bytesAt(view, offset, length).slice();
}

export function writeBytes(view: DataView, offset: number, length: number, value: Uint8Array): void {
  if (value.length !== length) throw new RangeError(`expected ${length} bytes, got ${value.length}`);
  bytesAt(view, offset, length).set(value);
}

export function readArray<T>(
  view: DataView,
  offset: number,
  length: number,
  stride: number,
  read: (view: DataView, offset: number) => T,
): T[] {
  return Array.from({ length }, (_, index) => read(view, offset + index * stride));
}

export function writeArray<T>(
  view: DataView,
  offset: number,
  length: number,
  stride: number,
  value: readonly T[],
  write: (view: DataView, offset: number, element: T) => void,
): void {
  if (value.length !== length) throw new RangeError(`expected ${length} elements, got ${value.length}`);
  value.forEach((element, index) => write(view, offset + index * stride, element));
}

export function writeZeros(view: DataView, offset: number, length: number): void {
  bytesAt(view, offset, length).fill(0);
}

function bytesAt(view: DataView, offset: number, length: number): Uint8Array {
  // The buffer may be larger than the view: keep to the view's own end.
  if (offset + length > view.byteLength) throw new RangeError(`${length} bytes at ${offset} leave the view`);
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}
