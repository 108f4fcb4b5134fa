import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOSS_DEADLINE_NS, SequenceTally, SequenceWindow, WINDOW_NUMBERS } from './sequence-window.ts';

const MS = 1_000_000;
const AFTER_DEADLINE_NS = LOSS_DEADLINE_NS * 1.1;
const nothing = { unique: 0, duplicates: 0, reordered: 0, lost: 0, unknown: 0, far: 0 };

describe('SequenceWindow', () => {
  it('counts packets in order and nothing else, across the wrap at 2^32', () => {
    const stream = new Stream();
    stream.feed(range(2 ** 32 - 5000, 10_000));
    stream.expire(10 * LOSS_DEADLINE_NS);
    expect(stream.counts()).toEqual({ ...nothing, unique: 10_000 });
  });

  it('takes the first packet as the start, wherever the stream is', () => {
    expect(new Stream().feed([77, 78, 79]).counts()).toEqual({ ...nothing, unique: 3 });
  });

  it('declares a gap lost only at the deadline', () => {
    const stream = new Stream().feed([1, 2, 5], 10 * MS);
    stream.expire(10 * MS + LOSS_DEADLINE_NS - 1);
    expect(stream.counts().lost).toBe(0);
    stream.expire(10 * MS + AFTER_DEADLINE_NS);
    expect(stream.counts()).toEqual({ ...nothing, unique: 3, lost: 2 });
    expect(stream.window.awaitsDeadline).toBe(false);
  });

  it('declares a gap lost when it leaves the window, before the deadline', () => {
    const stream = new Stream().feed([1, 3]).feed(range(4, WINDOW_NUMBERS - 2));
    expect(stream.counts().lost).toBe(0);
    expect(stream.feed([2 + WINDOW_NUMBERS]).counts().lost).toBe(1);
    stream.expire(AFTER_DEADLINE_NS);
    expect(stream.counts().lost).toBe(1);
  });

  it('counts a late packet as reordered and its repetition as a duplicate', () => {
    const stream = new Stream().feed([1, 2, 4, 3, 3, 4, 1]);
    stream.expire(AFTER_DEADLINE_NS);
    expect(stream.counts()).toEqual({ ...nothing, unique: 4, reordered: 1, duplicates: 3 });
  });

  it('takes a loss back when the packet arrives after the deadline, once', () => {
    const stream = new Stream().feed([1, 2, 5]);
    stream.expire(AFTER_DEADLINE_NS);
    stream.feed([3, 3]);
    expect(stream.counts()).toEqual({ ...nothing, unique: 4, reordered: 1, duplicates: 1, lost: 1 });
    stream.feed(range(6, 2 * WINDOW_NUMBERS));
    expect(stream.counts().lost).toBe(1);
  });

  it('tells stragglers from before its start from repetitions', () => {
    const stream = new Stream().feed([100, 99, 99, 97, 101, 100]);
    stream.feed(range(102, 2 * WINDOW_NUMBERS));
    const unique = 4 + 2 * WINDOW_NUMBERS;
    expect(stream.counts()).toEqual({ ...nothing, unique, reordered: 2, duplicates: 2 });
  });

  it('counts a jump of any accepted length to the packet', () => {
    for (const jump of [2, WINDOW_NUMBERS - 1, WINDOW_NUMBERS, WINDOW_NUMBERS + 1, 5000, 2 ** 16]) {
      const stream = new Stream().feed([1, 1 + jump]);
      stream.expire(AFTER_DEADLINE_NS);
      expect(stream.counts()).toEqual({ ...nothing, unique: 2, lost: jump - 1 });
    }
  });

  it('believes a longer jump once eight records follow one another there', () => {
    const stream = new Stream().feed([10]).feed(range(1_000_000, 7));
    expect(stream.counts()).toMatchObject({ unique: 8, lost: 0, far: 7 });
    stream.feed(range(1_000_007, 100));
    expect(stream.counts()).toEqual({ ...nothing, unique: 108, lost: 999_989, far: 8 });
  });

  it('is not moved by single far numbers, ahead or behind', () => {
    const stream = new Stream();
    for (let sequence = 5_000_000; sequence < 5_001_000; sequence++) {
      stream.feed([sequence, sequence % 2 === 0 ? 4_000_000 + sequence : 12 + sequence * 1000]);
    }
    expect(stream.counts()).toEqual({ ...nothing, unique: 2000, far: 1000 });
  });

  it('reads a jump back as a restart, without loss', () => {
    const stream = new Stream().feed(range(3_000_000_000, 3000)).feed(range(0, 3000));
    stream.expire(AFTER_DEADLINE_NS);
    expect(stream.counts()).toEqual({ ...nothing, unique: 6000, far: 8 });
  });

  it('goes on after an idle hour as if nothing had been', () => {
    const stream = new Stream().feed([1, 2]);
    stream.expire(3600 * LOSS_DEADLINE_NS);
    stream.feed([3, 5], 3600 * LOSS_DEADLINE_NS);
    expect(stream.counts()).toEqual({ ...nothing, unique: 4 });
    stream.expire(3602 * LOSS_DEADLINE_NS);
    expect(stream.counts().lost).toBe(1);
  });

  it('reads nothing into gaps of a sampled flow, but still finds late and repeated packets', () => {
    const stream = new Stream(true).feed([16, 33, 47, 33, 40, 80, 5000]);
    stream.expire(AFTER_DEADLINE_NS);
    expect(stream.counts()).toEqual({ ...nothing, unique: 6, duplicates: 1, reordered: 1 });
  });

  it('counts how many packets of a shared stamp arrived', () => {
    const stream = new Stream();
    for (let packet = 0; packet < 10; packet++) stream.shared(0, 10);
    for (let packet = 0; packet < 7; packet++) stream.shared(10, 10);
    for (let packet = 0; packet < 11; packet++) stream.shared(20, 10);
    stream.expire(AFTER_DEADLINE_NS);
    expect(stream.counts()).toEqual({ ...nothing, unique: 27, lost: 3, duplicates: 1 });
  });

  it('moves to a far place with shared stamps too', () => {
    const stream = new Stream().feed([3_000_000_000]);
    for (let sequence = 0; sequence < 100; sequence += 10) {
      for (let packet = 0; packet < 10; packet++) stream.shared(sequence, 10);
    }
    stream.shared(100, 10);
    expect(stream.counts()).toMatchObject({ unique: 102, lost: 0, duplicates: 0 });
  });

  it('counts a record that stands for several packets as each of them', () => {
    const stream = new Stream();
    stream.window.acceptSpan(1, 5, 0, false, stream.tally);
    stream.window.acceptSpan(8, 2, 0, false, stream.tally);
    stream.window.acceptSpan(5, 3, 0, false, stream.tally);
    expect(stream.counts()).toEqual({ ...nothing, unique: 9, duplicates: 1, reordered: 2 });
  });

  it('calls numbers missing around lost telemetry unknown', () => {
    const stream = new Stream().feed([1, 3]);
    stream.window.telemetryGap(stream.tally);
    stream
      .feed([10, 12])
      .feed(range(13, 3 * WINDOW_NUMBERS))
      .feed([13 + 3 * WINDOW_NUMBERS + 1]);
    stream.expire(AFTER_DEADLINE_NS);
    expect(stream.counts()).toMatchObject({ unknown: 1 + 6 + 1, lost: 1 });
  });

  it('turns a declared loss into unknown when telemetry is lost while it could still be refuted', () => {
    const stream = new Stream().feed([1, 3]);
    stream.expire(AFTER_DEADLINE_NS);
    expect(stream.counts()).toMatchObject({ lost: 1, unknown: 0 });
    stream.window.telemetryGap(stream.tally);
    expect(stream.counts()).toMatchObject({ lost: 0, unknown: 1 });
    stream.feed([2]);
    expect(stream.counts()).toMatchObject({ lost: 0, unknown: 0, reordered: 1 });
  });

  it('agrees with a slow, obvious model on any sequence near the stream', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.array(step, { maxLength: 400 }), (start, steps) => {
        const stream = new Stream().feed([start]);
        const model = new Model();
        let head = 0;
        let timeNs = 0;
        for (const { delta, waitNs } of steps) {
          timeNs += waitNs;
          stream.expire(timeNs);
          model.expire(timeNs);
          const number = head + delta;
          head = Math.max(head, number);
          stream.feed([(((start + number) % 2 ** 32) + 2 ** 32) % 2 ** 32], timeNs);
          model.accept(number, timeNs);
          expect(stream.counts()).toEqual(model.counts());
        }
      }),
      { numRuns: 300 },
    );
  });

  it('finds the exact truth behind loss, reordering and duplication', () => {
    fc.assert(
      fc.property(network, ({ start, packets }) => {
        const stream = new Stream().feed(packets.map((number) => (start + number) % 2 ** 32));
        stream.expire(AFTER_DEADLINE_NS);
        expect(stream.counts()).toEqual(truth(packets));
      }),
      { numRuns: 100 },
    );
  });

  it('never reports more loss than there was, whatever records telemetry lost', () => {
    let reported = 0;
    fc.assert(
      fc.property(network, fc.double({ min: 0, max: 0.01, noNaN: true }), fc.nat(), ({ start, packets }, cut, seed) => {
        const random = generator(seed);
        const stream = new Stream();
        let cutLeft = 0;
        for (const number of packets) {
          if (cutLeft === 0 && random() < cut) cutLeft = 1 + Math.floor(random() * 64);
          if (cutLeft > 0) {
            if (--cutLeft === 0) stream.window.telemetryGap(stream.tally);
          } else stream.feed([(start + number) % 2 ** 32]);
        }
        stream.window.telemetryGap(stream.tally);
        stream.expire(AFTER_DEADLINE_NS);
        expect(stream.counts().lost).toBeLessThanOrEqual(truth(packets).lost);
        expect(stream.counts().lost).toBeGreaterThanOrEqual(0);
        reported += stream.counts().lost;
      }),
      { numRuns: 300 },
    );
    expect(reported).toBeGreaterThan(1000);
  });
});

