import type { Flow } from '../sink/messages.ts';

const COLUMNS = ['flow', 'packets/s', 'p50', 'p99', 'lost'] as const;
const MINIMUM_WIDTHS: readonly number[] = [0, 9, 8, 8, 6];

/** The flows as aligned lines, heads first; a flow keeps its place as long as it lives. */
export function tableLines(flows: readonly Flow[]): readonly string[] {
  const rows = [...flows].sort(byIdentity).map(cellsOf);
  const all: readonly (readonly string[])[] = [COLUMNS, ...rows];
  const widths = COLUMNS.map((_, index) =>
    all.reduce((width, row) => Math.max(width, row[index]?.length ?? 0), MINIMUM_WIDTHS[index] ?? 0),
  );
  return all.map((row) => row.map((cell, index) => align(cell, index, widths[index] ?? 0)).join('  '));
}

/** Three significant digits and the unit that suits: "8.31 µs", "-12 ns". */
export function formatNs(ns: number): string {
  const units = [
    { name: 's', ns: 1e9 },
    { name: 'ms', ns: 1e6 },
    { name: 'µs', ns: 1e3 },
  ] as const;
  // What rounds up to a thousand of one unit is 1.00 of the next.
  const unit = units.find((candidate) => Math.abs(ns) >= candidate.ns * 0.9995) ?? { name: 'ns', ns: 1 };
  const value = ns / unit.ns;
  if (unit.ns === 1) return `${Math.round(value)} ns`;
  const decimals = Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0;
  return `${value.toFixed(decimals)} ${unit.name}`;
}

function cellsOf(flow: Flow): readonly string[] {
  const { window } = flow;
  const latency = window?.latencyNs ?? null;
  return [
    `${flow.protocol} ${endpoint(flow.source, flow.sourcePort)} → ${endpoint(flow.destination, flow.destinationPort)}`,
    String(window?.packets ?? 0),
    latency === null ? '–' : formatNs(latency.p50),
    latency === null ? '–' : formatNs(latency.p99),
    String(flow.lost),
  ];
}

function endpoint(address: string, port: number): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function align(cell: string, column: number, width: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function byIdentity(one: Flow, other: Flow): number {
  return (
    compare(one.protocol, other.protocol) ||
    compare(one.source, other.source) ||
    compare(one.destination, other.destination) ||
    one.destinationPort - other.destinationPort ||
    one.sourcePort - other.sourcePort
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
