/** Loads the stripping program, attaches it, reads its samples and keeps the service going; close() takes it all back. */
import { totalmem } from 'node:os';
import type { Logger } from 'pino';
import { BpfObject, clockNs, PerfReader, possibleCpus, type Link } from '../../native/index.ts';
import { sinkEvent, sinkOutcome, SIZEOF_sink_config, writeSinkConfig } from '../abi/layout.gen.ts';
import { operationError, type HostintError } from '../base/errors.ts';
import {
  addPrefix,
  causeOf,
  countersOf,
  findInterface,
  indexKey,
  isDenied,
  isTaken,
  RIGHTS_CURE,
} from '../base/kernel.ts';
import { SinkClock } from './clock.ts';
import type { SinkConfig } from './config.ts';
import { decodeFlowEntries } from './decode.ts';
import { SinkService, type SinkKernel } from './service.ts';

/** 4 MiB a CPU keep every record through a stall of 150 ms at two million a second. */
const RING_PAGES = 1024;
const RING_PAGES_MIN = 16;
const PAGE_BYTES = 4096;
/** The rings of all CPUs together get at most this share of the memory. */
const RING_MEMORY_SHARE = 1 / 16;
const WATERMARK_BYTES = 64 * 1024;
const FLUSH_INTERVAL_MS = 10;
const QUEUE_BYTES = 64 * 1024 * 1024;
const TICK_MS = 50;
const CLOCK_INTERVAL_MS = 60_000;

export type SinkParts = {
  readonly config: SinkConfig;
  /** Path of sink.bpf.o. */
  readonly objectPath: string;
  readonly version: string;
  readonly logger: Logger;
};

export type Sink = {
  readonly service: SinkService;
  /** Attaches to every interface; throws a HostintError where one refuses, and `close` takes back the others. */
  attach(): void;
  /** Lets time pass for the service; `onWindow` is called after windows have closed. */
  start(onWindow: () => void): void;
  /** Detaches, and counts what is still on its way. Idempotent. */
  detach(): void;
  /** Detaches and lets go of everything; the service can tell no counters afterwards. Idempotent. */
  close(): void;
};

type NamedLink = { readonly name: string; readonly index: number; readonly link: Link };

/** Loads everything, attaches nothing yet; throws a HostintError when an interface is unknown or the program refused. */
export function openSink(parts: SinkParts): Sink {
  const { config, version, logger } = parts;
  // Looked up first: a misspelt interface is the likeliest error, and needs no right to be told.
  const interfaces = config.iface.map((name) => ({ name, index: findInterface(name) }));
  const object = loadObject(parts);
  try {
    const links: NamedLink[] = [];
    const clock = new SinkClock(clockNs);
    const kernel = describeKernel(object, links);
    const service = new SinkService({ ...config, version, clock, kernel });
    // Before the program runs: what it sent without a ring would be lost.
    const reader = openReader(object, service);
    const attachAll = (): void => {
      for (const { name, index } of interfaces) links.push({ name, index, link: attach(object, parts, name, index) });
      logger.info({ interfaces: kernel.interfaces() }, 'stripping');
    };
    return { attach: attachAll, ...describeSink(object, links, reader, service, clock) };
  } catch (error) {
    object.close();
    throw error;
  }
}

function loadObject({ config, objectPath }: SinkParts): BpfObject {
  let object: BpfObject | undefined;
  try {
    object = BpfObject.open(objectPath);
    object.setMaxEntries('flows', config.maxFlows);
    object.setMaxEntries('staging', possibleCpus());
    object.load();
    object.map('config').set(indexKey(0), encodeConfig(config));
    for (const prefix of config.allow) addPrefix(object.map('allow'), prefix);
    return object;
  } catch (error) {
    object?.close();
    const cure = isDenied(error)
      ? RIGHTS_CURE
      : 'hostint needs Linux 6.1 or newer with BPF; npm run build makes the program';
    throw operationError({ operation: 'attach XDP to', object: config.iface.join(', '), cause: causeOf(error), cure });
  }
}

