import { formatAddress } from '../base/address.ts';
import { protocolName } from '../base/protocols.ts';
import type { SinkClock } from './clock.ts';
import type { FlowDescriptor } from './decode.ts';
import { TOTAL_WINDOWS, type StatsEngine } from './engine.ts';
import type { FlowStats } from './flow-stats.ts';
import { emptyWindow } from './measures.ts';
import type { Flow, FlowDetail, FlowSort, Window } from './messages.ts';

const WINDOW_MS = 1000;

export type FlowsQuery = { readonly sort: FlowSort; readonly limit: number; readonly filter: string };

type FlowEnds = Pick<
  Flow,
  'id' | 'source' | 'destination' | 'sourcePort' | 'destinationPort' | 'protocol' | 'sourceNodeId' | 'interface'
>;
type FlowText = { readonly ends: FlowEnds; readonly search: string };
type NamedFlow = readonly [id: string, flow: FlowStats];

/** Flows as the API tells them. */
export class FlowView {
  readonly #engine: StatsEngine;
  readonly #clock: SinkClock;
  readonly #interfaceName: (index: number) => string;
  /** Formatting 65,536 addresses for every filter would stall the service. */
  readonly #texts = new WeakMap<FlowDescriptor, FlowText>();

  constructor(engine: StatsEngine, clock: SinkClock, interfaceName: (index: number) => string) {
    this.#engine = engine;
    this.#clock = clock;
    this.#interfaceName = interfaceName;
  }

  find({ sort, limit, filter }: FlowsQuery): { known: number; matching: number; flows: Flow[] } {
    const wanted = filter.toLowerCase();
    const matching = [...this.#engine.flows.list()].filter(
      ([id, { descriptor }]) => descriptor !== undefined && this.#text(id, descriptor).search.includes(wanted),
    );
    const flows = largest(matching, limit, ([, flow]) => this.#sortKey(flow, sort)).flatMap((named) =>
      this.#flow(named),
    );
    return { known: this.#engine.flows.known, matching: matching.length, flows };
  }

  /** The flows with most packets in the last window, then those seen last. */
  busiest(limit: number): Flow[] {
    return this.find({ sort: 'rate', limit, filter: '' }).flows;
  }

  detail(id: string): FlowDetail | undefined {
    const flow = this.#engine.flows.get(id);
    if (flow === undefined) return undefined;
    const [told] = this.#flow([id, flow]);
    return told && { ...told, histogram: flow.latency().bins(), windows: flow.windows.list() };
  }

  /** A flow's windows; seconds between them in which it was silent are zero, as no packets is what is known of them. */
  windows(id: string): Window[] {
    const own = this.#engine.flows.get(id)?.windows.list() ?? [];
    return own.flatMap((window, index) => {
      const next = own[index + 1];
      const silent = next === undefined ? 0 : Math.min((next.startMs - window.startMs) / WINDOW_MS - 1, TOTAL_WINDOWS);
      const zeros = Array.from({ length: Math.max(0, Math.round(silent)) }, (_, second) =>
        emptyWindow(window.startMs + (second + 1) * WINDOW_MS, window.jitterNs),
      );
      return [window, ...zeros];
    });
  }

  windowAt(id: string, startMs: number): Window | null {
    const flow = this.#engine.flows.get(id);
    if (flow === undefined) return null;
    const own = flow.windows.list().find((window) => window.startMs === startMs);
    if (own !== undefined) return own;
    const idle = this.#clock.unixMs(flow.firstSeenNs) < startMs;
    return idle ? emptyWindow(startMs, flow.jitter.jitterNs) : null;
  }

  #flow([id, flow]: NamedFlow): Flow[] {
    if (flow.descriptor === undefined) return [];
    const firstSeen = this.#clock.unixText(flow.firstSeenNs);
    const lastSeen = this.#clock.unixText(flow.lastSeenNs);
    const window = this.#engine.lastWindowOf(flow);
    return [{ ...this.#text(id, flow.descriptor).ends, ...flow.measures(), firstSeen, lastSeen, window }];
  }

  #text(id: string, descriptor: FlowDescriptor): FlowText {
    const cached = this.#texts.get(descriptor);
    if (cached !== undefined) return cached;
    const { key, sourceNodeId, interfaceIndex } = descriptor;
    const { sourcePort, destinationPort } = key;
    const source = formatAddress(key.source);
    const destination = formatAddress(key.destination);
    const protocol = protocolName(key.protocol);
    const name = this.#interfaceName(interfaceIndex);
    const ends = { id, source, destination, sourcePort, destinationPort, protocol, sourceNodeId, interface: name };
    const words = [`${source}:${sourcePort}`, `${destination}:${destinationPort}`, protocol, sourceNodeId, name];
    const text = { ends, search: words.join(' ').toLowerCase() };
    this.#texts.set(descriptor, text);
    return text;
  }

  #sortKey(flow: FlowStats, sort: FlowSort): number {
    switch (sort) {
      case 'packets':
      case 'bytes':
      case 'lost':
      case 'reordered':
      case 'duplicates':
        return flow.total[sort] + flow.window[sort];
      case 'p50':
        return flow.latency().quantile(0.5);
      case 'p99':
        return flow.latency().quantile(0.99);
      case 'max':
        return flow.latency().max;
      case 'jitter':
        return flow.jitter.jitterNs ?? NaN;
      case 'rate':
        return this.#engine.lastPacketsOf(flow);
      case 'lastSeen':
        return flow.lastSeenNs;
    }
  }
}

/** The `limit` flows of the largest keys, descending, then by last sight; NaN, which is no value, stands last. */
function largest(flows: readonly NamedFlow[], limit: number, keyOf: (named: NamedFlow) => number): NamedFlow[] {
  const keyed = flows.map((named) => ({ named, key: keyOf(named), seenNs: named[1].lastSeenNs }));
  const order = (value: number): number => (Number.isNaN(value) ? -Infinity : value);
  keyed.sort((a, b) => compare(order(b.key), order(a.key)) || compare(b.seenNs, a.seenNs));
  return keyed.slice(0, limit).map(({ named }) => named);
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
