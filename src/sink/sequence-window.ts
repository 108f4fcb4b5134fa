/** Numbers that one stream remembers: a packet may be overtaken by this many and still be told from a lost one. */
export const WINDOW_NUMBERS = 1024;
/** How long a missing number may still arrive before it counts as lost. */
export const LOSS_DEADLINE_NS = 1_000_000_000;

/** A jump this far ahead is believed at once: 65 ms of a million packets a second. */
const JUMP_AT_ONCE = 2 ** 16;
/**
 * The longest jump ahead that can be loss: 16 s of a million packets a second in one stream. A number out of
 * the blue (a damaged one, a restarted counter) lies in this span once in 256 times.
 */
const JUMP_LOSS_MAX = 2 ** 24;
/** Records that must follow one another at a far number before the stream moves there. */
const CONFIRMATIONS = 8;
/** Gaps that open within this time share a deadline; so a number is declared lost after 1.0 to 1.1 s. */
const GAP_QUANTUM_NS = LOSS_DEADLINE_NS / 10;
const GAPS_MAX = 16;
const SLOT_MASK = WINDOW_NUMBERS - 1;

/** What records did to the counts of a stream; `lost` and `unknown` go down when a number turns up after all. */
export class SequenceTally {
  /** Packets that arrived for the first time. */
  unique = 0;
  duplicates = 0;
  /** Of the unique: arrived after a packet with a later number. */
  reordered = 0;
  /** Numbers that left the window or passed the deadline unseen. */
  lost = 0;
  /** The same, but their records may be what telemetry lost. */
  unknown = 0;
  /** Of the unique: numbers too far from the stream's to tell late, repeated and restarted apart. */
  far = 0;

  clear(): void {
    this.unique = 0;
    this.duplicates = 0;
    this.reordered = 0;
    this.lost = 0;
    this.unknown = 0;
    this.far = 0;
  }
}

/**
 * One numbered stream (flow, epoch, stream number) as RFC 1982 serial numbers, seen through a sliding window.
 *
 * - The first record starts the stream wherever it is; what came before counts as nothing.
 * - Numbers skipped are missing. One that arrives within the window is reordered; one that leaves the window or is
 *   older than the deadline is lost. Arriving after the deadline but within the window takes its loss back.
 * - A number seen before is a duplicate.
 * - Far numbers (behind the window, or more than 2^16 ahead) count as packets and as `far` and move nothing, until 8
 *   records in a row follow one another there. Then the stream goes on there: as loss if that is at most 2^24
 *   ahead, else as a restart without loss.
 * - After `telemetryGap` every number missing then or skipped by the next advance, and every one up to a window's
 *   length after it, is unknown if it stays missing: lost telemetry may hide packets, never invent loss.
 *
 * Memory: about 150 bytes while nothing is missing, 350 after the first gap.
 */
export class SequenceWindow {
  /** Newest number, and all others below, unwrapped into 53 bits so that they compare as plain numbers. */
  #head = -1;
  /** Missing numbers below are never counted: before the stream's start, or left out by sampling. */
  #countFrom = 0;
  /** Where the stream started, until a number before that arrives. */
  #bornAt = 0;
  /** Missing numbers up to here are unknown instead of lost. */
  #unknownUntil = -1;
  /** Missing numbers up to here have been counted at their deadline. */
  #declaredUntil = -1;
  /** Of those, in the window and counted as lost. */
  #declaredLost = 0;
  #gapPending = false;
  /** Bit set: missing. A slot is the number's low bits. */
  #bits: Uint32Array | undefined;
  #missing = 0;
  #gapEnds: number[] = [];
  #gapTimesNs: number[] = [];
  #farRun = 0;
  #farFirst = 0;
  #farLast = 0;
  /** The next number in order needs no more than `#head++`. */
  #plain = false;

  /** Some number waits for its deadline: `expire` will have work. */
  get awaitsDeadline(): boolean {
    return this.#gapEnds.length > 0;
  }

  /**
   * A record with this 32-bit number arrived; times are those of `expire`. Returns true where it was simply the
   * next one: the tally is left alone then, and the caller counts one unique packet (this is the path of nearly
   * every packet). `sampled`: the source leaves packets out, so that numbers skipped mean nothing.
   */
  accept(sequence: number, timeNs: number, sampled: boolean, tally: SequenceTally): boolean {
    if (this.#plain && ((sequence - this.#head) | 0) === 1) {
      this.#head++;
      return true;
    }
    this.#acceptAny(sequence, timeNs, sampled, tally);
    return false;
  }

