import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from './child.ts';
import { readFlows } from './flows.ts';
import { addNetwork, type DemoHost, HOSTS, INTERFACE, onHost, removeNetwork } from './network.ts';
import { openPipe } from './pipe.ts';
import { endRecordedProcesses, identify, recordProcesses, removeState, STATE_DIRECTORY, takeLock } from './state.ts';
import type { Flow } from '../sink/messages.ts';

const LAST_WORDS_MS = 500;

export type DemoOptions = {
  /** Where the page of host b is served; that of host a on the next port (with port 0: on any). */
  readonly listen: { readonly host: string; readonly port: number };
  /** Command lines of the two programs, to which arguments are appended. */
  readonly hostint: readonly string[];
  readonly traffic: readonly string[];
  readonly kill: (pid: number) => void;
  /** Aborted: give up starting. */
  readonly signal: AbortSignal;
};

export type Demo = {
  /** The page of each host, with what that host received. */
  readonly urls: Readonly<Record<DemoHost['name'], string>>;
  /** Rejects when a process ends by itself, naming it and its last words. */
  readonly failed: Promise<never>;
  /** The flows of both sinks. */
  readonly flows: () => Promise<readonly Flow[]>;
  /** Ends everything, the newest first; idempotent. */
  readonly close: () => Promise<void>;
};

/** Starts hosts, sinks, sources and traffic; resolves when all run, and leaves nothing behind when it rejects. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const steps: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
  };
  try {
    const lock = await takeLock();
    steps.push(lock.release);
    endRecordedProcesses(options.kill);
    await removeNetwork();
    removeState();
    return await startAll(options, steps, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function startAll(options: DemoOptions, steps: (() => unknown)[], close: () => Promise<void>): Promise<Demo> {
  const { a, b } = HOSTS;
  const { host, port } = options.listen;
  const pipeB = await openPipe({ host, port }, sinkSocket(b));
  steps.push(pipeB.close);
  const pipeA = await openPipe({ host, port: port === 0 ? 0 : port + 1 }, sinkSocket(a));
  steps.push(pipeA.close);

  steps.push(removeState, removeNetwork);
  recordProcesses([]);
  await addNetwork();

  const children: Child[] = [];
  const startTogether = async (stopSignal: NodeJS.Signals, started: readonly Child[]): Promise<void> => {
    children.push(...started);
    steps.push(() => Promise.all(started.map((child) => child.stop(stopSignal))));
    recordProcesses(children.flatMap((child) => identify(child.pid) ?? []));
    await Promise.all(started.map((child) => child.ready));
    options.signal.throwIfAborted();
  };
  const both = [a, b] as const;
  await startTogether(
    'SIGKILL',
    both.map((at) => trafficServer(options, at)),
  );
  await startTogether(
    'SIGINT',
    both.map((at) => sink(options, at)),
  );
  await startTogether('SIGINT', [source(options, a, b), source(options, b, a)]);
  await startTogether('SIGKILL', [trafficClient(options, a, b), trafficClient(options, b, a)]);

  const failed = Promise.race(children.map((child) => child.failed));
  const flows = async (): Promise<readonly Flow[]> => {
    try {
      return (await Promise.all(both.map((at) => readFlows(sinkSocket(at))))).flat();
    } catch (error) {
      // A sink that has died is seen here first, but its last words say more than a refused connection.
      await Promise.race([failed, delay(LAST_WORDS_MS)]);
      throw error;
    }
  };
  return { urls: { a: pipeA.url, b: pipeB.url }, failed, flows, close };
}

function sinkSocket(host: DemoHost): string {
  return `${STATE_DIRECTORY}/sink-${host.name}.sock`;
}

function sink({ hostint }: DemoOptions, at: DemoHost): Child {
  const where = ['--iface', INTERFACE, '--node-id', String(at.nodeId)];
  const command = [...hostint, 'sink', ...where, '--listen', `unix:${sinkSocket(at)}`];
  return startChild(`the sink on host ${at.name}`, onHost(at, command));
}

function source({ hostint }: DemoOptions, at: DemoHost, peer: DemoHost): Child {
  const where = ['--iface', INTERFACE, '--node-id', String(at.nodeId)];
  const command = [...hostint, 'source', ...where, '--to', peer.ipv4, '--to', peer.ipv6];
  return startChild(`the source on host ${at.name}`, onHost(at, command));
}

function trafficServer({ traffic }: DemoOptions, at: DemoHost): Child {
  return startChild(`the traffic server on host ${at.name}`, onHost(at, [...traffic, 'mix-serve']));
}

function trafficClient({ traffic }: DemoOptions, at: DemoHost, peer: DemoHost): Child {
  const command = [...traffic, 'mix-send', '--host', peer.ipv4, '--host', peer.ipv6];
  return startChild(`the traffic client on host ${at.name}`, onHost(at, command));
}
