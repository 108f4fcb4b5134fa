import { SIZEOF_record } from '../abi/layout.gen.ts';
import type { Batch, RecordCursor } from './decode.ts';

/**
 * How long records wait for older ones of other CPUs: a part-filled batch leaves its CPU within 10 ms, the reader hands
 * on a chunk every 10 ms, the rest is for a reader that is scheduled late.
 */
const HOLD_NS = 25_000_000;
/** The same where no further chunk shows that the reader is alive. */
const IDLE_HOLD_NS = 100_000_000;

export type MergeHandlers = {
  /** The cursor holds the next record in order of arrival. */
  readonly record: () => void;
  /** Records were lost somewhere from here … */
  readonly gapBegin: () => void;
  /** … to here. */
  readonly gapEnd: () => void;
};

/**
 * Puts the records of all CPUs in order of arrival. Each CPU has a ring and a half-filled batch of its own, so a
 * stream whose packets move from one CPU to another would otherwise look reordered by up to 10 ms of traffic.
 * Memory: the chunks of 25 to 100 ms.
 */
export class RecordMerger {
  readonly #cursor: RecordCursor;
  readonly #handlers: MergeHandlers;
  readonly #queues = new Map<number, CpuQueue>();
  readonly #chunks: { readonly receivedNs: number; readonly newestNs: number }[] = [];
  #newestNs = -Infinity;

  constructor(cursor: RecordCursor, handlers: MergeHandlers) {
    this.#cursor = cursor;
    this.#handlers = handlers;
  }

  push(batch: Batch): void {
    if (batch.lostBefore > 0) this.#handlers.gapBegin();
    if (batch.count > 0) {
      const lastAt = batch.offset + (batch.count - 1) * SIZEOF_record;
      // The first can only be the later one where the clock was set back; then it must not wait until that time again.
      const firstNs = this.#cursor.arrivalAt(batch.view, batch.offset);
      this.#newestNs = Math.max(this.#newestNs, firstNs, this.#cursor.arrivalAt(batch.view, lastAt));
    } else if (batch.lostBefore === 0) return;
    const queue = this.#queues.get(batch.cpu) ?? new CpuQueue(this.#cursor);
    this.#queues.set(batch.cpu, queue);
    // An empty batch, which only tells of a loss, has no time of its own: the loss was before now.
    queue.push(batch, this.#newestNs);
  }

  /** The batches pushed since the last call are one chunk; hands on what has waited long enough. */
  chunkReceived(nowNs: number): void {
    this.#chunks.push({ receivedNs: nowNs, newestNs: this.#newestNs });
    this.#newestNs = -Infinity;
    this.#release(nowNs - HOLD_NS);
  }

  /** For times without chunks. */
  tick(nowNs: number): void {
    this.#release(nowNs - IDLE_HOLD_NS);
  }

  /** Hands on everything. */
  flush(): void {
    this.#drain(Infinity);
    this.#chunks.length = 0;
  }

  #release(receivedUntilNs: number): void {
    const waiting = this.#chunks.findIndex(({ receivedNs }) => receivedNs > receivedUntilNs);
    const released = this.#chunks.splice(0, waiting < 0 ? this.#chunks.length : waiting);
    if (released.length > 0) this.#drain(Math.max(...released.map(({ newestNs }) => newestNs)));
  }

  #drain(limitNs: number): void {
    for (;;) {
      let oldest: CpuQueue | undefined;
      let boundNs = limitNs;
      for (const queue of this.#queues.values()) {
        if (oldest === undefined || queue.headNs < oldest.headNs) {
          boundNs = Math.min(boundNs, oldest?.headNs ?? Infinity);
          oldest = queue;
        } else boundNs = Math.min(boundNs, queue.headNs);
      }
      if (oldest === undefined || oldest.headNs > limitNs || oldest.headNs === Infinity) return;
      oldest.run(boundNs, this.#handlers);
    }
  }
}

type QueuedBatch = { readonly batch: Batch; readonly newestNs: number };

class CpuQueue {
  /** Arrival of the next record; Infinity while there is none. */
  headNs = Infinity;
  readonly #cursor: RecordCursor;
  readonly #batches: QueuedBatch[] = [];
  #first = 0;
  #nextRecord = 0;

  constructor(cursor: RecordCursor) {
    this.#cursor = cursor;
  }

  push(batch: Batch, newestNs: number): void {
    let at = this.#batches.length;
    // A flush that was interrupted sends the older batch second.
    while (at > this.#first && (this.#batches[at - 1]?.batch.firstRecord ?? -1) > batch.firstRecord) at--;
    if (at === this.#first && this.#nextRecord > 0) at++;
    this.#batches.splice(at, 0, { batch, newestNs });
    this.#lookAhead();
  }

  /** Hands on the first record and those after it up to a time. */
  run(boundNs: number, handlers: MergeHandlers): void {
    do {
      const queued = this.#batches[this.#first];
      if (queued === undefined) return;
      this.#runBatch(queued.batch, boundNs, handlers);
      this.#lookAhead();
    } while (this.headNs <= boundNs && this.headNs !== Infinity);
  }

  #runBatch(batch: Batch, boundNs: number, handlers: MergeHandlers): void {
    const { view, offset, count } = batch;
    if (this.#nextRecord === 0 && batch.lostBefore > 0) handlers.gapEnd();
    let index = this.#nextRecord;
    for (; index < count; index++) {
      this.#cursor.load(view, offset + index * SIZEOF_record);
      // The first is within the bound, as the caller looked.
      if (index > this.#nextRecord && this.#cursor.arrivalNs > boundNs) break;
      handlers.record();
    }
    this.#nextRecord = index;
    if (index < count) return;
    this.#nextRecord = 0;
    this.#first++;
    if (this.#first > 64 && this.#first * 2 > this.#batches.length) {
      this.#batches.splice(0, this.#first);
      this.#first = 0;
    }
  }

  #lookAhead(): void {
    const queued = this.#batches[this.#first];
    if (queued === undefined) this.headNs = Infinity;
    else if (queued.batch.count === 0) this.headNs = queued.newestNs;
    else
      this.headNs = this.#cursor.arrivalAt(queued.batch.view, queued.batch.offset + this.#nextRecord * SIZEOF_record);
  }
}