  /** One packet stands for `count` successive numbers. */
  acceptSpan(sequence: number, count: number, timeNs: number, sampled: boolean, tally: SequenceTally): void {
    for (let index = 0; index < count; index++) this.#acceptAny((sequence + index) >>> 0, timeNs, sampled, tally);
  }

  /** `count` packets carry the same number: each arrival takes the first number of the span that is still unseen. */
  acceptShared(sequence: number, count: number, timeNs: number, sampled: boolean, tally: SequenceTally): void {
    for (let index = 0; index < count; index++) {
      const candidate = (sequence + index) >>> 0;
      if (index === count - 1 || !this.#seen(candidate)) {
        this.#acceptAny(candidate, timeNs, sampled, tally);
        return;
      }
    }
  }

  /** Records were lost before the next one: what is missing around here may have arrived. */
  telemetryGap(tally: SequenceTally): void {
    tally.lost -= this.#declaredLost;
    tally.unknown += this.#declaredLost;
    this.#declaredLost = 0;
    this.#unknownUntil = Math.max(this.#unknownUntil, this.#head);
    this.#gapPending = true;
    this.#plain = false;
  }

  /** Counts what has been missing for longer than the deadline. */
  expire(nowNs: number, tally: SequenceTally): void {
    while (this.#gapEnds.length > 0 && (this.#gapTimesNs[0] ?? 0) + GAP_QUANTUM_NS + LOSS_DEADLINE_NS <= nowNs) {
      this.#gapTimesNs.shift();
      this.#declareUntil(this.#gapEnds.shift() ?? -1, tally);
    }
  }

  #acceptAny(sequence: number, timeNs: number, sampled: boolean, tally: SequenceTally): void {
    const delta = (sequence - this.#head) | 0;
    if (this.#head < 0) {
      this.#start(sequence + 2 ** 32);
      tally.unique++;
    } else if (delta > JUMP_AT_ONCE || delta <= -WINDOW_NUMBERS) this.#far(sequence, tally);
    else {
      this.#farRun = 0;
      if (delta > 0) this.#advance(this.#head + delta, timeNs, sampled, tally);
      else this.#late(this.#head + delta, tally);
    }
    this.#plain = this.#missing === 0 && !this.#gapPending && this.#farRun === 0;
  }

