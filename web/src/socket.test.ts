import { expect, test } from 'vitest';
import { liveMessageSchema, type LiveMessage } from '../../src/sink/messages.ts';
import { helloMessage, windowMessage } from './live.fixture.ts';
import { connectLive, type Connection, type LiveSocket, type Timers, type TransportEvents } from './socket.ts';

class FakeTimers implements Timers {
  #now = 1_000_000;
  readonly #pending = new Set<{ at: number; action: () => void }>();

  nowMs(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    const entry = { at: this.#now + delayMs, action };
    this.#pending.add(entry);
    return () => this.#pending.delete(entry);
  }

  get pending(): number {
    return this.#pending.size;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#pending].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#pending.delete(due);
      this.#now = due.at;
      due.action();
    }
    this.#now = end;
  }
}

interface FakeTransport {
  readonly events: TransportEvents;
  readonly sent: string[];
  closed: boolean;
}

interface Scene {
  readonly timers: FakeTimers;
  readonly transports: FakeTransport[];
  readonly messages: LiveMessage[];
  readonly connections: Connection[];
  readonly socket: LiveSocket;
  latest(): FakeTransport;
  state(): Connection | undefined;
}

function scene(): Scene {
  const timers = new FakeTimers();
  const transports: FakeTransport[] = [];
  const messages: LiveMessage[] = [];
  const connections: Connection[] = [];
  const socket = connectLive({
    open: (events) => {
      const transport: FakeTransport = { events, sent: [], closed: false };
      transports.push(transport);
      return { send: (text) => transport.sent.push(text), close: () => (transport.closed = true) };
    },
    decode: (data) => liveMessageSchema.parse(JSON.parse(String(data))),
    timers,
    random: () => 0.5,
    onMessage: (message) => messages.push(message),
    onConnection: (connection) => connections.push(connection),
  });
  const latest = (): FakeTransport => {
    const transport = transports.at(-1);
    if (transport === undefined) throw new Error('no transport was opened');
    return transport;
  };
  return { timers, transports, messages, connections, socket, latest, state: () => connections.at(-1) };
}

const HELLO = JSON.stringify(helloMessage());

test('hands on valid messages once it is open', () => {
  const s = scene();
  expect(s.state()).toEqual({ kind: 'connecting', attempt: 1 });
  s.latest().events.onOpen();
  expect(s.state()).toEqual({ kind: 'open', sinceMs: 1_000_000 });
  s.latest().events.onMessage(HELLO);
  expect(s.messages).toEqual([helloMessage()]);
});

test('waits longer after each failure, up to a limit, and starts anew after a good message', () => {
  const s = scene();
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 7; attempt++) {
    s.latest().events.onClose();
    const state = s.state();
    if (state?.kind !== 'pausing') throw new Error(`expected a pause, got ${state?.kind}`);
    pauses.push(state.retryAtMs - s.timers.nowMs());
    s.timers.advance(pauses.at(-1) ?? 0);
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  s.latest().events.onOpen();
  s.latest().events.onMessage(HELLO);
  s.latest().events.onClose();
  expect(s.state()).toEqual({
    kind: 'pausing',
    retryAtMs: s.timers.nowMs() + 1_000,
    reason: 'the sink closed the connection',
  });
});

test('a connection that opens but says nothing readable keeps backing off', () => {
  const s = scene();
  for (const pauseMs of [1_000, 2_000, 4_000]) {
    s.latest().events.onOpen();
    s.latest().events.onMessage('{"type":"unheard-of"}');
    expect(s.latest().closed).toBe(true);
    expect(s.state()).toMatchObject({ kind: 'pausing', retryAtMs: s.timers.nowMs() + pauseMs });
    s.timers.advance(pauseMs);
  }
  expect(s.messages).toEqual([]);
});

test.each(['', '{', 'null', '{"type":"hello","version":2}', '{"type":"window"}'])(
  'gives up a connection that sends %j',
  (data) => {
    const s = scene();
    s.latest().events.onOpen();
    s.latest().events.onMessage(data);
    expect(s.state()).toMatchObject({ kind: 'pausing', reason: expect.stringContaining('cannot read') });
  },
);

test('takes a connection that does not open in time as failed', () => {
  const s = scene();
  s.timers.advance(10_000);
  expect(s.state()).toMatchObject({ kind: 'pausing', reason: 'the sink did not answer in time' });
  expect(s.latest().closed).toBe(true);
});

test('takes a connection that falls silent as dead', () => {
  const s = scene();
  s.latest().events.onOpen();
  s.latest().events.onMessage(HELLO);
  for (let second = 0; second < 30; second++) {
    s.timers.advance(1_000);
    s.latest().events.onMessage(JSON.stringify(windowMessage(1_700_000_000 + second)));
  }
  expect(s.state()?.kind).toBe('open');
  s.timers.advance(15_000);
  expect(s.state()).toMatchObject({ kind: 'pausing', reason: 'the sink fell silent' });
});

test('ignores what a given-up transport still says', () => {
  const s = scene();
  const first = s.latest();
  s.timers.advance(10_000 + 1_000);
  expect(s.transports).toHaveLength(2);
  first.events.onOpen();
  first.events.onMessage(HELLO);
  first.events.onClose();
  expect(s.messages).toEqual([]);
  expect(s.state()).toEqual({ kind: 'connecting', attempt: 2 });
});

test('subscribes at once when open, and again after a reconnect', () => {
  const s = scene();
  s.socket.subscribe('7');
  expect(s.latest().sent).toEqual([]);
  s.latest().events.onOpen();
  expect(s.latest().sent).toEqual(['{"type":"subscribe","flow":"7"}']);
  s.latest().events.onClose();
  s.timers.advance(1_000);
  s.latest().events.onOpen();
  expect(s.latest().sent).toEqual(['{"type":"subscribe","flow":"7"}']);
  s.socket.subscribe('7');
  s.socket.subscribe(null);
  expect(s.latest().sent).toEqual(['{"type":"subscribe","flow":"7"}', '{"type":"subscribe","flow":null}']);
});

test('retries at once on demand, but opens no second connection beside a running one', () => {
  const s = scene();
  s.socket.retryNow();
  expect(s.transports).toHaveLength(1);
  s.latest().events.onClose();
  s.socket.retryNow();
  expect(s.transports).toHaveLength(2);
  s.timers.advance(1_000);
  expect(s.transports).toHaveLength(2);
});

test('leaves nothing running once closed', () => {
  const s = scene();
  s.latest().events.onOpen();
  s.socket.close();
  s.socket.close();
  s.socket.retryNow();
  expect(s.latest().closed).toBe(true);
  expect(s.timers.pending).toBe(0);
  expect(s.connections.filter((connection) => connection.kind === 'closed')).toHaveLength(1);
  expect(s.transports).toHaveLength(1);
});
