import { parseArgs } from 'node:util';
import { receiveBulk, sendBulk } from './bulk.ts';
import type { Listening } from './connection.ts';
import { sendMix, serveMix } from './mix.ts';
import { respond, sendRequests } from './request.ts';
import { receiveSteadily, sendSteadily } from './steady.ts';

/**
 * Traffic for the demo and the network tests: node dist/src/demo/traffic/cli.js KIND [options]
 *
 * Receivers print {"event":"ready","port":…} and run until SIGINT or SIGTERM; senders end by themselves
 * (mix-send: by a signal). Each transfer is printed at its end as {"event":"result",…}.
 */
const HELP = `usage: traffic KIND [options]
  bulk-receive    --host ADDRESS --port N          TCP: reads connections to their end
  bulk-send       --host ADDRESS --port N --bytes N
  respond         --host ADDRESS --port N          TCP: answers requests
  request         --host ADDRESS --port N --count N [--pause-ms N] [--bytes N] [--response-bytes N]
  steady-receive  --host ADDRESS --port N          UDP: prints {"event":"progress",…} as datagrams come
  steady-send     --host ADDRESS --port N --count N --rate N [--bytes N] [--first N] [--source-port N]
  mix-serve                                        the demo's servers, all kinds
  mix-send        --host ADDRESS …                 the demo's clients, all kinds, towards each address
`;

const PROGRESS_INTERVAL_MS = 50;

const OPTIONS = {
  host: { type: 'string', multiple: true },
  port: { type: 'string', default: '0' },
  bytes: { type: 'string', default: '200' },
  count: { type: 'string', default: '1' },
  rate: { type: 'string', default: '1000' },
  first: { type: 'string', default: '0' },
  'pause-ms': { type: 'string', default: '0' },
  'response-bytes': { type: 'string', default: '1000' },
  'source-port': { type: 'string', default: '0' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

async function run(kind: string, values: Values, signal: AbortSignal): Promise<void> {
  const hosts = values.host ?? [];
  const at = { host: hosts[0] ?? '::', port: Number(values.port) };
  const bytes = Number(values.bytes);
  const count = Number(values.count);
  switch (kind) {
    case 'bulk-receive':
      return serve(await receiveBulk(at, (received) => print('result', { received })), signal);
    case 'bulk-send':
      return print('result', { sent: await sendBulk({ ...at, bytes }) });
    case 'respond':
      return serve(await respond(at, (exchange) => print('result', exchange)), signal);
    case 'request': {
      const pauseMs = Number(values['pause-ms']);
      const responseBytes = Number(values['response-bytes']);
      return print('result', await sendRequests({ ...at, count, pauseMs, requestBytes: bytes, responseBytes }, signal));
    }
    case 'steady-receive':
      return receiveWithProgress(at, signal);
    case 'steady-send': {
      const pace = { count, bytes, perSecond: Number(values.rate), first: Number(values.first) };
      return print('result', {
        sent: await sendSteadily({ ...at, ...pace, sourcePort: Number(values['source-port']) }, signal),
      });
    }
    case 'mix-serve':
      return serve(await serveMix(), signal);
    case 'mix-send':
      // It runs from here on; a connection that fails ends it with an error.
      print('ready', {});
      return sendMix(hosts, signal);
    default:
      throw new Error(`traffic kind "${kind}" is unknown\n${HELP}`);
  }
}

async function receiveWithProgress(
  at: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<void> {
  const receiver = await receiveSteadily(at);
  let told = 0;
  const timer = setInterval(() => {
    if (receiver.datagrams() === told) return;
    told = receiver.datagrams();
    print('progress', { datagrams: told });
  }, PROGRESS_INTERVAL_MS);
  await serve(receiver, signal);
  clearInterval(timer);
  print('result', { received: receiver.arrivals() });
}

async function serve(listening: Listening, signal: AbortSignal): Promise<void> {
  print('ready', { port: listening.port });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  listening.close();
}

function print(event: string, members: object): void {
  process.stdout.write(`${JSON.stringify({ event, ...members })}\n`);
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
try {
  const { positionals, values } = parseArgs({ options: OPTIONS, allowPositionals: true });
  await run(positionals[0] ?? '', values, stop.signal);
} catch (error) {
  process.stderr.write(`traffic: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