  #start(number: number): void {
    this.#head = number;
    this.#countFrom = number;
    this.#bornAt = number;
    this.#declaredUntil = number - 1;
    this.#unknownUntil = this.#gapPending ? number + WINDOW_NUMBERS : number - 1;
    this.#gapPending = false;
  }

  #advance(to: number, timeNs: number, sampled: boolean, tally: SequenceTally): void {
    const from = this.#head + 1;
    if (this.#gapPending) {
      this.#unknownUntil = to + WINDOW_NUMBERS;
      this.#gapPending = false;
    }
    if (sampled) this.#countFrom = to;
    tally.unique++;
    if (to > from && !sampled) this.#openGap(to - 1, timeNs);
    if (to - this.#head >= WINDOW_NUMBERS) {
      this.#leaveAll(tally);
      this.#countRange(from, to - WINDOW_NUMBERS, tally);
      for (let number = to - SLOT_MASK; number < to; number++) this.#mark(number);
    } else if (to > from || this.#missing > 0) {
      for (let number = from; number <= to; number++) {
        this.#leave(number - WINDOW_NUMBERS, tally);
        if (number < to) this.#mark(number);
      }
    }
    this.#head = to;
  }

  #late(number: number, tally: SequenceTally): void {
    if (number < this.#bornAt) this.#openPast();
    if (!this.#isMissing(number)) {
      tally.duplicates++;
      return;
    }
    this.#unmark(number);
    tally.unique++;
    tally.reordered++;
    if (number < this.#countFrom || number > this.#declaredUntil) return;
    if (number > this.#unknownUntil) {
      tally.lost--;
      this.#declaredLost--;
    } else tally.unknown--;
  }

  /** The window before the stream's start becomes missing, so that stragglers from there are told from repeats. */
  #openPast(): void {
    for (let number = this.#head - SLOT_MASK; number < this.#bornAt; number++) this.#mark(number);
    this.#bornAt = -1;
  }

  #far(sequence: number, tally: SequenceTally): void {
    tally.unique++;
    tally.far++;
    const step = (sequence - this.#farLast) | 0;
    // The same number again: packets with a shared stamp, which confirm nothing and disprove nothing.
    if (this.#farRun > 0 && step === 0) return;
    if (this.#farRun === 0 || step < 0 || step >= WINDOW_NUMBERS) {
      this.#farRun = 0;
      this.#farFirst = sequence;
    }
    this.#farLast = sequence;
    if (++this.#farRun === CONFIRMATIONS) this.#moveTo(sequence, tally);
  }

  #moveTo(sequence: number, tally: SequenceTally): void {
    this.#leaveAll(tally);
    const jump = (this.#farFirst - this.#head) | 0;
    if (jump > 0 && jump <= JUMP_LOSS_MAX) {
      if (this.#gapPending) this.#unknownUntil = this.#head + jump;
      this.#countRange(this.#head + 1, this.#head + jump - 1, tally);
    }
    this.#gapEnds = [];
    this.#gapTimesNs = [];
    this.#farRun = 0;
    this.#start(this.#head + ((sequence - this.#head) >>> 0));
  }

  #openGap(end: number, timeNs: number): void {
    const last = this.#gapEnds.length - 1;
    const shares = last >= 0 && timeNs - (this.#gapTimesNs[last] ?? 0) < GAP_QUANTUM_NS;
    if (shares || last === GAPS_MAX - 1) this.#gapEnds[last] = end;
    else {
      this.#gapEnds.push(end);
      this.#gapTimesNs.push(timeNs);
    }
  }

  #declareUntil(end: number, tally: SequenceTally): void {
    const from = Math.max(this.#declaredUntil + 1, this.#countFrom, this.#head - SLOT_MASK);
    for (let number = from; number <= end; number++) {
      if (!this.#isMissing(number)) continue;
      if (number > this.#unknownUntil) {
        tally.lost++;
        this.#declaredLost++;
      } else tally.unknown++;
    }
    this.#declaredUntil = Math.max(this.#declaredUntil, end);
  }

  #leave(number: number, tally: SequenceTally): void {
    if (this.#missing === 0 || !this.#isMissing(number)) return;
    this.#unmark(number);
    if (number > this.#declaredUntil) this.#countRange(number, number, tally);
    else if (number >= this.#countFrom && number > this.#unknownUntil) this.#declaredLost--;
  }

  #leaveAll(tally: SequenceTally): void {
    for (let number = this.#head - SLOT_MASK; number <= this.#head && this.#missing > 0; number++) {
      this.#leave(number, tally);
    }
  }

  /** Numbers first…last will not be waited for any longer. */
  #countRange(first: number, last: number, tally: SequenceTally): void {
    const from = Math.max(first, this.#countFrom);
    const lostFrom = Math.max(from, this.#unknownUntil + 1);
    tally.lost += Math.max(last - lostFrom + 1, 0);
    tally.unknown += Math.max(Math.min(last, lostFrom - 1) - from + 1, 0);
  }

  #seen(sequence: number): boolean {
    const delta = (sequence - this.#head) | 0;
    if (this.#head < 0 || delta > 0 || delta <= -WINDOW_NUMBERS) return false;
    const number = this.#head + delta;
    return number >= this.#bornAt && !this.#isMissing(number);
  }

  #isMissing(number: number): boolean {
    const slot = number & SLOT_MASK;
    return (((this.#bits?.[slot >> 5] ?? 0) >>> (slot & 31)) & 1) === 1;
  }

  #mark(number: number): void {
    const slot = number & SLOT_MASK;
    const bits = (this.#bits ??= new Uint32Array(WINDOW_NUMBERS / 32));
    bits[slot >> 5] = (bits[slot >> 5] ?? 0) | (1 << (slot & 31));
    this.#missing++;
  }

  #unmark(number: number): void {
    const slot = number & SLOT_MASK;
    if (this.#bits === undefined) return;
    this.#bits[slot >> 5] = (this.#bits[slot >> 5] ?? 0) & ~(1 << (slot & 31));
    this.#missing--;
  }
}
