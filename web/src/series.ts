import { lossPercent } from './format.ts';
import type { ColumnName, WindowStore } from './window-store.ts';

/** Seconds on the x axis, both ends included. */
export interface Span {
  readonly firstSecond: number;
  readonly lastSecond: number;
}

/** One line of a chart: a value a second of the span, null where there is a gap. */
export type Line = (number | null)[];

/** The span that ends with the newest second known; null: nothing is known yet. */
export function spanEndingAt(newestSecond: number | null, minutes: number): Span | null {
  if (newestSecond === null) return null;
  return { firstSecond: newestSecond - minutes * 60 + 1, lastSecond: newestSecond };
}

/** The x values: Unix seconds, one for each second, so that a missing one is a gap and not a shorter axis. */
export function spanSeconds(span: Span): number[] {
  return Array.from({ length: span.lastSecond - span.firstSecond + 1 }, (_, index) => span.firstSecond + index);
}

/** Lines straight from the store. */
export function storeLines(store: WindowStore, span: Span, names: readonly ColumnName[]): Line[] {
  return names.map((name) => store.values(name, span.firstSecond, span.lastSecond));
}

/** Lost packets in percent of those sent, second by second. */
export function lossPercentLine(store: WindowStore, span: Span): Line {
  const packets = store.values('packets', span.firstSecond, span.lastSecond);
  const lost = store.values('lost', span.firstSecond, span.lastSecond);
  return packets.map((arrived, index) => {
    const missing = lost[index] ?? null;
    return arrived === null || missing === null ? null : lossPercent(missing, arrived);
  });
}

/** Bits a second. */
export function bitLine(store: WindowStore, span: Span): Line {
  return store.values('bytes', span.firstSecond, span.lastSecond).map((bytes) => (bytes === null ? null : bytes * 8));
}

export function countPoints(line: Line | undefined): number {
  return line === undefined ? 0 : line.reduce<number>((count, value) => (value === null ? count : count + 1), 0);
}

/** Indices of values between two gaps: a line through one point draws nothing, so these need a dot. */
export function lonePoints(line: Line): number[] {
  const lone: number[] = [];
  line.forEach((value, index) => {
    const before = line[index - 1] ?? null;
    const after = line[index + 1] ?? null;
    if (value !== null && before === null && after === null) lone.push(index);
  });
  return lone;
}

/** Whether a logarithmic axis can show every value: it has no place for zero or less. */
export function fitsLogarithm(lines: readonly Line[]): boolean {
  return lines.every((line) => line.every((value) => value === null || value > 0));
}

/** The newest value of a line and its index; null: the line is one gap. */
export function newestPoint(line: Line): { readonly index: number; readonly value: number } | null {
  for (let index = line.length - 1; index >= 0; index--) {
    const value = line[index] ?? null;
    if (value !== null) return { index, value };
  }
  return null;
}
