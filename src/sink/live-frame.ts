/**
 * Binary form of the live feed's messages, read by the page and written by the sink: what repeats (windows, rows of
 * the flow table) travels as doubles, the rest as JSON. JSON alone costs about twenty times the time for the same rows.
 *
 * ```
 * 0   u32  magic 0x484c4652 ("HLFR", read big-endian)
 * 4   u16  version (1)                    all else is little-endian
 * 6   u16  0
 * 8   u32  bytes of the JSON part
 * 12  u32  number of doubles
 * 16  JSON part (UTF-8), zeros up to a multiple of 8, doubles
 * ```
 * A null among the doubles is NaN: no measured value is.
 */
import {
  liveMessageSchema,
  type Flow,
  type Latency,
  type LiveMessage,
  type Measures,
  type Window,
} from './messages.ts';

/** Version of the frame layout, not of the messages inside it. */
export const LIVE_FRAME_VERSION = 1;

const MAGIC = 0x484c4652;
const HEADER_BYTES = 16;
const DOUBLE_BYTES = 8;

/** Not a whole live frame of this version; `message` says what is wrong with it. */
export class LiveFrameError extends Error {
  override readonly name = 'LiveFrameError';
}

/** The same message as one binary frame. */
export function encodeLiveMessage(message: LiveMessage): ArrayBuffer {
  const numbers: number[] = [];
  return assemble(new TextEncoder().encode(JSON.stringify(withoutNumbers(message, numbers))), numbers);
}

/**
 * Reads one frame.
 * @throws LiveFrameError when it is cut short, of another version, or its content is no live message.
 */
export function decodeLiveMessage(frame: ArrayBuffer): LiveMessage {
  const { json, numbers } = split(frame);
  const parsed = liveMessageSchema.safeParse(withNumbers(json, new NumberReader(numbers)));
  if (!parsed.success) throw new LiveFrameError(`live frame: not a live message: ${parsed.error.message}`);
  return parsed.data;
}

function assemble(json: Uint8Array, numbers: readonly number[]): ArrayBuffer {
  const numbersAt = HEADER_BYTES + paddedBytes(json.length);
  const frame = new ArrayBuffer(numbersAt + numbers.length * DOUBLE_BYTES);
  const view = new DataView(frame);
  view.setUint32(0, MAGIC, false);
  view.setUint16(4, LIVE_FRAME_VERSION, true);
  view.setUint32(8, json.length, true);
  view.setUint32(12, numbers.length, true);
  new Uint8Array(frame).set(json, HEADER_BYTES);
  numbers.forEach((value, index) => view.setFloat64(numbersAt + index * DOUBLE_BYTES, value, true));
  return frame;
}

function split(frame: ArrayBuffer): { json: unknown; numbers: Float64Array } {
  if (frame.byteLength < HEADER_BYTES) {
    throw new LiveFrameError(`live frame: ${frame.byteLength} bytes, the header alone has ${HEADER_BYTES}`);
  }
  const view = new DataView(frame);
  if (view.getUint32(0, false) !== MAGIC) throw new LiveFrameError('live frame: does not begin like one');
  const version = view.getUint16(4, true);
  if (version !== LIVE_FRAME_VERSION) {
    throw new LiveFrameError(`live frame: version ${version}, this page reads ${LIVE_FRAME_VERSION}; reload the page`);
  }
  const jsonBytes = view.getUint32(8, true);
  const numbers = new Float64Array(Math.min(view.getUint32(12, true), frame.byteLength / DOUBLE_BYTES));
  const numbersAt = HEADER_BYTES + paddedBytes(jsonBytes);
  const expectedBytes = numbersAt + view.getUint32(12, true) * DOUBLE_BYTES;
  if (frame.byteLength !== expectedBytes) {
    throw new LiveFrameError(`live frame: ${frame.byteLength} bytes, its header announces ${expectedBytes}`);
  }
  for (let index = 0; index < numbers.length; index++) {
    numbers[index] = view.getFloat64(numbersAt + index * DOUBLE_BYTES, true);
  }
  return { json: parseJson(new Uint8Array(frame, HEADER_BYTES, jsonBytes)), numbers };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new LiveFrameError('live frame: its JSON part is damaged', { cause: error });
  }
}

function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / DOUBLE_BYTES) * DOUBLE_BYTES;
}

/** Text of a flow's row; its numbers are among the doubles. */
type FlowText = readonly [
  id: string,
  source: string,
  destination: string,
  protocol: string,
  interfaceName: string,
  firstSeen: string,
  lastSeen: string,
];

