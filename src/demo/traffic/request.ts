import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { acceptConnections, type Endpoint, type Listening, openConnection, write } from './connection.ts';
import { type Digest, meter, numberedPayload } from './payload.ts';

/** A request begins with two lengths (32 bits, network order): its own and that of the response it wants. */
const HEAD_BYTES = 8;

export type Exchange = { readonly sent: Digest; readonly received: Digest };

export type RequestOptions = Endpoint & {
  /** Infinity: until the signal comes. */
  readonly count: number;
  readonly pauseMs: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
};

/** Sends requests over one connection, each after the response to the last; resolves with what went each way. */
export async function sendRequests(options: RequestOptions, signal: AbortSignal): Promise<Exchange> {
  const socket = await openConnection(options);
  const [sent, received] = [meter(), meter()];
  const incoming = socket[Symbol.asyncIterator]();
  for (let number = 0; number < options.count && !signal.aborted; number++) {
    const request = numberedPayload(number, Math.max(options.requestBytes, HEAD_BYTES));
    request.writeUInt32BE(request.length, 0);
    request.writeUInt32BE(options.responseBytes, 4);
    sent.add(request);
    await write(socket, request);
    while (received.bytes() < (number + 1) * options.responseBytes) {
      const part = await incoming.next();
      if (!Buffer.isBuffer(part.value))
        throw new Error(`${options.host} port ${options.port} closed before it had answered`);
      received.add(part.value);
    }
    if (options.pauseMs > 0) await delay(options.pauseMs, undefined, { signal }).catch(() => undefined);
  }
  socket.end();
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return { sent: sent.digest(), received: received.digest() };
}

/** Answers requests; `onExchange` gets what went each way when a connection has ended. */
export async function respond(at: Endpoint, onExchange: (exchange: Exchange) => void): Promise<Listening> {
  return acceptConnections(at, (socket) => {
    const [sent, received] = [meter(), meter()];
    const answer = answerer(socket, sent.add);
    socket.on('data', (data: Buffer) => {
      received.add(data);
      answer(data);
    });
    socket.on('end', () => onExchange({ sent: sent.digest(), received: received.digest() }));
  });
}

/** Takes a stream of requests, in whatever pieces, and writes a response to each that is complete. */
function answerer(socket: Socket, onWrite: (response: Buffer) => void): (data: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  let number = 0;
  return (data) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= HEAD_BYTES) {
      const requestBytes = pending.readUInt32BE(0);
      if (requestBytes < HEAD_BYTES || requestBytes > pending.length) return;
      const response = numberedPayload(number++, pending.readUInt32BE(4));
      pending = pending.subarray(requestBytes);
      onWrite(response);
      socket.write(response);
    }
  };
}
