import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BpfObject, PerfReader, possibleCpus, type PerfReaderOptions, type SampleChunk } from './index.ts';
import { buildFixtures, readU64, u32, waitUntil } from './testing.ts';

const frame = new Uint8Array(64);
const onlineCpus = expand(execFileSync('cat', ['/sys/devices/system/cpu/online'], { encoding: 'utf8' }));

let fixtures: Awaited<ReturnType<typeof buildFixtures>>;
let object: BpfObject;
beforeAll(async () => {
  fixtures = await buildFixtures(['samples']);
});
afterAll(() => fixtures.remove());
beforeEach(() => {
  object = BpfObject.open(fixtures.pathOf('samples'));
  object.load();
});
afterEach(() => object.close());

/** "0-3,8" as a list. */
function expand(list: string): readonly number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

interface Received {
  samples: number;
  lostSamples: number;
  flushFailures: number;
  chunks: number;
  readonly numbers: Map<number, number[]>;
}

function collect(received: Received, chunk: SampleChunk): void {
  received.chunks++;
  received.samples += chunk.samples;
  received.lostSamples += chunk.lostSamples;
  received.flushFailures += chunk.flushFailures;
  const view = new DataView(chunk.data.buffer, chunk.data.byteOffset, chunk.data.byteLength);
  let offset = 0;
  let found = 0;
  while (offset < view.byteLength) {
    const cpu = view.getUint32(offset, true);
    const size = view.getUint32(offset + 4, true);
    // The program put its CPU behind the number: it must be the ring's.
    if (size < 12 || view.getUint32(offset + 16, true) !== cpu) throw new Error(`sample at ${offset} is garbled`);
    const numbers = received.numbers.get(cpu) ?? [];
    numbers.push(Number(view.getBigUint64(offset + 8, true)));
    received.numbers.set(cpu, numbers);
    offset += 8 + Math.ceil(size / 8) * 8;
    found++;
  }
  expect([offset, found]).toEqual([view.byteLength, chunk.samples]);
}

function open(options: Partial<PerfReaderOptions> = {}) {
  const received: Received = { samples: 0, lostSamples: 0, flushFailures: 0, chunks: 0, numbers: new Map() };
  const reader = new PerfReader(object.map('samples'), {
    pagesPerCpu: 1024,
    watermarkBytes: 1 << 18,
    intervalMs: 10,
    maxQueuedBytes: 1 << 26,
    onSamples: (chunk) => collect(received, chunk),
    ...options,
  });
  return { reader, received };
}

/** On the CPU that the test's thread happens to be on. */
function emit(count: number): void {
  object.program('emit').testRun(frame, { repeat: count });
}

function emitOn(cpu: number, count: number): void {
  const pin = (cpus: string): void => void execFileSync('taskset', ['-p', '-c', cpus, String(process.pid)]);
  pin(String(cpu));
  emit(count);
  pin(onlineCpus.join(','));
}

