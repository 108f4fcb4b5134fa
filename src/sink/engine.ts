import { recordFlag } from '../abi/layout.gen.ts';
import type { FlowDescriptor, RecordCursor } from './decode.ts';
import type { FlowStats, StreamStats } from './flow-stats.ts';
import { FlowTable } from './flow-table.ts';
import { Histogram } from './histogram.ts';
import { Counts, emptyWindow, measuresOf } from './measures.ts';
import type { Window } from './messages.ts';
import { PeerTable } from './peer-table.ts';
import { SequenceTally } from './sequence-window.ts';
import { WindowRing } from './window-ring.ts';

/** Windows of all traffic that are kept: a quarter of an hour. */
export const TOTAL_WINDOWS = 900;
export const WINDOW_NS = 1_000_000_000;
/** How long after its end a window without newer records stays open: the merger holds records back for up to 100 ms. */
const GRACE_NS = 150_000_000;

export type EngineOptions = {
  readonly maxFlows: number;
  /** Start of the first window; times are nanoseconds of the sink's TAI clock since some base. */
  readonly startNs: number;
  /** Unix milliseconds of such a time. */
  readonly unixMs: (timeNs: number) => number;
};

/** What the service counts of itself, besides what the kernel counts of packets. */
export type EngineCounts = {
  readonly flows_evicted: number;
  readonly flows_unresolved: number;
  readonly records_late: number;
  readonly numbers_unknown: number;
  readonly numbers_far: number;
};

/**
 * Statistics of all flows from records in order of arrival. A window is one full second; it closes when a record
 * of a later one comes, or by the clock 150 ms after its end. A record that comes later still counts in the window
 * that is open then. Loss and reordering belong to the window in which they were found.
 */
export class StatsEngine {
  readonly flows: FlowTable;
  readonly peers = new PeerTable();
  readonly #total = new Counts();
  readonly #totalLatency = new Histogram();
  readonly windows = new WindowRing(TOTAL_WINDOWS);
  readonly #unixMs: (timeNs: number) => number;
  readonly #tally = new SequenceTally();
  readonly #awaiting = new Set<StreamStats>();
  readonly #spareHistograms: Histogram[] = [];
  #active: FlowStats[] = [];
  #windowStartNs: number;
  #windowEndNs: number;
  #nowNs: number;
  #closed = 0;
  #records = 0;
  #late = 0;
  #unknown = 0;
  #far = 0;
  #gapsOpen = 0;
  #gapsSeen = 0;
  #gapEndedNs = -Infinity;