const step = fc.record({
  delta: fc.oneof(
    { weight: 8, arbitrary: fc.constant(1) },
    { weight: 4, arbitrary: fc.integer({ min: -8, max: 8 }) },
    { weight: 1, arbitrary: fc.integer({ min: -WINDOW_NUMBERS + 1, max: 3 * WINDOW_NUMBERS }) },
  ),
  waitNs: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 3 }).map((deciseconds) => deciseconds * 100 * MS),
  ),
});

/** Packets 0…sent−1 through a network that drops, delays by up to 500 places, and repeats. */
const network = fc
  .record({
    start: fc.nat(0xffff_ffff),
    seed: fc.nat(0xffff_ffff),
    sent: fc.integer({ min: 1, max: 6000 }),
    dropPercent: fc.integer({ min: 0, max: 30 }),
    delayPercent: fc.integer({ min: 0, max: 10 }),
    repeatPercent: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ start, seed, sent, dropPercent, delayPercent, repeatPercent }) => {
    const random = generator(seed);
    const queue = range(0, sent).flatMap((number) => {
      if (random() * 100 < dropPercent) return [];
      const place = number + (random() * 100 < delayPercent ? Math.floor(random() * 500) : 0);
      const copies = random() * 100 < repeatPercent ? 2 : 1;
      return Array.from({ length: copies }, (_, copy) => ({ number, place: place + copy * 10 }));
    });
    return { start, packets: queue.sort((a, b) => a.place - b.place).map(({ number }) => number) };
  });