/** What the program tried to send, by CPU. */
function emittedByCpu(): readonly number[] {
  const counts = object.map('next_number').get(u32(0));
  return Array.from({ length: possibleCpus() }, (_, cpu) => Number(readU64(counts, cpu * 8)));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe('PerfReader', () => {
  it('delivers every sample of every CPU in order, also below the watermark', async () => {
    const { reader, received } = open();
    for (let round = 0; round < 3; round++) {
      for (const cpu of onlineCpus) emitOn(cpu, 20_000 + cpu);
    }
    const emitted = emittedByCpu();
    await waitUntil('all samples', () => received.samples === sum(emitted));
    for (const cpu of onlineCpus) {
      expect(emitted[cpu]).toBeGreaterThanOrEqual(60_000);
      expect(received.numbers.get(cpu)).toEqual(Array.from({ length: emitted[cpu] ?? 0 }, (_, number) => number));
    }
    expect(received.lostSamples).toBe(0);
    reader.close();
    expect(received.samples).toBe(sum(emitted));
  });

  it('hands over one chunk a tick and not one a sample', async () => {
    const { reader, received } = open({ intervalMs: 50 });
    for (let sent = 0; sent < 1000; sent++) emit(1);
    await waitUntil('all samples', () => received.samples === 1000);
    expect(received.chunks).toBeLessThan(20);
    reader.close();
  });

  it('loses nothing while the event loop is busy, as long as the queue has room', async () => {
    const { reader, received } = open();
    for (let round = 0; round < 20; round++) emit(25_000);
    expect(received.samples).toBe(0);
    await waitUntil('all samples', () => received.samples === 500_000);
    expect(received.lostSamples).toBe(0);
    reader.close();
  });

  it('counts what it drops when the event loop is busy and the queue is full', async () => {
    const { reader, received } = open({ maxQueuedBytes: 4096 });
    for (let round = 0; round < 10; round++) emit(10_000);
    await waitUntil('every sample to be accounted for', () => received.samples + received.lostSamples === 100_000);
    expect(received.lostSamples).toBeGreaterThan(50_000);
    expect(received.samples).toBeGreaterThan(0);
    for (const numbers of received.numbers.values()) {
      expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    }
    reader.close();
  });

  it('counts what the ring had no room for', async () => {
    const cpu = onlineCpus[0] ?? 0;
    const { reader, received } = open({ pagesPerCpu: 1, watermarkBytes: 4096, intervalMs: 1000 });
    emitOn(cpu, 10_000);
    await waitUntil('what fitted', () => received.samples > 0);
    // The kernel tells of a loss with the next sample that fits.
    emitOn(cpu, 1);
    reader.close();
    expect(received.lostSamples).toBeGreaterThan(0);
    expect(received.samples + received.lostSamples).toBe(10_001);
  });

  it('delivers pending samples before close returns', () => {
    const { reader, received } = open({ intervalMs: 60_000 });
    emit(5000);
    expect(received.samples).toBe(0);
    reader.close();
    expect(received.samples).toBe(5000);
    reader.close();
    expect(received.samples).toBe(5000);
  });

  it('delivers pending samples in order when the object is closed', async () => {
    const { received } = open({ intervalMs: 1 });
    emit(100);
    await waitUntil('the first', () => received.samples === 100);
    // The thread announces meanwhile, but JavaScript never gets to take it.
    for (let round = 0; round < 10; round++) emit(5000);
    const emitted = emittedByCpu();
    object.close();
    expect(received.samples).toBe(50_100);
    for (const [cpu, numbers] of received.numbers) {
      expect(numbers).toEqual(Array.from({ length: emitted[cpu] ?? 0 }, (_, number) => number));
    }
  });

  it('may be closed from onSamples', async () => {
    const { reader, received } = open({
      onSamples: (chunk) => {
        reader.close();
        collect(received, chunk);
      },
    });
    emit(10);
    await waitUntil('the samples', () => received.samples === 10);
    emit(10);
    expect(received.samples).toBe(10);
  });

  it('may have its object closed from onSamples, also from the last one', async () => {
    const { reader, received } = open({
      onSamples: (chunk) => {
        object.close();
        collect(received, chunk);
      },
    });
    emit(10);
    reader.close();
    expect(received.samples).toBe(10);
    expect(() => object.load()).toThrow(/is closed/);
  });

  it('runs the flush program on every online CPU at every tick and at the end', async () => {
    const { reader, received } = open({ intervalMs: 5, flush: object.program('flush') });
    const flushesByCpu = (): readonly number[] => {
      const counts = object.map('flushes').get(u32(0));
      return onlineCpus.map((cpu) => Number(readU64(counts, cpu * 8)));
    };
    await waitUntil('ten rounds', () => flushesByCpu().every((count) => count >= 10));
    reader.close();
    const atEnd = flushesByCpu();
    expect(new Set(atEnd).size).toBe(1);
    expect(received.flushFailures).toBe(0);
    const quiet = open({ intervalMs: 60_000, flush: object.program('flush') });
    quiet.reader.close();
    expect(flushesByCpu()).toEqual(atEnd.map((count) => count + 1));
  });

  it('delivers what the flush program sends', async () => {
    const { reader, received } = open({ intervalMs: 5, flush: object.program('emit') });
    await waitUntil('ten of each CPU', () => onlineCpus.every((cpu) => (received.numbers.get(cpu)?.length ?? 0) >= 10));
    reader.close();
    expect(received.samples).toBe(sum(emittedByCpu()));
  });

  it('reports a flush program that the kernel refuses to run', async () => {
    const { reader, received } = open({ intervalMs: 5, flush: object.program('not_a_packet_program') });
    await waitUntil('failures', () => received.flushFailures >= 2 * onlineCpus.length);
    expect(received.flushFailures % onlineCpus.length).toBe(0);
    expect(received.samples).toBe(0);
    reader.close();
  });

  it('refuses a second reader of the same map until the first is closed', () => {
    const { reader } = open();
    expect(() => open()).toThrow('read perf samples of samples: the map has a reader already');
    reader.close();
    open().reader.close();
  });

  it('refuses options that make no sense', () => {
    const construct = (...args: readonly unknown[]): unknown => Reflect.construct(PerfReader, args);
    expect(() => open({ pagesPerCpu: 3 })).toThrow('pagesPerCpu is not a power of 2');
    expect(() => open({ intervalMs: 0 })).toThrow('intervalMs is not an integer from 1 to 60000');
    expect(() => open({ watermarkBytes: 0.5 })).toThrow('watermarkBytes is not an integer');
    expect(() => open({ maxQueuedBytes: 0 })).toThrow('maxQueuedBytes is not an integer');
    expect(() => construct(object.map('samples'), {})).toThrow('onSamples is not a function');
    const other = BpfObject.open(fixtures.pathOf('samples'));
    other.load();
    expect(() => open({ flush: other.program('flush') })).toThrow('flush is of another object');
    other.close();
  });

  it('refuses a map that is no perf event array', () => {
    const options = {
      pagesPerCpu: 1,
      watermarkBytes: 1,
      intervalMs: 10,
      maxQueuedBytes: 1,
      onSamples: () => undefined,
    };
    expect(() => new PerfReader(object.map('flushes'), options)).toThrow(
      /^read perf samples of flushes: Invalid argument; libbpf: .*PERF_EVENT_ARRAY/,
    );
  });
});