  constructor({ maxFlows, startNs, unixMs }: EngineOptions) {
    this.flows = new FlowTable(maxFlows, (flow) => this.#forget(flow));
    this.#unixMs = unixMs;
    this.#windowStartNs = Math.floor(startNs / WINDOW_NS) * WINDOW_NS;
    this.#windowEndNs = this.#windowStartNs + WINDOW_NS;
    this.#nowNs = startNs;
  }

  /** Windows closed so far: a change means that there is news. */
  get closedWindows(): number {
    return this.#closed;
  }

  get records(): number {
    return this.#records;
  }

  get counts(): EngineCounts {
    return {
      flows_evicted: this.flows.evicted,
      flows_unresolved: this.flows.placeholders.size,
      records_late: this.#late,
      numbers_unknown: this.#unknown,
      numbers_far: this.#far,
    };
  }

  /** The time that the records which follow are compared with: none of them opens a window beyond it. */
  setNow(nowNs: number): void {
    this.#nowNs = nowNs;
  }

  /** Counts the record that the cursor holds. */
  record(record: RecordCursor): void {
    this.#records++;
    if (record.arrivalNs >= this.#windowEndNs) this.#closeUntil(Math.min(record.arrivalNs, this.#nowNs));
    else if (record.arrivalNs < this.#windowStartNs) this.#late++;
    const flow = this.flows.byKernelId(record.flowId, record.arrivalNs);
    if (flow.windowLatency === undefined) this.#activate(flow);
    flow.seen(record.arrivalNs);
    const unique = this.#uniquePackets(flow, record);
    if (unique > 0) flow.count(record, unique);
  }

  /** Learns a flow's addresses. */
  describe(descriptor: FlowDescriptor, nowNs: number): void {
    const { flow, placeholder } = this.flows.describe(descriptor, nowNs);
    if (placeholder === undefined) return;
    this.peers.add(descriptor.sourceNodeId, placeholder.total, placeholder.lastSeenNs, undefined);
    if (placeholder === flow) return;
    if (flow.windowLatency === undefined && placeholder.windowLatency !== undefined) this.#activate(flow);
    flow.absorb(placeholder);
    this.#active = this.#active.filter((active) => active !== placeholder);
  }

  /** Records are missing from here on (see RecordMerger): numbers missing from now on are unknown. */
  gapBegin(): void {
    this.#gapsOpen++;
    this.#gapsSeen++;
  }

  gapEnd(): void {
    this.#gapsOpen--;
    this.#gapsSeen++;
    this.#gapEndedNs = this.#nowNs;
  }

  /** Closes windows by the clock and declares overdue numbers lost; to be called some times a second. */
  tick(nowNs: number): void {
    this.#nowNs = nowNs;
    if (nowNs >= this.#windowEndNs + GRACE_NS) this.#closeUntil(nowNs - GRACE_NS);
    for (const stream of this.#awaiting) {
      this.#tellGap(stream);
      stream.window.expire(nowNs, this.#tally);
      this.#book(stream.flow);
      if (!stream.window.awaitsDeadline) this.#awaiting.delete(stream);
    }
  }

  /** All traffic up to now. */
  totals(): Counts {
    const totals = new Counts();
    totals.add(this.#total);
    for (const flow of this.#active) totals.add(flow.window);
    return totals;
  }

  /** Latencies of all traffic up to now. */
  latency(): Histogram {
    const latency = new Histogram();
    latency.merge(this.#totalLatency);
    for (const { windowLatency } of this.#active) if (windowLatency !== undefined) latency.merge(windowLatency);
    return latency;
  }

  /** The last closed window of all traffic; undefined before the first. */
  lastWindow(): Window | undefined {
    return this.windows.newest();
  }

  /** The same of one flow: all zero where it was idle then, null where it began later. */
  lastWindowOf(flow: FlowStats): Window | null {
    const last = this.windows.newest();
    if (last === undefined) return null;
    if (flow.windows.newestStartMs === last.startMs) return flow.windows.newest() ?? null;
    return flow.firstSeenNs >= this.#windowStartNs ? null : emptyWindow(last.startMs, flow.jitter.jitterNs);
  }

  /** Packets of a flow in the last closed window. */
  lastPacketsOf(flow: FlowStats): number {
    return flow.windows.newestStartMs === this.windows.newestStartMs ? flow.windows.newestPackets : 0;
  }

  #uniquePackets(flow: FlowStats, record: RecordCursor): number {
    const segments = record.segments > 1 ? record.segments : 1;
    if ((record.flags & recordFlag.RECORD_NO_SEQUENCE) !== 0) return segments;
    const stream = flow.streamOf(record) ?? this.#addStream(flow, record);
    stream.lastSeenNs = record.arrivalNs;
    if (stream.gapSeen !== this.#gapsSeen || this.#gapsOpen > 0) {
      this.#tellGap(stream);
      this.#book(flow);
    }
    const { sequence, arrivalNs } = record;
    const sampled = (record.flags & recordFlag.RECORD_SAMPLED) !== 0;
    if (segments === 1) {
      if (stream.window.accept(sequence, arrivalNs, sampled, this.#tally)) return 1;
    } else if ((record.flags & recordFlag.RECORD_SHARED_STAMP) !== 0) {
      stream.window.acceptShared(sequence, segments, arrivalNs, sampled, this.#tally);
    } else stream.window.acceptSpan(sequence, segments, arrivalNs, sampled, this.#tally);
    if (stream.window.awaitsDeadline) this.#awaiting.add(stream);
    const { unique } = this.#tally;
    this.#book(flow);
    return unique;
  }

  #addStream(flow: FlowStats, record: RecordCursor): StreamStats {
    // The records lost just now may be this stream's first.
    const nearGap = this.#gapsOpen > 0 || record.arrivalNs - this.#gapEndedNs < WINDOW_NS;
    const { added, dropped } = flow.addStream(record, nearGap ? this.#gapsSeen - 1 : this.#gapsSeen);
    if (dropped !== undefined) this.#awaiting.delete(dropped);
    return added;
  }

  #tellGap(stream: StreamStats): void {
    if (stream.gapSeen === this.#gapsSeen && this.#gapsOpen === 0) return;
    stream.window.telemetryGap(this.#tally);
    stream.gapSeen = this.#gapsSeen;
  }

  /** Moves what a stream's window found out to its flow. */
  #book(flow: FlowStats): void {
    const tally = this.#tally;
    if (tally.lost !== 0 || tally.reordered !== 0 || tally.duplicates !== 0) {
      if (flow.windowLatency === undefined) this.#activate(flow);
      flow.tally(tally);
    }
    this.#unknown += tally.unknown;
    this.#far += tally.far;
    tally.clear();
  }

  #activate(flow: FlowStats): void {
    flow.windowLatency = this.#spareHistograms.pop() ?? new Histogram();
    this.#active.push(flow);
    this.flows.touch(flow);
  }

  #forget(flow: FlowStats): void {
    for (const stream of flow.streams.values()) this.#awaiting.delete(stream);
  }

  #closeUntil(timeNs: number): void {
    // After a step of the clock only as many empty windows as are kept.
    const earliestNs = Math.floor(timeNs / WINDOW_NS - TOTAL_WINDOWS) * WINDOW_NS;
    while (this.#windowEndNs <= timeNs) {
      this.#closeWindow();
      this.#windowStartNs = Math.max(this.#windowEndNs, earliestNs);
      this.#windowEndNs = this.#windowStartNs + WINDOW_NS;
    }
  }

  #closeWindow(): void {
    const startMs = this.#unixMs(this.#windowStartNs);
    const counts = new Counts();
    const latency = this.#spareHistograms.pop() ?? new Histogram();
    let jitterSumNs = 0;
    let jitterPackets = 0;
    for (const flow of this.#active) {
      counts.add(flow.window);
      if (flow.descriptor !== undefined)
        this.peers.add(flow.descriptor.sourceNodeId, flow.window, flow.lastSeenNs, flow.epoch);
      const closed = flow.closeWindow(startMs);
      latency.merge(closed.latency);
      closed.latency.clear();
      this.#spareHistograms.push(closed.latency);
      if (closed.measures.jitterNs === null) continue;
      jitterSumNs += closed.measures.jitterNs * closed.measures.packets;
      jitterPackets += closed.measures.packets;
    }
    this.windows.push(startMs, measuresOf(counts, latency, jitterPackets === 0 ? null : jitterSumNs / jitterPackets));
    this.#total.add(counts);
    this.#totalLatency.merge(latency);
    latency.clear();
    this.#spareHistograms.push(latency);
    this.peers.closeWindow();
    this.#active = [];
    this.#closed++;
  }
}