/** Xorshift: a seed's numbers from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

function truth(packets: readonly number[]): typeof nothing {
  const seen = new Set<number>();
  let newest = -1;
  let reordered = 0;
  for (const number of packets) {
    if (!seen.has(number) && number < newest) reordered++;
    seen.add(number);
    newest = Math.max(newest, number);
  }
  const first = packets[0] ?? 0;
  let lost = 0;
  for (let number = first; number < newest; number++) if (!seen.has(number)) lost++;
  return { ...nothing, unique: seen.size, duplicates: packets.length - seen.size, reordered, lost };
}

class Stream {
  readonly window = new SequenceWindow();
  readonly tally = new SequenceTally();
  readonly #sampled: boolean;
  #plain = 0;

  constructor(sampled = false) {
    this.#sampled = sampled;
  }

  feed(sequences: readonly number[], timeNs = 0): this {
    for (const sequence of sequences) {
      if (this.window.accept(sequence, timeNs, this.#sampled, this.tally)) this.#plain++;
    }
    return this;
  }

  shared(sequence: number, count: number): void {
    this.window.acceptShared(sequence, count, 0, false, this.tally);
  }

  expire(nowNs: number): void {
    this.window.expire(nowNs, this.tally);
  }

  counts(): typeof nothing {
    return { ...this.tally, unique: this.tally.unique + this.#plain };
  }
}

/** Keeps every number's fate in a map and walks all of it each time. */
class Model {
  readonly #fates = new Map<number, { state: 'seen' | 'before' | 'missing' | 'lost'; deadlineNs: number }>();
  readonly #counts = { ...nothing };
  #head = 0;
  #gapOpenedNs = -Infinity;

  constructor() {
    for (let before = -WINDOW_NUMBERS; before < 0; before++) this.#put(before, 'before');
    this.#put(0, 'seen');
    this.#counts.unique = 1;
  }

  accept(number: number, timeNs: number): void {
    const state = this.#fates.get(number)?.state;
    if (state === 'seen') this.#counts.duplicates++;
    else {
      if (number > this.#head) this.#skipTo(number, timeNs);
      else this.#counts.reordered++;
      if (state === 'lost') this.#counts.lost--;
      this.#put(number, 'seen');
      this.#counts.unique++;
    }
    this.#loseIf((missing) => missing <= this.#head - WINDOW_NUMBERS);
  }

  expire(nowNs: number): void {
    this.#loseIf((_, deadlineNs) => deadlineNs <= nowNs);
  }

  counts(): typeof nothing {
    return this.#counts;
  }

  #skipTo(number: number, timeNs: number): void {
    const skips = number > this.#head + 1;
    // Gaps that open within a tenth of a second share the first one's deadline.
    if (skips && timeNs - this.#gapOpenedNs >= 100 * MS) this.#gapOpenedNs = timeNs;
    const deadlineNs = this.#gapOpenedNs + AFTER_DEADLINE_NS;
    for (let skipped = this.#head + 1; skipped < number; skipped++) this.#put(skipped, 'missing', deadlineNs);
    this.#head = number;
  }

  #loseIf(condition: (number: number, deadlineNs: number) => boolean): void {
    for (const [number, { state, deadlineNs }] of this.#fates) {
      if (state !== 'missing' || !condition(number, deadlineNs)) continue;
      this.#put(number, 'lost');
      this.#counts.lost++;
    }
  }

  #put(number: number, state: 'seen' | 'before' | 'missing' | 'lost', deadlineNs = 0): void {
    this.#fates.set(number, { state, deadlineNs });
  }
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (first + index) % 2 ** 32);
}
