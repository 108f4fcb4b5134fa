/** Numbers as text: three significant digits, a unit, and no digit that was not measured. Pure. */

/** Shown where there is no value: nothing arrived, so nothing was measured. */
export const NO_VALUE = '–';

const MINUS = '−';

interface Unit {
  readonly size: number;
  readonly name: string;
}

const DURATION_UNITS: readonly Unit[] = [
  { size: 1e9, name: 's' },
  { size: 1e6, name: 'ms' },
  { size: 1e3, name: 'µs' },
  { size: 1, name: 'ns' },
];

const METRIC_UNITS: readonly Unit[] = [
  { size: 1e12, name: 'T' },
  { size: 1e9, name: 'G' },
  { size: 1e6, name: 'M' },
  { size: 1e3, name: 'k' },
  { size: 1, name: '' },
];

const LAST_UNIT: Unit = { size: 1, name: '' };

/** The unit in which `value` has one to three digits before the point, judged after rounding: 999 600 ns is 1.00 ms. */
function fittingUnit(value: number, units: readonly Unit[]): Unit {
  const magnitude = Math.abs(value);
  return units.find((unit) => magnitude >= unit.size * 0.9995) ?? units.at(-1) ?? LAST_UNIT;
}

function threeDigits(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 99.95) return magnitude.toFixed(0);
  return magnitude >= 9.995 ? magnitude.toFixed(1) : magnitude.toFixed(2);
}

function withSign(value: number, text: string): string {
  return value < 0 ? MINUS + text : text;
}

/** `312 µs`, `1.23 ms`, `−4.50 µs`; whole nanoseconds below a microsecond. */
export function formatDuration(ns: number | null | undefined): string {
  if (ns === null || ns === undefined) return NO_VALUE;
  const unit = fittingUnit(ns, DURATION_UNITS);
  const digits = unit.size === 1 ? Math.abs(ns).toFixed(0) : threeDigits(ns / unit.size);
  return withSign(digits === '0' ? 0 : ns, digits) + ' ' + unit.name;
}

/** Labels of one axis: all in the unit of the largest, with as many decimals as their step needs. */
export function formatDurationTicks(ticksNs: readonly number[]): string[] {
  const largest = Math.max(0, ...ticksNs.map(Math.abs));
  const unit = fittingUnit(largest, DURATION_UNITS);
  return ticksNs.map((ns) => withSign(ns, trimmed(Math.abs(ns) / unit.size)) + ' ' + unit.name);
}

/** Each label in its own unit: on a logarithmic axis the ticks span several. */
export function formatDurationTick(ns: number): string {
  const unit = fittingUnit(ns, DURATION_UNITS);
  return withSign(ns, trimmed(Math.abs(ns) / unit.size)) + ' ' + unit.name;
}

function trimmed(value: number): string {
  return Number(value.toPrecision(6)).toString();
}

/** Exact, with separators: `1,234,567`. */
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined) return NO_VALUE;
  return withSign(
    count,
    Math.abs(count)
      .toFixed(0)
      .replace(/\B(?=(\d{3})+$)/g, ','),
  );
}

/** Three digits and a metric prefix: `1.23 M`; whole numbers below a thousand. */
export function formatMetric(value: number | null | undefined, name = ''): string {
  if (value === null || value === undefined) return NO_VALUE;
  const unit = fittingUnit(value, METRIC_UNITS);
  const digits = unit.size === 1 ? trimmed(Math.round(Math.abs(value) * 100) / 100) : threeDigits(value / unit.size);
  const suffix = unit.name + name;
  return withSign(digits === '0' ? 0 : value, digits) + (suffix === '' ? '' : ' ' + suffix);
}

/** Short label of an axis: `1.5 M`. */
export function formatMetricTick(value: number, name = ''): string {
  const unit = fittingUnit(value, METRIC_UNITS);
  const suffix = unit.name + name;
  return withSign(value, trimmed(Math.abs(value) / unit.size)) + (suffix === '' ? '' : ' ' + suffix);
}

/** Bits in `bytes`, as a rate when the bytes are one second's. */
export function formatBitsPerSecond(bytes: number | null | undefined): string {
  return bytes === null || bytes === undefined ? NO_VALUE : formatMetric(bytes * 8, 'bit/s');
}

/** Percent of the packets sent that were lost; null when none was sent. */
export function lossPercent(lost: number, packets: number): number | null {
  const sent = lost + packets;
  return sent === 0 ? null : (lost / sent) * 100;
}

/** A percentage that says 0 % only for none, and 100 % only for all. */
export function formatPercent(percent: number | null | undefined): string {
  if (percent === null || percent === undefined) return NO_VALUE;
  if (percent === 0) return `0 %`;
  if (percent < 0.001) return `<0.001 %`;
  if (percent < 100 && percent > 99.9) return `>99.9 %`;
  const digits = percent < 0.0995 ? percent.toPrecision(2) : trimmed(Number(percent.toPrecision(3)));
  return `${digits} %`;
}

/** How long ago, for people: `4 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Local wall clock, 24 hours: `14:03:07`, or `14:03` without seconds. */
export function formatClock(unixSeconds: number, withSeconds: boolean): string {
  const date = new Date(unixSeconds * 1000);
  const parts = [date.getHours(), date.getMinutes(), ...(withSeconds ? [date.getSeconds()] : [])];
  return parts.map((part) => part.toString().padStart(2, '0')).join(':');
}

/** `10.0.0.1:443`, `[2001:db8::1]:443`; the address alone where the protocol has no ports. */
export function formatEndpoint(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
