import { z } from 'zod';
import type { Host } from './host.ts';
import { TOOLS_DIRECTORY, TRAFFIC_CLI } from './paths.ts';
import type { Line, Running } from './process.ts';
import { waitFor } from './wait.ts';

const digestSchema = z.object({ bytes: z.number(), sha256: z.string() });
const exchangeSchema = z.object({ sent: digestSchema, received: digestSchema });
const arrivalsSchema = digestSchema.extend({
  datagrams: z.number(),
  duplicates: z.number(),
  damaged: z.number(),
  ranges: z.array(z.tuple([z.number(), z.number()])),
});
export type Digest = z.infer<typeof digestSchema>;
export type Exchange = z.infer<typeof exchangeSchema>;
export type Arrivals = z.infer<typeof arrivalsSchema>;

/** The two ends of one transfer: what left and what came. */
export type Transfer<T> = { readonly client: T; readonly server: T };

/** One TCP connection with `bytes` from one host to the other; done when both ends have everything. */
export async function bulkTcp(
  from: Host,
  to: Host,
  options: { readonly host: string; readonly port: number; readonly bytes: number },
): Promise<Transfer<Digest>> {
  const server = traffic(to, 'bulk-receive', { host: options.host, port: options.port });
  await server.event('ready');
  const client = await result(traffic(from, 'bulk-send', options));
  const served = await result(server);
  await server.stop();
  return {
    client: z.object({ sent: digestSchema }).parse(client).sent,
    server: z.object({ received: digestSchema }).parse(served).received,
  };
}

/** One TCP connection with `count` requests and their responses. */
export async function requestResponse(
  from: Host,
  to: Host,
  options: {
    readonly host: string;
    readonly port: number;
    readonly count: number;
    readonly bytes?: number;
    readonly 'response-bytes'?: number;
  },
): Promise<Transfer<Exchange>> {
  const server = traffic(to, 'respond', { host: options.host, port: options.port });
  await server.event('ready');
  const client = await result(traffic(from, 'request', options));
  const served = await result(server);
  await server.stop();
  return { client: exchangeSchema.parse(client), server: exchangeSchema.parse(served) };
}

export type SteadyReceiver = {
  /** Waits until this many different datagrams have come. */
  readonly received: (datagrams: number, timeoutMs?: number) => Promise<void>;
  readonly stop: () => Promise<Arrivals>;
};

export async function steadyReceiver(
  at: Host,
  options: { readonly host: string; readonly port: number },
): Promise<SteadyReceiver> {
  const server = traffic(at, 'steady-receive', options);
  await server.event('ready');
  const latest = () => server.events().findLast((line) => line['event'] === 'progress')?.['datagrams'];
  return {
    received: async (datagrams, timeoutMs) => {
      await waitFor(() => Number(latest()) >= datagrams, {
        describe: () => `${datagrams} datagrams, of which ${String(latest())} came`,
        timeoutMs,
      });
    },
    stop: async () => {
      await server.stop();
      return z.object({ received: arrivalsSchema }).parse(await server.event('result')).received;
    },
  };
}

/** Sends numbered datagrams at `rate` a second; resolves when all have left. */
export async function sendSteady(
  from: Host,
  options: {
    readonly host: string;
    readonly port: number;
    readonly count: number;
    readonly rate: number;
    readonly bytes?: number;
    readonly first?: number;
    readonly 'source-port'?: number;
  },
): Promise<Digest> {
  return z.object({ sent: digestSchema }).parse(await result(traffic(from, 'steady-send', options))).sent;
}

/** Sends datagrams in superpackets (UDP_SEGMENT), with the content that a steady receiver expects. */
export async function sendUdpSuperpackets(
  from: Host,
  {
    host,
    port,
    sends,
    segments,
    bytes,
    pauseUs = 0,
  }: {
    readonly host: string;
    readonly port: number;
    readonly sends: number;
    readonly segments: number;
    readonly bytes: number;
    readonly pauseUs?: number;
  },
): Promise<void> {
  await from.exec([`${TOOLS_DIRECTORY}/udp-gso`, host, ...[port, sends, segments, bytes, pauseUs].map(String)]);
}

/** Sends frames, in hexadecimal, as they stand from veth0; they pass the egress hook as any others do. */
export function sendFrames(from: Host, frames: readonly string[]): Promise<unknown> {
  return from.spawn([`${TOOLS_DIRECTORY}/send-frames`, 'veth0'], frames.join('\n')).exited;
}

/** Starts one kind of traffic; the options are those of src/demo/traffic/cli.ts. */
export function traffic(host: Host, kind: string, options: Readonly<Record<string, string | number>>): Running {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return host.spawn([process.execPath, TRAFFIC_CLI, kind, ...args]);
}

function result(running: Running): Promise<Line> {
  return running.event('result', 50_000);
}
