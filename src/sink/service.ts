import type { SinkClock } from './clock.ts';
import { RecordCursor, SampleDecoder, type FlowDescriptor } from './decode.ts';
import { StatsEngine } from './engine.ts';
import { FlowView, type FlowsQuery } from './flow-view.ts';
import type { Flow, FlowDetail, LiveMessage, Series, Status, Telemetry, Window } from './messages.ts';
import { RecordMerger } from './record-merger.ts';

/** Rows of the flow table in a live frame. */
const LIVE_FLOWS = 100;
/** How long records may wait for their flow's description before the kernel's table is asked. */
const UNRESOLVED_NS = 1_000_000_000;

export type WindowMessage = Extract<LiveMessage, { type: 'window' }>;

/** What the service asks of the kernel side. */
export type SinkKernel = {
  interfaces(): Status['interfaces'];
  interfaceName(index: number): string;
  /** Packets and events by reason. */
  counters(): Record<string, number>;
  /** The flows that the sink's program knows now. */
  flows(): FlowDescriptor[];
  /** undefined while every program is attached, else what is wrong. */
  failure(): string | undefined;
};

export type ServiceParts = {
  readonly version: string;
  readonly nodeId: number;
  readonly encap: string;
  readonly intPort: number;
  readonly maxFlows: number;
  readonly clock: SinkClock;
  readonly kernel: SinkKernel;
};

/** Samples from the perf reader. */
export type Samples = { readonly data: Uint8Array; readonly lostSamples: number; readonly flushFailures: number };

/** From the reader's chunks to what the API and the live feed tell. Does nothing by itself: `tick` drives it. */
export class SinkService {
  readonly engine: StatsEngine;
  readonly #parts: ServiceParts;
  readonly #clock: SinkClock;
  readonly #decoder = new SampleDecoder();
  readonly #merger: RecordMerger;
  readonly #view: FlowView;
  #lostSamples = 0;
  #flushFailures = 0;
  #askedNs = -Infinity;

  constructor(parts: ServiceParts) {
    const { clock, kernel, maxFlows } = parts;
    this.#parts = parts;
    this.#clock = clock;
    const engine = new StatsEngine({ maxFlows, startNs: clock.nowNs(), unixMs: (timeNs) => clock.unixMs(timeNs) });
    const cursor = new RecordCursor(clock.baseNs);
    this.engine = engine;
    this.#merger = new RecordMerger(cursor, {
      record: () => engine.record(cursor),
      gapBegin: () => engine.gapBegin(),
      gapEnd: () => engine.gapEnd(),
    });
    this.#view = new FlowView(engine, clock, (index) => kernel.interfaceName(index));
  }

  /** Windows closed so far. */
  get closedWindows(): number {
    return this.engine.closedWindows;
  }

  receive({ data, lostSamples, flushFailures }: Samples): void {
    const nowNs = this.#clock.nowNs();
    this.engine.setNow(nowNs);
    this.#lostSamples += lostSamples;
    this.#flushFailures += flushFailures;
    this.#decoder.decode(data, {
      batch: (batch) => this.#merger.push(batch),
      flow: (flow) => this.engine.describe(flow, nowNs),
    });
    this.#merger.chunkReceived(nowNs);
  }

  /** To be called some ten times a second: lets held records go, finds losses and closes windows. */
  tick(): void {
    const nowNs = this.#clock.nowNs();
    this.engine.setNow(nowNs);
    this.#merger.tick(nowNs);
    this.#resolve(nowNs);
    this.engine.tick(nowNs);
  }

  /** Counts all that was received, for the summary at the end. */
  finish(): void {
    this.engine.setNow(this.#clock.nowNs());
    this.#merger.flush();
  }

  failure(): string | undefined {
    return this.#parts.kernel.failure();
  }

  status(): Status {
    const { version, nodeId, encap, intPort, kernel } = this.#parts;
    return {
      version,
      nodeId,
      uptimeSeconds: this.#clock.uptimeSeconds(),
      interfaces: kernel.interfaces(),
      encap,
      intPort,
      counters: kernel.counters(),
      telemetry: this.telemetry(),
      peers: this.engine.peers.list().map(([peer, { packets, lost, lastSeenNs, shared }]) => {
        return { nodeId: peer, packets, lost: Math.max(lost, 0), lastSeen: this.#clock.unixText(lastSeenNs), shared };
      }),
      service: this.#serviceCounts(),
    };
  }

  telemetry(): Telemetry {
    return { records: this.engine.records, lost: this.#decoder.lost };
  }

  flows(query: FlowsQuery): { known: number; matching: number; flows: Flow[] } {
    return this.#view.find(query);
  }

  flow(id: string): FlowDetail | undefined {
    return this.#view.detail(id);
  }

  /** What a chart begins with: all traffic for null; a flow that is not known has no windows. */
  series(flow: string | null): Series {
    return { flow, windows: flow === null ? this.engine.windows.list() : this.#view.windows(flow) };
  }

  /** One message for each of the newest `count` windows, oldest first, without what differs from client to client. */
  windowMessages(count: number): WindowMessage[] {
    const flows = this.#view.busiest(LIVE_FLOWS);
    const sentMs = this.#clock.unixMs(this.#clock.nowNs());
    const counters = this.#parts.kernel.counters();
    const telemetry = this.telemetry();
    const failure = this.failure() ?? null;
    const known = this.engine.flows.known;
    return this.engine.windows
      .list()
      .slice(-count)
      .map((total) => ({
        type: 'window',
        sentMs,
        skipped: 0,
        failure,
        telemetry,
        counters,
        total,
        selected: null,
        known,
        flows,
      }));
  }

  /** A flow's window of one second: all zero where it was idle, null where it is not known or began later. */
  windowAt(id: string, startMs: number): Window | null {
    return this.#view.windowAt(id, startMs);
  }

  /** Asks the kernel for flows whose description was lost; at most once a second, as the table may be large. */
  #resolve(nowNs: number): void {
    const overdue = [...this.engine.flows.placeholders].some(({ firstSeenNs }) => nowNs - firstSeenNs > UNRESOLVED_NS);
    if (!overdue || nowNs - this.#askedNs < UNRESOLVED_NS) return;
    this.#askedNs = nowNs;
    const waiting = new Set([...this.engine.flows.placeholders].flatMap(({ flowIds }) => flowIds));
    for (const flow of this.#parts.kernel.flows()) {
      if (waiting.has(flow.flowId)) this.engine.describe(flow, nowNs);
    }
  }

  #serviceCounts(): Record<string, number> {
    const malformed = Object.entries(this.#decoder.malformed).map(
      ([reason, count]) => [`samples_${reason}`, count] as const,
    );
    return {
      ...this.engine.counts,
      samples_lost: this.#lostSamples,
      flush_failures: this.#flushFailures,
      ...Object.fromEntries(malformed),
    };
  }
}
