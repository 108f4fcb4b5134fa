import { receiveBulk, sendBursts } from './bulk.ts';
import type { Listening } from './connection.ts';
import { respond, sendRequests } from './request.ts';
import { receiveDatagrams, sendSteadily } from './steady.ts';

/** Where a host of the demo serves each kind of traffic. */
const PORTS = { bulk: 5001, request: 5002, steady: 5003 } as const;
const ANYWHERE = '::';

/** Every kind of server on one host, for both IP versions. */
export async function serveMix(): Promise<Listening> {
  const ignore = () => undefined;
  const servers = [
    await receiveBulk({ host: ANYWHERE, port: PORTS.bulk }, ignore),
    await respond({ host: ANYWHERE, port: PORTS.request }, ignore),
    await receiveDatagrams({ host: ANYWHERE, port: PORTS.steady }, ignore),
  ];
  return { port: PORTS.bulk, close: () => servers.forEach((server) => server.close()) };
}

/**
 * Towards each address: bulk TCP in bursts, small requests with middling responses, and datagrams at
 * a steady rate, small as those of a voice call. Runs until the signal comes; rejects when one breaks.
 */
export async function sendMix(hosts: readonly string[], signal: AbortSignal): Promise<void> {
  const flows = hosts.flatMap((host, index) => [
    // Each address out of step with the others, so that bursts do not always fall together.
    sendBursts({ host, port: PORTS.bulk, burstBytes: 4 << 20, pauseMs: 900 + 300 * index }, signal),
    sendRequests(
      { host, port: PORTS.request, count: Infinity, pauseMs: 5, requestBytes: 200, responseBytes: 4000 },
      signal,
    ),
    sendSteadily({ host, port: PORTS.steady, count: Infinity, perSecond: 200, bytes: 160 }, signal),
  ]);
  await Promise.all(flows);
}
