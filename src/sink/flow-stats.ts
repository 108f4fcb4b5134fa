import { recordFlag } from '../abi/layout.gen.ts';
import type { FlowDescriptor, RecordCursor } from './decode.ts';
import { Histogram } from './histogram.ts';
import { Jitter } from './jitter.ts';
import { Counts, measuresOf } from './measures.ts';
import type { Measures } from './messages.ts';
import { SequenceWindow, type SequenceTally } from './sequence-window.ts';
import { WindowRing } from './window-ring.ts';

/** Windows that a flow remembers. */
export const FLOW_WINDOWS = 60;
/**
 * Streams of a flow that are followed at once: a source numbers one a CPU that the flow is sent from. Beyond that the
 * one unseen for longest is forgotten, which hides loss but invents none.
 */
const STREAMS_MAX = 64;

/** One stream of a flow; `gapSeen` tells which loss of telemetry it has been told of. */
export type StreamStats = { flow: FlowStats; readonly window: SequenceWindow; gapSeen: number; lastSeenNs: number };

/**
 * One flow's statistics: since it began, in the current window, in its last windows. Until its descriptor is
 * known it is a placeholder under the kernel's flow id.
 *
 * Memory: about 1.5 KiB, 2 to 4 KiB of histogram, 0.2 KiB a stream, and up to 7 KiB of windows while it is active.
 */
export class FlowStats {
  descriptor: FlowDescriptor | undefined;
  /** The flow ids that the kernel gave it, newest last: a new one each time its own table had dropped the flow. */
  readonly flowIds: number[];
  /** Of records; before the first when the flow became known. */
  firstSeenNs: number;
  lastSeenNs: number;
  /** Up to the last closed window. */
  readonly total = new Counts();
  readonly totalLatency = new Histogram();
  readonly window = new Counts();
  /** Lent by the engine while the flow is active in the current window. */
  windowLatency: Histogram | undefined;
  readonly windows = new WindowRing(FLOW_WINDOWS);
  readonly jitter = new Jitter();
  readonly streams = new Map<number, StreamStats>();
  #newestStream: StreamStats | undefined;
  #newestStreamKey = -1;
  #hasRecords = false;

  constructor(flowId: number, nowNs: number) {
    this.flowIds = [flowId];
    this.firstSeenNs = nowNs;
    this.lastSeenNs = nowNs;
  }

  /** The source's epoch in the newest record; undefined where records have no numbers. */
  get epoch(): number | undefined {
    return this.#newestStreamKey < 0 ? undefined : Math.floor(this.#newestStreamKey / 0x1_0000);
  }

  seen(arrivalNs: number): void {
    this.lastSeenNs = arrivalNs;
    if (this.#hasRecords) return;
    this.#hasRecords = true;
    this.firstSeenNs = arrivalNs;
  }

  /** The stream that a record belongs to; undefined where it is new (see addStream). */
  streamOf(record: RecordCursor): StreamStats | undefined {
    const key = record.epoch * 0x1_0000 + record.stream;
    if (key === this.#newestStreamKey) return this.#newestStream;
    const stream = this.streams.get(key);
    if (stream !== undefined) this.#remember(key, stream);
    return stream;
  }

  /** Returns the new stream and, where there were too many, the one that it replaced. */
  addStream(record: RecordCursor, gapSeen: number): { added: StreamStats; dropped: StreamStats | undefined } {
    const dropped = this.streams.size < STREAMS_MAX ? undefined : this.#dropOldest();
    const added = { flow: this, window: new SequenceWindow(), gapSeen, lastSeenNs: record.arrivalNs };
    const key = record.epoch * 0x1_0000 + record.stream;
    this.streams.set(key, added);
    this.#remember(key, added);
    return { added, dropped };
  }

  /** Adds unique packets that one record stands for. */
  count(record: RecordCursor, unique: number): void {
    this.window.packets += unique;
    this.window.bytes += record.bytes;
    if ((record.flags & recordFlag.RECORD_NO_LATENCY) !== 0) return;
    this.windowLatency?.record(record.latencyNs, unique);
    this.jitter.record(record.latencyNs);
  }

  /** Adds what a stream's window found out. */
  tally(tally: SequenceTally): void {
    this.window.lost += tally.lost;
    this.window.reordered += tally.reordered;
    this.window.duplicates += tally.duplicates;
  }

  /** Closes the current window, keeps it, and returns it with the histogram that was lent. */
  closeWindow(startMs: number): { measures: Measures; latency: Histogram } {
    const latency = this.windowLatency ?? new Histogram();
    const measures = measuresOf(this.window, latency, this.jitter.jitterNs);
    this.windows.push(startMs, measures);
    this.total.add(this.window);
    this.totalLatency.merge(latency);
    this.window.clear();
    this.windowLatency = undefined;
    return { measures, latency };
  }

  /** Everything up to now. */
  measures(): Measures {
    const counts = new Counts();
    counts.add(this.total);
    counts.add(this.window);
    return measuresOf(counts, this.latency(), this.jitter.jitterNs);
  }

  /** Latencies up to now; not to be changed. */
  latency(): Histogram {
    if (this.windowLatency === undefined || this.windowLatency.count === 0) return this.totalLatency;
    const latency = new Histogram();
    latency.merge(this.totalLatency);
    latency.merge(this.windowLatency);
    return latency;
  }

  /**
   * Takes over what a placeholder gathered for the same flow; both have a histogram lent if the placeholder has.
   * Of a stream that both know, the placeholder's window goes on, as the newer one; numbers between count as nothing.
   */
  absorb(placeholder: FlowStats): void {
    const newestMs = this.windows.newest()?.startMs ?? -Infinity;
    for (const window of placeholder.windows.list()) {
      if (window.startMs > newestMs) this.windows.push(window.startMs, window);
    }
    this.total.add(placeholder.total);
    this.totalLatency.merge(placeholder.totalLatency);
    this.window.add(placeholder.window);
    if (placeholder.windowLatency !== undefined) this.windowLatency?.merge(placeholder.windowLatency);
    if (!this.#hasRecords) this.firstSeenNs = placeholder.firstSeenNs;
    this.#hasRecords = true;
    this.lastSeenNs = Math.max(this.lastSeenNs, placeholder.lastSeenNs);
    for (const [key, stream] of placeholder.streams) {
      stream.flow = this;
      this.streams.set(key, stream);
    }
    this.#newestStreamKey = -1;
  }

  #remember(key: number, stream: StreamStats): void {
    this.#newestStreamKey = key;
    this.#newestStream = stream;
  }

  #dropOldest(): StreamStats | undefined {
    const [oldest] = [...this.streams].sort(([, a], [, b]) => a.lastSeenNs - b.lastSeenNs);
    if (oldest === undefined) return undefined;
    const [key, stream] = oldest;
    this.streams.delete(key);
    return stream;
  }
}
