import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { acceptConnections, type Endpoint, type Listening, openConnection, write } from './connection.ts';
import { type Digest, meter, streamBlocks } from './payload.ts';

/** Sends `bytes` over one connection as fast as they go; resolves once the peer has closed its end as well. */
export async function sendBulk(to: Endpoint & { readonly bytes: number }): Promise<Digest> {
  const socket = await openConnection(to);
  const sent = meter();
  await writeStream(socket, to.bytes, sent.add);
  socket.end();
  // Only a stream that is read notices that the peer has closed.
  socket.resume();
  await once(socket, 'close');
  return sent.digest();
}

/** Sends bursts over one connection, with a pause after each, until the signal comes; rejects if the connection breaks. */
export async function sendBursts(
  to: Endpoint & { readonly burstBytes: number; readonly pauseMs: number },
  signal: AbortSignal,
): Promise<void> {
  const socket = await openConnection(to);
  while (!signal.aborted) {
    await writeStream(socket, to.burstBytes, () => undefined);
    await delay(to.pauseMs, undefined, { signal }).catch(() => undefined);
  }
  socket.destroy();
}

/** Accepts connections and reads each to its end; `onReceived` gets what came. */
export async function receiveBulk(at: Endpoint, onReceived: (digest: Digest) => void): Promise<Listening> {
  return acceptConnections(at, (socket) => {
    const received = meter();
    socket.on('data', received.add);
    socket.on('end', () => onReceived(received.digest()));
  });
}

async function writeStream(socket: Socket, bytes: number, onWrite: (block: Buffer) => void): Promise<void> {
  for (const block of streamBlocks(bytes)) {
    onWrite(block);
    await write(socket, block);
  }
}