/** The message for the JSON part, its repeated numbers moved to `numbers`; `withNumbers` is its inverse. */
function withoutNumbers(message: LiveMessage, numbers: number[]): unknown {
  switch (message.type) {
    case 'hello':
      return message;
    case 'series':
      for (const window of message.series.windows) putWindow(window, numbers);
      return { type: message.type, flow: message.series.flow, windows: message.series.windows.length };
    case 'window':
      for (const flow of message.flows) putFlow(flow, numbers);
      return { ...message, flows: message.flows.map(flowText) };
  }
}

function withNumbers(json: unknown, numbers: NumberReader): unknown {
  if (!isObject(json)) return json;
  if (json.type === 'series') {
    const windows: Window[] = [];
    const count = typeof json.windows === 'number' ? json.windows : 0;
    while (windows.length < count && numbers.left()) windows.push(takeWindow(numbers));
    return { type: json.type, series: { flow: json.flow, windows } };
  }
  if (json.type === 'window' && Array.isArray(json.flows)) {
    return { ...json, flows: json.flows.map((text: unknown) => takeFlow(text, numbers)) };
  }
  return json;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function flowText(flow: Flow): FlowText {
  return [flow.id, flow.source, flow.destination, flow.protocol, flow.interface, flow.firstSeen, flow.lastSeen];
}

function putFlow(flow: Flow, numbers: number[]): void {
  numbers.push(flow.sourcePort, flow.destinationPort, flow.sourceNodeId, flow.window === null ? 0 : 1);
  putMeasures(flow, numbers);
  if (flow.window !== null) putWindow(flow.window, numbers);
}

function takeFlow(text: unknown, numbers: NumberReader): unknown {
  if (!Array.isArray(text)) return text;
  const fields: readonly unknown[] = text;
  const [id, source, destination, protocol, interfaceName, firstSeen, lastSeen] = fields;
  const sourcePort = numbers.next();
  const destinationPort = numbers.next();
  const sourceNodeId = numbers.next();
  const hasWindow = numbers.next() === 1;
  const measures = takeMeasures(numbers);
  const window = hasWindow ? takeWindow(numbers) : null;
  const ends = { source, destination, sourcePort, destinationPort, protocol, sourceNodeId };
  return { id, ...ends, interface: interfaceName, ...measures, firstSeen, lastSeen, window };
}

function putWindow(window: Window, numbers: number[]): void {
  numbers.push(window.startMs);
  putMeasures(window, numbers);
}

function takeWindow(numbers: NumberReader): Window {
  return { startMs: numbers.next(), ...takeMeasures(numbers) };
}

function putMeasures(measures: Measures, numbers: number[]): void {
  const { packets, bytes, lost, reordered, duplicates, negative, jitterNs, latencyNs } = measures;
  numbers.push(packets, bytes, lost, reordered, duplicates, negative, jitterNs ?? NaN);
  if (latencyNs === null) numbers.push(NaN, NaN, NaN, NaN, NaN, NaN, NaN);
  else {
    const { min, mean, p50, p90, p99, p999, max } = latencyNs;
    numbers.push(min, mean, p50, p90, p99, p999, max);
  }
}

function takeMeasures(numbers: NumberReader): Measures {
  const packets = numbers.next();
  const bytes = numbers.next();
  const lost = numbers.next();
  const reordered = numbers.next();
  const duplicates = numbers.next();
  const negative = numbers.next();
  const jitterNs = nullable(numbers.next());
  return { packets, bytes, lost, reordered, duplicates, latencyNs: takeLatency(numbers), jitterNs, negative };
}

function takeLatency(numbers: NumberReader): Latency | null {
  const min = numbers.next();
  const mean = numbers.next();
  const p50 = numbers.next();
  const p90 = numbers.next();
  const p99 = numbers.next();
  const p999 = numbers.next();
  const max = numbers.next();
  return Number.isNaN(min) ? null : { min, mean, p50, p90, p99, p999, max };
}

function nullable(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

class NumberReader {
  readonly #numbers: Float64Array;
  #next = 0;

  constructor(numbers: Float64Array) {
    this.#numbers = numbers;
  }

  left(): boolean {
    return this.#next < this.#numbers.length;
  }

  next(): number {
    const value = this.#numbers[this.#next++];
    if (value === undefined) throw new LiveFrameError('live frame: fewer numbers than its rows need');
    return value;
  }
}
