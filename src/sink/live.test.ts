import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { buildSinkApp } from './app.ts';
import { BACKLOG_BYTES, LiveFeed, STUCK_MS, type LiveSocket } from './live.ts';
import { decodeLiveMessage } from './live-frame.ts';
import { liveMessageSchema, type LiveMessage } from './messages.ts';
import { FakeSource } from './source.fixture.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('/api/v1/live', () => {
  it('greets with hello and the series of all traffic, then tells each window that closes', async () => {
    const source = new FakeSource();
    source.close(2);
    const { feed, open } = await service(source);
    const client = await open();
    expect(await client.next()).toMatchObject({ type: 'hello', version: 1, status: { nodeId: 3 } });
    expect(await client.next()).toMatchObject({ type: 'series', series: { flow: null, windows: [{}, {}] } });
    source.close();
    feed.publish();
    expect(await client.next()).toMatchObject({ type: 'window', skipped: 0, total: { startMs: 3000 }, selected: null });
  });

  it('says the same as JSON when asked to', async () => {
    const { source, feed, open } = await service();
    const client = await open('?format=json');
    await client.greeting();
    source.close();
    feed.publish();
    expect(await client.next()).toMatchObject({ type: 'window', total: { startMs: 1000 } });
    expect(client.binary).toEqual([false, false, false]);
  });

  it('sends the series of a flow that a client subscribes to, then its windows, until it turns to another', async () => {
    const { source, feed, open } = await service();
    const client = await open();
    await client.greeting();
    client.send({ type: 'subscribe', flow: 'aa' });
    expect(await client.next()).toMatchObject({ type: 'series', series: { flow: 'aa', windows: [{ packets: 7 }] } });
    source.close();
    feed.publish();
    expect(await client.next()).toMatchObject({ selected: { flow: 'aa', window: { startMs: 1000, packets: 7 } } });
    client.send({ type: 'subscribe', flow: null });
    client.send({ type: 'subscribe', flow: 'bb' });
    expect(await client.next()).toMatchObject({ type: 'series', series: { flow: 'bb', windows: [] } });
    source.close();
    feed.publish();
    expect(await client.next()).toMatchObject({ selected: { flow: 'bb', window: null } });
  });

  it('tells every window of a short stall, and begins anew after a long one', async () => {
    const { source, feed, open } = await service();
    const client = await open();
    await client.greeting();
    source.close(3);
    feed.publish();
    for (const startMs of [1000, 2000, 3000]) expect(await client.next()).toMatchObject({ total: { startMs } });
    source.close(10);
    feed.publish();
    expect(await client.next()).toMatchObject({ type: 'series', series: { flow: null } });
    expect(await client.next()).toMatchObject({ type: 'window', total: { startMs: 9000 } });
  });

  it.each(['', 'no JSON', '{}', '{"type":"subscribe","flow":7}', `{"type":"subscribe","flow":"${'x'.repeat(41)}"}`])(
    'closes with 1008 on the message %j',
    async (text) => {
      const { feed, open } = await service();
      const client = await open();
      client.socket.send(text);
      expect(await client.closed).toBe(1008);
      expect(feed.clients).toBe(0);
    },
  );

  it('refuses a message longer than any subscription, and a format that is none', async () => {
    const { open } = await service();
    const client = await open();
    client.socket.send('x'.repeat(5000));
    expect(await client.closed).toBe(1009);
    expect(await (await open('?format=xml')).closed).toBe(1008);
  });

  it('refuses a page of another host and serves its own', async () => {
    const { app, open } = await service();
    await app.ready();
    for (const origin of ['http://evil.example', 'http://localhost:81', 'null', 'nonsense']) {
      const headers = { origin, host: 'localhost:80' };
      await expect(app.injectWS('/api/v1/live', { headers })).rejects.toThrow(/403/);
    }
    const own = await open('', { origin: 'http://localhost:9040', host: 'localhost:9040' });
    expect(await own.next()).toMatchObject({ type: 'hello' });
  });

  it('says good-bye to every client when the service ends, and does not wait for one that does not read', async () => {
    const { app, open, listen } = await service();
    const client = await open();
    const deaf = await connected(await listen());
    deaf.socket.pause();
    await app.close();
    expect(await client.closed).toBe(1001);
    deaf.socket.resume();
    await deaf.closed;
  });

  it('skips windows for a client that does not read, then tells it how many, at a bounded backlog', async () => {
    const { source, feed, listen, app } = await service();
    const client = await connected(await listen());
    await client.greeting();
    client.socket.pause();
    source.rows = 2000;
    const [server] = app.websocketServer.clients;
    let frames = 0;
    while (server !== undefined && server.bufferedAmount <= BACKLOG_BYTES) {
      source.close();
      feed.publish();
      frames++;
      // What the kernel's buffers take leaves our own.
      await new Promise(setImmediate);
    }
    const backlog = server?.bufferedAmount ?? 0;
    source.close();
    feed.publish();
    source.close();
    feed.publish();
    expect(server?.bufferedAmount).toBeLessThanOrEqual(backlog);
    client.socket.resume();
    for (let frame = 0; frame < frames; frame++) expect(await client.next()).toMatchObject({ skipped: 0 });
    source.close();
    feed.publish();
    expect(await client.next()).toMatchObject({ type: 'window', skipped: 2, total: { startMs: (frames + 3) * 1000 } });
  });
});

