import './zod-without-eval.ts';
import { render } from 'preact';
import { watchAddress } from './address.ts';
import { browserTimers, liveUrl, openWebSocket, readLiveFrame } from './browser-transport.ts';
import { Feed } from './feed.ts';
import { Page } from './page.tsx';
import { connectLive, type Connection } from './socket.ts';
import { startTheme } from './theme.ts';
import type { ViewState } from './view-state.ts';

/** Ages and countdowns move on without news. */
const TICK_MS = 1_000;

function startPage(root: HTMLElement): void {
  const feed = new Feed();
  const address = watchAddress((next) => show(next));
  let view = address.read();
  let connection: Connection = { kind: 'connecting', attempt: 1 };
  let drawAsked = false;

  // One drawing a frame at most, and none in a hidden tab: browsers give those no frames.
  const askDraw = (): void => {
    if (drawAsked) return;
    drawAsked = true;
    requestAnimationFrame(() => {
      drawAsked = false;
      draw();
    });
  };
  const theme = startTheme(view.theme, askDraw);
  const socket = connectLive({
    open: (events) => openWebSocket(liveUrl(location.href), events),
    decode: readLiveFrame,
    timers: browserTimers,
    random: Math.random,
    onMessage: (message) => {
      feed.apply(message, browserTimers.nowMs());
      askDraw();
    },
    onConnection: (next) => {
      connection = next;
      askDraw();
    },
  });
  const show = (next: ViewState): void => {
    view = next;
    if (next.theme !== null && next.theme !== theme.theme) theme.set(next.theme);
    feed.select(next.flow);
    socket.subscribe(next.flow);
    askDraw();
  };
  const change = (changes: Partial<ViewState>): void => {
    const next = { ...view, ...changes };
    address.write(next, next.flow !== view.flow);
    show(next);
  };
  const draw = (): void => {
    document.title = view.flow === null ? 'hostint' : 'hostint: one flow';
    render(
      <Page
        feed={feed}
        connection={connection}
        nowMs={browserTimers.nowMs()}
        view={view}
        theme={theme.theme}
        resolvedTheme={theme.resolved}
        onView={change}
        onTheme={(next) => change({ theme: next })}
        onRetry={() => socket.retryNow()}
      />,
      root,
    );
  };
  show(view);
  setInterval(askDraw, TICK_MS);
}

const root = document.getElementById('page');
if (root === null) throw new Error('the page has no element #page to draw in');
startPage(root);
