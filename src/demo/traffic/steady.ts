import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Endpoint, Listening } from './connection.ts';
import { type Digest, meter, numberedPayload, readNumber } from './payload.ts';

const TICK_MS = 1;
/** Holds what arrives while this process waits for a CPU. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

export type SteadyOptions = Endpoint & {
  /** Infinity: until the signal comes. */
  readonly count: number;
  readonly perSecond: number;
  /** UDP payload of each. */
  readonly bytes: number;
  /** The number of the first one; 0 unless told otherwise. */
  readonly first?: number;
  /** The kernel chooses unless told otherwise. */
  readonly sourcePort?: number;
};

/** Which datagrams have come; `bytes` and `sha256` are of all that came, in order of arrival. */
export type Arrivals = Digest & {
  /** Different ones. */
  readonly datagrams: number;
  readonly duplicates: number;
  /** Content differs from what was sent. */
  readonly damaged: number;
  /** Their numbers as [first, last], ascending. */
  readonly ranges: readonly (readonly [number, number])[];
};

/** Sends numbered datagrams at an even pace; what a late timer held up is made good at once. */
export async function sendSteadily(options: SteadyOptions, signal: AbortSignal): Promise<Digest> {
  const { host, count, perSecond, bytes, first = 0, sourcePort = 0 } = options;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const sent = meter();
  try {
    socket.bind(sourcePort);
    await once(socket, 'listening');
    const startMs = performance.now();
    for (let next = 0; next < count && !signal.aborted;) {
      const due = Math.min(count, 1 + Math.floor(((performance.now() - startMs) / 1000) * perSecond));
      for (; next < due; next++) {
        const payload = numberedPayload(first + next, bytes);
        sent.add(payload);
        await sendOne(socket, payload, options);
      }
      await delay(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    socket.close();
  }
  return sent.digest();
}

export type SteadyReceiver = Listening & {
  /** Different datagrams so far. */
  readonly datagrams: () => number;
  readonly arrivals: () => Arrivals;
};

/** Receives what sendSteadily sends. */
export async function receiveSteadily(at: Endpoint): Promise<SteadyReceiver> {
  const received = meter();
  const numbers = new Set<number>();
  let [duplicates, damaged] = [0, 0];
  const listening = await receiveDatagrams(at, (payload) => {
    received.add(payload);
    const number = readNumber(payload);
    if (number === undefined) damaged++;
    else if (numbers.has(number)) duplicates++;
    else numbers.add(number);
  });
  return {
    ...listening,
    datagrams: () => numbers.size,
    arrivals: () => ({ ...received.digest(), datagrams: numbers.size, duplicates, damaged, ranges: rangesOf(numbers) }),
  };
}

export async function receiveDatagrams(at: Endpoint, onDatagram: (payload: Buffer) => void): Promise<Listening> {
  const socket = createSocket({ type: isIPv6(at.host) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  socket.on('message', onDatagram);
  socket.bind(at.port, at.host);
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => void socket.close() };
}

/** Whole numbers as runs of consecutive ones, ascending. */
export function rangesOf(numbers: Iterable<number>): readonly (readonly [number, number])[] {
  const ranges: [number, number][] = [];
  for (const number of [...numbers].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}

function sendOne(socket: Socket, payload: Buffer, { host, port }: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(payload, port, host, (error) => (error === null ? resolve() : reject(error)));
  });
}
