// The only door to the addon: BPF objects, programs, links, maps and the perf reader over libbpf.
// Everything here throws BpfError; nothing here knows what the bytes mean.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * What the kernel, libbpf or this addon refused.
 * The message is `<operation> <object>: <cause>[; verifier: <last meaningful line>]`.
 */
export class BpfError extends Error {
  override readonly name = 'BpfError';
  readonly operation: string;
  readonly object: string;
  /** 'EPERM', 'ENODEV', …; 'EBADF' for a handle whose object is closed, 'EINVAL' for a wrong argument. */
  readonly code: string;
  readonly errno: number;
  /** The verifier's whole log if a program was refused, else what libbpf had to say; may be empty. */
  readonly verifierLog: string;

  constructor(
    operation: string,
    object: string,
    code: string,
    errno: number,
    cause: string,
    kernelLog: string,
    libbpfLog: string,
  ) {
    super(`${operation} ${object}: ${cause}${hint(kernelLog, libbpfLog)}`);
    this.operation = operation;
    this.object = object;
    this.code = code;
    this.errno = errno;
    this.verifierLog = kernelLog === '' ? libbpfLog : kernelLog;
  }
}

/** A compiled BPF object file. Closing it closes the links and readers made from it first. */
export interface BpfObject {
  /** Sizes a map; before `load` only. */
  setMaxEntries(mapName: string, n: number): void;
  /** Creates the maps and has the programs verified. After a failure the object can only be closed. */
  load(): void;
  /** Throws ENOENT if there is none of that name. */
  program(name: string): Program;
  /** Throws ENOENT if there is none of that name. */
  map(name: string): BpfMap;
  /** Idempotent. Whatever was made from the object throws EBADF afterwards. */
  close(): void;
}

/** Arguments and results of one `Program.testRun`. */
export interface TestRunOptions {
  /** Runs in a row; 1 if left out. */
  readonly repeat?: number;
  /** The context structure (`struct __sk_buff`, `struct xdp_md`) that the program is to see. */
  readonly context?: Uint8Array;
}

export interface TestRunResult {
  readonly returnValue: number;
  /** The packet as the last run left it. */
  readonly data: Uint8Array;
  /** The context as the last run left it; empty if none was given. */
  readonly context: Uint8Array;
  /** Mean of one run. */
  readonly durationNs: number;
}

export interface Program {
  readonly name: string;
  /** The link dies with the process. Throws EBUSY or EEXIST where another program sits already. */
  attachXdp(ifindex: number, mode: 'native' | 'generic'): Link;
  /**
   * TCX where the kernel has it (Linux 6.6), else a filter on the clsact qdisc; `mode` forces one of them.
   * A clsact filter, unlike a link, stays if the process is killed.
   */
  attachTcEgress(ifindex: number, options?: { readonly mode?: 'auto' | 'tcx' | 'clsact' }): Link;
  /** Runs the program on `data` without any interface (BPF_PROG_TEST_RUN). Needs a loaded object. */
  testRun(data: Uint8Array, options?: TestRunOptions): TestRunResult;
}

/** An attached program. It stays attached until closed, even if nothing refers to it. */
export interface Link {
  readonly mode: 'native' | 'generic' | 'tcx' | 'clsact';
  /** Asks the kernel: false once closed, or when the interface is gone or the filter was removed. */
  isAttached(): boolean;
  /**
   * Detaches; idempotent. With clsact it removes its own filter, and the qdisc only if it came with this link
   * and holds no other filter.
   */
  close(): void;
}

/** Every entry of a map: `count` keys and values, each packed one after another in the same order. */
export interface MapEntries {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
}

/**
 * Keys and values are raw bytes of exactly the map's sizes, else EINVAL. In a per-CPU map a value is all possible
 * CPUs' values one after another, each at the stride `valueStride`.
 */
export interface BpfMap {
  readonly name: string;
  readonly keySize: number;
  readonly valueSize: number;
  /** `valueSize` rounded up to 8. */
  readonly valueStride: number;
  readonly maxEntries: number;
  readonly perCpu: boolean;
  get(key: Uint8Array): Uint8Array | undefined;
  set(key: Uint8Array, value: Uint8Array): void;
  /** Whether the key was there. */
  delete(key: Uint8Array): boolean;
  /** Each key once; entries that come or go during the call may be in or out. */
  entries(): MapEntries;
}

