/** The live feed: /api/v1/live, a WebSocket that tells each full second to every client that keeps up. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { encodeLiveMessage } from './live-frame.ts';
import { subscribeSchema, type LiveMessage, type Series, type Status, type Window } from './messages.ts';
import type { WindowMessage } from './service.ts';

/** Unsent bytes at which a client gets no more until it has read: a few frames of a thousand flows. */
export const BACKLOG_BYTES = 1024 * 1024;
/** How long it may stay there. */
export const STUCK_MS = 30_000;
const CLIENTS_MAX = 256;
/** More windows than this at once come as a new series. */
const CATCH_UP_WINDOWS = 5;

const CLOSE_BAD_MESSAGE = 1008;
const CLOSE_TRY_LATER = 1013;

/** What the feed tells. */
export type LiveSource = {
  readonly closedWindows: number;
  status(): Status;
  series(flow: string | null): Series;
  windowMessages(count: number): WindowMessage[];
  windowAt(flow: string, startMs: number): Window | null;
};

export const liveQuerySchema = z.object({ format: z.enum(['binary', 'json']).default('binary') });
type Format = z.infer<typeof liveQuerySchema>['format'];

/** What the feed needs of a WebSocket. */
export type LiveSocket = {
  readonly bufferedAmount: number;
  send(data: ArrayBuffer | string): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
};

type Client = {
  readonly socket: LiveSocket;
  readonly format: Format;
  flow: string | null;
  skipped: number;
  stuckSinceMs: number | undefined;
};

/** All clients of the feed. `publish` after each closed window is what moves it. */
export class LiveFeed {
  readonly #source: LiveSource;
  readonly #nowMs: () => number;
  readonly #clients = new Set<Client>();
  #published: number;

  /** `nowMs`: any clock that only goes forward. */
  constructor(source: LiveSource, nowMs: () => number) {
    this.#source = source;
    this.#nowMs = nowMs;
    this.#published = source.closedWindows;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Takes a socket over: greets it and serves it until it closes. */
  add(socket: LiveSocket, format: Format): void {
    if (this.#clients.size >= CLIENTS_MAX) {
      socket.close(CLOSE_TRY_LATER, `${CLIENTS_MAX} clients are connected already`);
      return;
    }
    const client: Client = { socket, format, flow: null, skipped: 0, stuckSinceMs: undefined };
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    socket.on('message', (data: unknown, isBinary: boolean) => this.#receive(client, isBinary ? '' : String(data)));
    send(client, { type: 'hello', version: 1, status: this.#source.status() });
    send(client, { type: 'series', series: this.#source.series(null) });
  }

  /** Sends what closed since the last call; a client that has not read enough skips it and is told later. */
  publish(): void {
    const count = this.#source.closedWindows - this.#published;
    this.#published += count;
    if (count === 0 || this.#clients.size === 0) return;
    const messages = this.#source.windowMessages(Math.min(count, CATCH_UP_WINDOWS));
    const encoded = new Map<string, ArrayBuffer | string>();
    for (const client of this.#clients) {
      if (this.#isBehind(client)) {
        client.skipped += count;
        continue;
      }
      if (count > CATCH_UP_WINDOWS) this.#sendSeries(client);
      for (const message of messages) {
        const key = `${client.format} ${client.skipped} ${message.total.startMs} ${client.flow ?? ''}`;
        const frame = encoded.get(key) ?? encode(client.format, this.#personal(client, message));
        encoded.set(key, frame);
        client.socket.send(frame);
        client.skipped = 0;
      }
    }
  }

  #personal(client: Client, message: WindowMessage): LiveMessage {
    const { flow, skipped } = client;
    const selected = flow === null ? null : { flow, window: this.#source.windowAt(flow, message.total.startMs) };
    return { ...message, skipped, selected };
  }

  #isBehind(client: Client): boolean {
    if (client.socket.bufferedAmount <= BACKLOG_BYTES) {
      client.stuckSinceMs = undefined;
      return false;
    }
    const nowMs = this.#nowMs();
    client.stuckSinceMs ??= nowMs;
    // A close frame would wait behind the backlog that it does not read.
    if (nowMs - client.stuckSinceMs >= STUCK_MS) client.socket.terminate();
    return true;
  }

  #receive(client: Client, text: string): void {
    const message = subscribeSchema.safeParse(parseJson(text));
    if (!message.success) {
      this.#clients.delete(client);
      client.socket.close(CLOSE_BAD_MESSAGE, 'expected {"type":"subscribe","flow":id or null} as text');
      return;
    }
    // Asking for more without reading any of it is no client.
    if (client.socket.bufferedAmount > BACKLOG_BYTES) {
      client.socket.terminate();
      return;
    }
    client.flow = message.data.flow;
    if (client.flow !== null) send(client, { type: 'series', series: this.#source.series(client.flow) });
  }

  #sendSeries(client: Client): void {
    send(client, { type: 'series', series: this.#source.series(null) });
    if (client.flow !== null) send(client, { type: 'series', series: this.#source.series(client.flow) });
  }
}

/** The route; the WebSocket plugin is registered already. */
export function registerLive(app: FastifyInstance, feed: LiveFeed): void {
  app.route({
    method: 'GET',
    url: '/api/v1/live',
    schema: { hide: true },
    handler: (_request, reply) => reply.code(426).send({ error: 'this address speaks WebSocket only' }),
    wsHandler: (socket, request) => {
      const query = liveQuerySchema.safeParse(request.query);
      if (query.success) feed.add(socket, query.data.format);
      else socket.close(CLOSE_BAD_MESSAGE, 'format is binary or json');
    },
  });
}

function send(client: Client, message: LiveMessage): void {
  client.socket.send(encode(client.format, message));
}

function encode(format: Format, message: LiveMessage): ArrayBuffer | string {
  return format === 'json' ? JSON.stringify(message) : encodeLiveMessage(message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
