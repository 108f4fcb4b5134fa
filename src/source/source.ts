/** Loads the stamping program, fills its maps and attaches it; close() takes everything back. */
import type { Logger } from 'pino';
import { BpfObject, clockNs, possibleCpus, type Link } from '../../native/index.ts';
import { SIZEOF_source_config, sourceEvent, sourceOutcome, writeSourceConfig } from '../abi/layout.gen.ts';
import { formatPrefix, type Prefix } from '../base/address.ts';
import { counterNames } from '../base/counters.ts';
import { operationError } from '../base/errors.ts';
import { addPrefix, causeOf, countersOf, findInterface, indexKey, isDenied, RIGHTS_CURE } from '../base/kernel.ts';
import type { SourceConfig } from './config.ts';
import { decodeFlows, peersOf } from './flows.ts';
import type { SourceFlow, SourceStatus } from './messages.ts';
import { protocolWords } from './selection.ts';

/**
 * Packets with a lower TTL or hop limit go out unstamped: traceroute probes (1 to 30 hops) must die where they would
 * without telemetry, and routing protocols speak with 1.
 */
const minimumTtl = 32;

export type Source = {
  readonly interfaces: SourceStatus['interfaces'];
  status(): SourceStatus;
  flows(): SourceFlow[];
  /** Interfaces whose program is gone. */
  detached(): string[];
  close(): void;
};

export type SourceParts = {
  readonly config: SourceConfig;
  readonly prefixes: readonly Prefix[];
  /** Path of source.bpf.o. */
  readonly objectPath: string;
  readonly version: string;
  readonly logger: Logger;
};

/** Throws a HostintError when a program cannot be loaded or attached; nothing is left attached then. */
export function startSource(parts: SourceParts): Source {
  const { config } = parts;
  // Looked up first: a misspelt interface is the likeliest error, and needs no right to be told.
  const indexes = config.iface.map((name) => ({ name, index: findInterface(name) }));
  const object = loadObject(parts);
  try {
    const links = indexes.map(({ name, index }) => ({ name, link: attach(object, name, index) }));
    return describeSource(parts, object, links);
  } catch (error) {
    object.close();
    throw error;
  }
}

function loadObject({ config, prefixes, objectPath }: SourceParts): BpfObject {
  let object: BpfObject | undefined;
  try {
    object = BpfObject.open(objectPath);
    object.setMaxEntries('flows', config.maxFlows);
    object.load();
    object.map('config').set(indexKey(0), encodeConfig(config));
    for (const prefix of prefixes) addPrefix(object.map('selection'), prefix);
    return object;
  } catch (error) {
    object?.close();
    throw operationError({
      operation: 'load program',
      object: 'source_tc',
      cause: causeOf(error),
      cure: cureOf(error),
    });
  }
}

function attach(object: BpfObject, name: string, index: number): Link {
  try {
    return object.program('source_tc').attachTcEgress(index);
  } catch (error) {
    throw operationError({
      operation: 'attach TC egress to',
      object: name,
      cause: causeOf(error),
      cure: cureOf(error),
    });
  }
}

function encodeConfig(config: SourceConfig): Uint8Array {
  const bytes = new Uint8Array(SIZEOF_source_config);
  const unused = Array.from({ length: 16 - config.port.length }, () => ({ first: 0, last: 0 }));
  writeSourceConfig(new DataView(bytes.buffer), 0, {
    nodeId: config.nodeId,
    intPort: config.intPort,
    epoch: newEpoch(),
    generation: 1,
    sample: config.sample,
    clockOffsetNs: 0n,
    domainFlags: 0,
    portRangeCount: config.port.length,
    minimumTtl,
    cpuCount: possibleCpus(),
    protocols: protocolWords(config.protocol),
    portRanges: [...config.port, ...unused],
  });
  return bytes;
}

/** Milliseconds modulo 2^16: two starts share one only by a chance of 1 in 65,536, whatever the order of starts. */
function newEpoch(): number {
  return Number((clockNs('realtime') / 1_000_000n) & 0xffffn);
}

function describeSource(
  { config, prefixes, version, logger }: SourceParts,
  object: BpfObject,
  links: readonly { readonly name: string; readonly link: Link }[],
): Source {
  const outcomeNames = counterNames(sourceOutcome);
  const startedNs = clockNs('monotonic');
  const cpus = possibleCpus();
  const interfaces = links.map(({ name, link }) => ({ name, mode: modeOf(link) }));
  const destinations = prefixes.map(formatPrefix);
  const flows = (): SourceFlow[] => {
    const map = object.map('flows');
    return decodeFlows({ ...map.entries(), valueStride: map.valueStride, cpus }, outcomeNames);
  };
  const status = (): SourceStatus => {
    const known = flows();
    const created = countersOf(object.map('events'), sourceEvent)['flows_created'] ?? 0;
    return {
      version,
      nodeId: config.nodeId,
      uptimeSeconds: Number(clockNs('monotonic') - startedNs) / 1e9,
      interfaces,
      encap: config.encap,
      intPort: config.intPort,
      counters: countersOf(object.map('outcomes'), sourceOutcome),
      flows: { created, present: known.length, evicted: Math.max(0, created - known.length) },
      destinations,
      peers: peersOf(known),
    };
  };
  logger.info({ interfaces, destinations }, 'stamping');
  return {
    interfaces,
    status,
    flows,
    detached: () => links.filter(({ link }) => !link.isAttached()).map(({ name }) => name),
    close: () => object.close(),
  };
}

function modeOf(link: Link): 'tcx' | 'clsact' {
  return link.mode === 'clsact' ? 'clsact' : 'tcx';
}

function cureOf(error: unknown): string {
  if (isDenied(error)) return RIGHTS_CURE;
  return 'hostint needs Linux 6.1 or newer with CONFIG_BPF_SYSCALL and CONFIG_NET_CLS_BPF';
}