describe('LiveFeed', () => {
  it('ends a client that stays stuck for 30 s, and only that one', () => {
    const { source, feed, time } = bareFeed();
    const stuck = fakeSocket();
    const slow = fakeSocket();
    const well = fakeSocket();
    for (const { socket } of [stuck, slow, well]) feed.add(socket, 'json');
    stuck.socket.bufferedAmount = BACKLOG_BYTES + 1;
    for (let second = 0; second <= STUCK_MS / 1000; second++) {
      // Reads now and then, which is slow but alive.
      slow.socket.bufferedAmount = second % 20 === 0 ? 0 : BACKLOG_BYTES + 1;
      expect(stuck.terminated).toBe(false);
      time.nowMs = second * 1000;
      source.close();
      feed.publish();
    }
    expect([stuck.terminated, slow.terminated, well.terminated]).toEqual([true, false, false]);
  });

  it('encodes a frame once for all clients that see the same', () => {
    const { source, feed } = bareFeed();
    const sockets = Array.from({ length: 50 }, fakeSocket);
    for (const { socket } of sockets) feed.add(socket, 'binary');
    source.close();
    const windowMessages = vi.spyOn(source, 'windowMessages');
    feed.publish();
    expect(windowMessages).toHaveBeenCalledTimes(1);
    expect(new Set(sockets.map(({ sent }) => sent.at(-1))).size).toBe(1);
  });

  it('turns clients away beyond a bound', () => {
    const { feed } = bareFeed();
    const sockets = Array.from({ length: 257 }, fakeSocket);
    for (const { socket } of sockets) feed.add(socket, 'binary');
    expect(feed.clients).toBe(256);
    expect(sockets.map(({ closedWith }) => closedWith)).toEqual([...new Array<undefined>(256).fill(undefined), 1013]);
  });
});

async function service(source = new FakeSource()) {
  const feed = new LiveFeed(source, () => 0);
  const app = await buildSinkApp({ source, feed, version: '0.1.0', loopback: false });
  closers.push(() => app.close());
  const open = async (query = '', headers: Record<string, string> = {}): Promise<Client> => {
    const clients: Client[] = [];
    await app.ready();
    await app.injectWS(`/api/v1/live${query}`, { headers }, { onInit: (socket) => clients.push(new Client(socket)) });
    const [client] = clients;
    if (client === undefined) throw new Error('no client was made');
    return client;
  };
  const listen = async (): Promise<string> => {
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    return `${url.replace('http', 'ws')}/api/v1/live`;
  };
  return { source, feed, app, open, listen };
}

async function connected(url: string): Promise<Client> {
  const socket = new WebSocket(url);
  const client = new Client(socket);
  await once(socket, 'open');
  return client;
}

/** Reads messages one after another, whenever they come. */
class Client {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly binary: boolean[] = [];
  readonly #messages: LiveMessage[] = [];
  #wake = (): void => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.binaryType = 'arraybuffer';
    socket.on('message', (data, isBinary) => {
      this.binary.push(isBinary);
      const message = data instanceof ArrayBuffer && isBinary ? decodeLiveMessage(data) : parseText(data);
      this.#messages.push(message);
      this.#wake();
    });
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  async greeting(): Promise<void> {
    await this.next();
    await this.next();
  }

  async next(): Promise<LiveMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function parseText(data: unknown): LiveMessage {
  return liveMessageSchema.parse(
    JSON.parse(data instanceof ArrayBuffer ? new TextDecoder().decode(data) : String(data)),
  );
}

function bareFeed() {
  const source = new FakeSource();
  const time = { nowMs: 0 };
  return { source, time, feed: new LiveFeed(source, () => time.nowMs) };
}

type FakeSocket = {
  readonly sent: (ArrayBuffer | string)[];
  readonly socket: LiveSocket & { bufferedAmount: number };
  terminated: boolean;
  closedWith: number | undefined;
};

function fakeSocket(): FakeSocket {
  const sent: (ArrayBuffer | string)[] = [];
  const fake: FakeSocket = {
    sent,
    terminated: false,
    closedWith: undefined,
    socket: {
      bufferedAmount: 0,
      send: (data: ArrayBuffer | string) => void sent.push(data),
      close: (code: number) => void (fake.closedWith = code),
      terminate: () => void (fake.terminated = true),
      on: () => {},
    },
  };
  return fake;
}
