import type { Flow, LiveMessage, Status, Telemetry } from '../../src/sink/messages.ts';
import { WindowStore } from './window-store.ts';

/** How old the newest window is, measured without comparing the sink's clock with the browser's. */
export interface News {
  /** Age of the window's end when the sink sent it, by the sink's clock. */
  readonly ageWhenSentMs: number;
  /** The browser's clock when it came. */
  readonly receivedMs: number;
}

/** The windows of the flow that the page has chosen. */
export interface SelectedFlow {
  readonly id: string;
  readonly windows: WindowStore;
  /** The last that was told of the flow; null: not (yet) among the flows sent. */
  readonly flow: Flow | null;
  /** Whether the sink has answered the subscription. */
  readonly answered: boolean;
}

/** Everything the page knows, built from the messages of the live feed. Pure: time comes in as an argument. */
export class Feed {
  readonly total = new WindowStore();
  status: Status | null = null;
  /** When the status came, by the browser's clock. */
  statusMs = 0;
  telemetry: Telemetry | null = null;
  counters: Readonly<Record<string, number>> = {};
  /** Why the sink strips no more; null while it does. */
  failure: string | null = null;
  flows: readonly Flow[] = [];
  known = 0;
  selected: SelectedFlow | null = null;
  /** null: no window since the connection opened. */
  news: News | null = null;
  /** The last time that the sink left windows out because this page read too slowly. */
  skipped: { readonly windows: number; readonly atMs: number } | null = null;

  /** Grows with every change, so that a reader can tell whether it has seen this state. */
  revision = 0;

  apply(message: LiveMessage, nowMs: number): void {
    this.revision += 1;
    switch (message.type) {
      case 'hello':
        this.status = message.status;
        this.statusMs = nowMs;
        this.telemetry = message.status.telemetry;
        this.counters = message.status.counters;
        this.news = null;
        this.skipped = null;
        break;
      case 'series':
        if (message.series.flow === null) this.total.replace(message.series.windows);
        else this.#startSelected(message.series.flow, message.series.windows);
        break;
      case 'window':
        this.#addWindow(message, nowMs);
        break;
    }
  }

  /** Begins to show one flow, or none; its windows come with the sink's answer to the subscription. */
  select(id: string | null): void {
    if (id === (this.selected?.id ?? null)) return;
    this.revision += 1;
    this.selected =
      id === null
        ? null
        : { id, windows: new WindowStore(), flow: this.flows.find((flow) => flow.id === id) ?? null, answered: false };
  }

  #startSelected(id: string, windows: Parameters<WindowStore['replace']>[0]): void {
    // An answer to a choice that was changed meanwhile.
    if (this.selected?.id !== id) return;
    this.selected.windows.replace(windows);
    this.selected = { ...this.selected, answered: true };
  }

  #addWindow(message: Extract<LiveMessage, { type: 'window' }>, nowMs: number): void {
    this.total.put(message.total);
    this.failure = message.failure;
    this.telemetry = message.telemetry;
    this.counters = message.counters;
    this.flows = message.flows;
    this.known = message.known;
    this.news = { ageWhenSentMs: message.sentMs - (message.total.startMs + 1000), receivedMs: nowMs };
    if (message.skipped > 0) this.skipped = { windows: message.skipped, atMs: nowMs };
    if (this.selected === null) return;
    const { id, windows } = this.selected;
    if (message.selected?.flow === id && message.selected.window !== null) windows.put(message.selected.window);
    const flow = message.flows.find((candidate) => candidate.id === id);
    if (flow !== undefined) this.selected = { ...this.selected, flow };
  }
}
