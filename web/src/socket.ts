import type { LiveMessage, Subscribe } from '../../src/sink/messages.ts';

/** Where the connection to the sink stands. The page never gives up: `pausing` leads to `connecting` again. */
export type Connection =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'open'; readonly sinceMs: number }
  | { readonly kind: 'pausing'; readonly retryAtMs: number; readonly reason: string }
  | { readonly kind: 'closed' };

/** One transport connection, as the browser's WebSocket or a test gives it. */
export interface Transport {
  send(text: string): void;
  close(): void;
}

/** What a transport tells; after `onClose` it says nothing more. */
export interface TransportEvents {
  onOpen(): void;
  /** A message as it came: text, or bytes. */
  onMessage(data: unknown): void;
  onClose(): void;
}

export interface Timers {
  nowMs(): number;
  /** Calls `action` once after `delayMs`; the answer cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

export interface LiveSocketOptions {
  readonly open: (events: TransportEvents) => Transport;
  /** Reads and validates one message; throws on what it cannot read. */
  readonly decode: (data: unknown) => LiveMessage;
  readonly timers: Timers;
  /** In [0, 1): spreads the retries of many pages after a restart of the sink. */
  readonly random: () => number;
  readonly onMessage: (message: LiveMessage) => void;
  readonly onConnection: (connection: Connection) => void;
}

export interface LiveSocket {
  /** The flow to get windows of besides all traffic; null: none. Holds over reconnects. */
  subscribe(flow: string | null): void;
  /** Ends a pause between attempts at once. */
  retryNow(): void;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** The sink sends every second, so this long a silence is a dead connection that nobody closed. */
const SILENCE_TIMEOUT_MS = 15_000;
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 15_000] as const;
const LONGEST_PAUSE_MS = 15_000;

/** Keeps a connection to the live feed: connects, takes in only what it can read, and reconnects with back-off. */
export function connectLive(options: LiveSocketOptions): LiveSocket {
  const socket = new ReconnectingSocket(options);
  socket.start();
  return socket;
}

class ReconnectingSocket implements LiveSocket {
  readonly #options: LiveSocketOptions;
  #transport: Transport | null = null;
  #open = false;
  #closed = false;
  #failures = 0;
  #flow: string | null = null;
  #cancelTimer: () => void = () => undefined;

  constructor(options: LiveSocketOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancelTimer();
    this.#options.onConnection({ kind: 'connecting', attempt: this.#failures + 1 });
    let current: Transport | null = null;
    // A transport that was given up may still speak: it is no longer ours to listen to.
    const ifCurrent = (action: () => void): void => {
      if (current !== null && current === this.#transport) action();
    };
    current = this.#options.open({
      onOpen: () => ifCurrent(() => this.#opened()),
      onMessage: (data) => ifCurrent(() => this.#received(data)),
      onClose: () =>
        ifCurrent(() => this.#failed(this.#open ? 'the sink closed the connection' : 'no answer from the sink')),
    });
    this.#transport = current;
    this.#expect(CONNECT_TIMEOUT_MS, 'the sink did not answer in time');
  }

  subscribe(flow: string | null): void {
    if (flow === this.#flow) return;
    this.#flow = flow;
    if (this.#open) this.#sendSubscription();
  }

  retryNow(): void {
    if (this.#transport === null && !this.#closed) this.start();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#drop();
    this.#options.onConnection({ kind: 'closed' });
  }

  #opened(): void {
    this.#open = true;
    this.#options.onConnection({ kind: 'open', sinceMs: this.#options.timers.nowMs() });
    if (this.#flow !== null) this.#sendSubscription();
    this.#expect(SILENCE_TIMEOUT_MS, 'the sink fell silent');
  }

  #received(data: unknown): void {
    const message = this.#parse(data);
    if (message === null) {
      this.#failed('the sink sent a message that this page cannot read; reload the page if the sink was updated');
      return;
    }
    // Only what was understood proves that the connection is good: else a broken peer would be retried every second.
    this.#failures = 0;
    this.#expect(SILENCE_TIMEOUT_MS, 'the sink fell silent');
    this.#options.onMessage(message);
  }

  #parse(data: unknown): LiveMessage | null {
    try {
      return this.#options.decode(data);
    } catch {
      return null;
    }
  }

  #failed(reason: string): void {
    this.#drop();
    const pauseMs = (PAUSES_MS[this.#failures] ?? LONGEST_PAUSE_MS) * (0.8 + 0.4 * this.#options.random());
    this.#failures += 1;
    this.#options.onConnection({ kind: 'pausing', retryAtMs: this.#options.timers.nowMs() + pauseMs, reason });
    this.#cancelTimer = this.#options.timers.after(pauseMs, () => this.start());
  }

  #drop(): void {
    this.#cancelTimer();
    const transport = this.#transport;
    this.#transport = null;
    this.#open = false;
    transport?.close();
  }

  #expect(withinMs: number, reason: string): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.timers.after(withinMs, () => this.#failed(reason));
  }

  #sendSubscription(): void {
    const message: Subscribe = { type: 'subscribe', flow: this.#flow };
    this.#transport?.send(JSON.stringify(message));
  }
}