export interface SampleChunk {
  /** Repeated: u32 cpu, u32 size, `size` bytes, zeros up to a multiple of 8. Perf appends up to 7 bytes of its own. */
  readonly data: Uint8Array;
  readonly samples: number;
  /** Samples since the last chunk that the ring or the queue had no room for. */
  readonly lostSamples: number;
  /** Runs of the flush program since the last chunk that failed: what it should have sent may still be staged. */
  readonly flushFailures: number;
}

export interface PerfReaderOptions {
  /** Ring size a CPU in pages; a power of 2. */
  readonly pagesPerCpu: number;
  /** Fill at which a ring wakes the reader between two ticks. */
  readonly watermarkBytes: number;
  /** The tick: rings are drained and samples handed over at least this often. */
  readonly intervalMs: number;
  /** A packet program of the same object, run on each online CPU every tick with 64 zero bytes. */
  readonly flush?: Program;
  /** What may pile up while `onSamples` runs or the event loop is busy; beyond it samples are dropped and counted. */
  readonly maxQueuedBytes: number;
  /** What it throws becomes the process's `uncaughtException`. */
  readonly onSamples: (chunk: SampleChunk) => void;
}

/** Reads a perf event array on a thread of its own. Stays open, and keeps Node running, until closed. */
export interface PerfReader {
  /**
   * Idempotent. Flushes and drains a last time, calls `onSamples` with what that found, and returns when the
   * thread has ended.
   */
  close(): void;
}

interface Addon {
  readonly BpfObject: { open(path: string): BpfObject };
  readonly PerfReader: new (map: BpfMap, options: PerfReaderOptions) => PerfReader;
  interfaceIndex(name: string): number;
  possibleCpus(): number;
  clockNs(clock: 'tai' | 'realtime' | 'monotonic'): bigint;
}

const addon = loadAddon();

export const BpfObject = addon.BpfObject;

/** Throws EBUSY if the map has a reader already. */
export const PerfReader = addon.PerfReader;

/** Throws ENODEV if there is no such interface in the process's network namespace. */
export function interfaceIndex(name: string): number {
  return addon.interfaceIndex(name);
}

/** How many values a per-CPU map holds for one key. */
export function possibleCpus(): number {
  return addon.possibleCpus();
}

/** Time since the clock's epoch: 1970 for 'tai' and 'realtime', boot for 'monotonic'. */
export function clockNs(clock: 'tai' | 'realtime' | 'monotonic'): bigint {
  return addon.clockNs(clock);
}

function loadAddon(): Addon {
  // Beside the compiled file in dist/; one folder up when TypeScript is run from source.
  const candidates = ['./hostint.node', '../dist/native/hostint.node'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const found = candidates.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(`load the native addon: none at ${candidates.join(' or ')}: run \`npm run build:native\``);
  }
  const binding: unknown = createRequire(import.meta.url)(found);
  if (!hasFunction(binding, 'initialize')) throw new Error(`load the native addon: ${found} is not hostint's`);
  const api: unknown = binding.initialize(BpfError);
  if (!isAddon(api)) {
    throw new Error(`load the native addon: ${found} is of another version: run \`npm run build:native\``);
  }
  return api;
}

function isAddon(value: unknown): value is Addon {
  return (
    hasFunction(value, 'BpfObject') &&
    hasFunction(value.BpfObject, 'open') &&
    hasFunction(value, 'PerfReader') &&
    hasFunction(value, 'interfaceIndex') &&
    hasFunction(value, 'possibleCpus') &&
    hasFunction(value, 'clockNs')
  );
}

function hasFunction<Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, (...args: readonly unknown[]) => unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof Reflect.get(value, name) === 'function';
}

function hint(kernelLog: string, libbpfLog: string): string {
  const verifier = lastMeaningfulLine(kernelLog);
  if (verifier !== undefined) return `; verifier: ${verifier}`;
  const libbpf = lastMeaningfulLine(libbpfLog);
  return libbpf === undefined ? '' : `; ${libbpf}`;
}

/** The verifier ends with statistics, libbpf with the news that loading failed: the cause stands before those. */
function lastMeaningfulLine(log: string): string | undefined {
  const noise = /^(processed \d|verification time|stack depth|libbpf: failed to load object)/;
  return log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !noise.test(line))
    .at(-1);
}
