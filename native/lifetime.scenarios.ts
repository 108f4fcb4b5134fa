// Run by lifetime.root.test.ts in a process of its own: how readers and links end when the script or a worker does.
import { Worker } from 'node:worker_threads';
import { BpfObject, interfaceIndex, PerfReader, type SampleChunk } from './index.ts';
import { waitUntil } from './testing.ts';

function openReader(path: string, onSamples: (chunk: SampleChunk) => void) {
  const object = BpfObject.open(path);
  object.load();
  const reader = new PerfReader(object.map('samples'), {
    pagesPerCpu: 64,
    watermarkBytes: 4096,
    intervalMs: 1,
    flush: object.program('flush'),
    maxQueuedBytes: 1 << 24,
    onSamples,
  });
  const emit = (count: number): void => void object.program('emit').testRun(new Uint8Array(64), { repeat: count });
  return { object, reader, emit };
}

export async function closed(path: string) {
  let samples = 0;
  const { reader, emit } = openReader(path, (chunk) => (samples += chunk.samples));
  emit(10);
  await waitUntil('samples', () => samples === 10);
  reader.close();
  return samples;
}

/** Leaves a reader, a link and unread samples behind. */
export function abandoned(path: string) {
  const { object, emit } = openReader(path, () => undefined);
  const link = object.program('flush').attachXdp(interfaceIndex('lo'), 'generic');
  emit(1000);
  return link.isAttached();
}

export async function throwing(path: string) {
  let calls = 0;
  const { reader, emit } = openReader(path, () => {
    calls++;
    throw new Error(`call ${calls}`);
  });
  emit(1);
  await waitUntil('the first call', () => calls === 1);
  emit(1);
  await waitUntil('the second call', () => calls === 2);
  reader.close();
  return calls;
}

export function throwingAtClose(path: string) {
  const { object, emit } = openReader(path, () => {
    throw new Error('at close');
  });
  emit(1);
  object.close();
  return 'closed';
}

const inWorker = (url: string, name: string, path: string, after: string): Worker => {
  const script = `import(${JSON.stringify(url)}).then((s) => s.${name}(${JSON.stringify(path)})).then(() => { ${after} })`;
  return new Worker(script, { eval: true });
};

const exitOf = (worker: Worker): Promise<number | string> =>
  new Promise((resolve) => {
    worker.once('error', (error) => resolve(String(error)));
    worker.once('exit', resolve);
  });

/** A worker that exits with everything open; the main thread goes on with readers of its own. */
export async function workerExits(path: string) {
  const ends = [];
  for (let round = 0; round < 5; round++) {
    ends.push(await exitOf(inWorker(import.meta.url, 'abandoned', path, 'process.exit(0)')));
  }
  return { ends, samples: await closed(path) };
}

/** Workers terminated in the midst of a stream, at a different point each. */
export async function workersTerminated(path: string) {
  const ends = [];
  for (let round = 0; round < 20; round++) {
    const worker = inWorker(import.meta.url, 'streaming', path, '');
    const end = exitOf(worker);
    await new Promise((resolve) => worker.once('message', resolve));
    for (let turn = 0; turn < round; turn++) await new Promise((resolve) => setImmediate(resolve));
    await worker.terminate();
    ends.push(await end);
  }
  return { ends: [...new Set(ends)], samples: await closed(path) };
}

export async function streaming(path: string): Promise<never> {
  const { parentPort } = await import('node:worker_threads');
  const { emit } = openReader(path, () => parentPort?.postMessage('samples'));
  for (;;) {
    emit(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