function encodeConfig({ nodeId, intPort, allow }: SinkConfig): Uint8Array {
  const bytes = new Uint8Array(SIZEOF_sink_config);
  writeSinkConfig(new DataView(bytes.buffer), 0, {
    nodeId,
    intPort,
    cpuCount: possibleCpus(),
    clockOffsetNs: 0n,
    allowCount: allow.length,
  });
  return bytes;
}

function attach(object: BpfObject, { config, logger }: SinkParts, name: string, index: number): Link {
  const program = object.program('sink_xdp');
  const { xdpMode } = config;
  try {
    return program.attachXdp(index, xdpMode === 'generic' ? 'generic' : 'native');
  } catch (error) {
    if (xdpMode !== 'auto' || isDenied(error) || isTaken(error)) throw attachError(name, xdpMode, error);
    logger.warn(
      { interface: name, cause: String(causeOf(error)) },
      'native XDP refused: falling back to generic, which is slower',
    );
  }
  try {
    return program.attachXdp(index, 'generic');
  } catch (error) {
    throw attachError(name, xdpMode, error);
  }
}

function attachError(name: string, mode: SinkConfig['xdpMode'], error: unknown): HostintError {
  const cure = isDenied(error)
    ? RIGHTS_CURE
    : isTaken(error)
      ? 'another XDP program is attached: stop what put it there'
      : mode === 'native'
        ? 'the driver may not support it: try --xdp-mode auto'
        : 'see `hostint sink --help` for --xdp-mode';
  return operationError({ operation: 'attach XDP to', object: name, cause: causeOf(error), cure });
}

function openReader(object: BpfObject, service: SinkService): PerfReader {
  return new PerfReader(object.map('samples'), {
    pagesPerCpu: ringPages(totalmem(), possibleCpus()),
    watermarkBytes: WATERMARK_BYTES,
    intervalMs: FLUSH_INTERVAL_MS,
    flush: object.program('sink_flush'),
    maxQueuedBytes: QUEUE_BYTES,
    onSamples: (samples) => service.receive(samples),
  });
}

/** A power of 2, as the kernel wants it. */
function ringPages(memoryBytes: number, cpus: number): number {
  let pages = RING_PAGES;
  while (pages > RING_PAGES_MIN && pages * PAGE_BYTES * cpus > memoryBytes * RING_MEMORY_SHARE) pages /= 2;
  return pages;
}

function describeKernel(object: BpfObject, links: readonly NamedLink[]): SinkKernel {
  return {
    interfaces: () => links.map(({ name, link }) => ({ name, mode: link.mode === 'generic' ? 'generic' : 'native' })),
    interfaceName: (index) => links.find((link) => link.index === index)?.name ?? String(index),
    counters: () => ({
      ...countersOf(object.map('outcomes'), sinkOutcome),
      ...countersOf(object.map('events'), sinkEvent),
    }),
    flows: () => {
      const { keys, values, count } = object.map('flows').entries();
      return decodeFlowEntries(keys, values, count);
    },
    failure: () => {
      const gone = links.find(({ link }) => !link.isAttached());
      return gone && `the program on ${gone.name} is no longer attached`;
    },
  };
}

function describeSink(
  object: BpfObject,
  links: readonly NamedLink[],
  reader: PerfReader,
  service: SinkService,
  clock: SinkClock,
): Omit<Sink, 'attach'> {
  const timers: NodeJS.Timeout[] = [];
  const detach = (): void => {
    for (const timer of timers.splice(0)) clearInterval(timer);
    for (const { link } of links) link.close();
    reader.close();
    service.finish();
  };
  return {
    service,
    start(onWindow) {
      let told = service.closedWindows;
      const tick = (): void => {
        service.tick();
        if (service.closedWindows === told) return;
        told = service.closedWindows;
        onWindow();
      };
      timers.push(
        setInterval(tick, TICK_MS),
        setInterval(() => clock.measureOffset(), CLOCK_INTERVAL_MS),
      );
    },
    detach,
    close() {
      detach();
      object.close();
    },
  };
}
