import { request } from 'node:http';
import type { z } from 'zod';
import { type Flow, flowsSchema, type Status, statusSchema } from '../../src/sink/messages.ts';
import type { Host } from './host.ts';
import { HOSTINT_CLI, WORK_DIRECTORY } from './paths.ts';
import type { Exit, Line, Running } from './process.ts';

type CommonOptions = {
  /** veth0 unless told otherwise. */
  readonly interfaces?: readonly string[];
  readonly nodeId?: number;
  /** Further arguments. */
  readonly args?: readonly string[];
};
export type SinkOptions = CommonOptions;
export type SourceOptions = CommonOptions & {
  /** The other host's addresses in the first network unless told otherwise. */
  readonly to?: readonly string[];
};

/** A started `hostint sink` or `hostint source`. */
export type Daemon = {
  readonly process: Running;
  /** What it printed when it was ready. */
  readonly ready: Line;
  readonly socketPath: string;
  /** GETs a path of its API and returns the JSON; throws on any status but 200. */
  readonly get: (path: string) => Promise<unknown>;
  /** Ends it by SIGINT; the summary is what it printed after the ready line. */
  readonly stop: () => Promise<Exit & { readonly summary: string }>;
};

export type Sink = Daemon & {
  readonly status: () => Promise<Status>;
  /** Every flow, the newest state. */
  readonly flows: () => Promise<readonly Flow[]>;
  /** The flow with these members, or undefined. */
  readonly flow: (match: Partial<Flow>) => Promise<Flow | undefined>;
};
export type Source = Daemon & {
  /** Packets by outcome. */
  readonly counters: () => Promise<Readonly<Record<string, number>>>;
};

export async function startSink(host: Host, options: SinkOptions = {}): Promise<Sink> {
  const daemon = await startDaemon(host, 'sink', { nodeId: host.name === 'a' ? 101 : 102, ...options });
  const flows = async () => parsed(flowsSchema, await daemon.get('/api/v1/flows?limit=10000')).flows;
  return {
    ...daemon,
    status: async () => parsed(statusSchema, await daemon.get('/api/v1/status')),
    flows,
    flow: async (match) => (await flows()).find((flow) => matches(flow, match)),
  };
}

export async function startSource(host: Host, options: SourceOptions = {}): Promise<Source> {
  const peer = host.name === 'a' ? 2 : 1;
  const { to = [`10.77.0.${peer}`, `fd77::${peer}`], args = [], ...rest } = options;
  const daemon = await startDaemon(host, 'source', {
    nodeId: host.name === 'a' ? 1 : 2,
    ...rest,
    args: [...to.flatMap((destination) => ['--to', destination]), ...args],
  });
  return { ...daemon, counters: async () => countersOf(await daemon.get('/api/v1/status')) };
}

/** The command line that `startSink` and `startSource` run, for tests of how it fails. */
export function hostintCommand(...args: readonly string[]): readonly string[] {
  return [process.execPath, HOSTINT_CLI, ...args];
}

async function startDaemon(
  host: Host,
  role: 'sink' | 'source',
  options: CommonOptions & { readonly nodeId: number },
): Promise<Daemon> {
  const { interfaces = ['veth0'], nodeId, args = [] } = options;
  const socketPath = `${WORK_DIRECTORY}/${host.name}-${role}.sock`;
  const running = host.spawn(
    hostintCommand(
      role,
      ...interfaces.flatMap((name) => ['--iface', name]),
      ...['--node-id', String(nodeId), '--listen', `unix:${socketPath}`],
      ...args,
    ),
  );
  const ready = await running.event('ready');
  return {
    process: running,
    ready,
    socketPath,
    get: (path) => getJson(socketPath, path),
    stop: async () => {
      const exit = await running.stop();
      const summary = running.stdout().split('\n').slice(1).join('\n');
      return { ...exit, summary };
    },
  };
}

/** GETs over a Unix socket. */
export function getText(socketPath: string, path: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

async function getJson(socketPath: string, path: string): Promise<unknown> {
  const { status, text } = await getText(socketPath, path);
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
  return JSON.parse(text);
}

function parsed<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  return schema.parse(value);
}

function matches(flow: Flow, match: Partial<Flow>): boolean {
  const members: Readonly<Record<string, unknown>> = flow;
  return Object.entries(match).every(([name, value]) => members[name] === value);
}

function countersOf(status: unknown): Readonly<Record<string, number>> {
  const counters = typeof status === 'object' && status !== null && 'counters' in status ? status.counters : undefined;
  if (typeof counters !== 'object' || counters === null) throw new Error('the source reports no counters');
  return Object.fromEntries(Object.entries(counters).map(([reason, count]) => [reason, Number(count)]));
}
