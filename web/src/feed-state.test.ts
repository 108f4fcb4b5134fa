import { expect, test } from 'vitest';
import { feedState } from './feed-state.ts';
import { Feed } from './feed.ts';
import { helloMessage, windowMessage } from './live.fixture.ts';
import type { Connection } from './socket.ts';
import { silentWindowAt, windowAt } from './window.fixture.ts';

const T0 = 1_700_000_000;
const OPEN: Connection = { kind: 'open', sinceMs: 0 };

function feedAfter(...messages: Parameters<Feed['apply']>[0][]): Feed {
  const feed = new Feed();
  for (const message of messages) feed.apply(message, 0);
  return feed;
}

test('is connecting at first, which is not connected', () => {
  expect(feedState({ kind: 'connecting', attempt: 1 }, new Feed(), 0)).toMatchObject({
    kind: 'disconnected',
    text: 'connecting',
  });
});

test('waits for packets as long as none ever came', () => {
  expect(feedState(OPEN, feedAfter(helloMessage()), 60_000)).toMatchObject({
    kind: 'waiting',
    text: 'waiting for packets',
  });
  expect(feedState(OPEN, feedAfter(helloMessage(), windowMessage(T0, { total: silentWindowAt(T0) })), 500).kind).toBe(
    'waiting',
  );
});

test('a sink that was heard and stopped lags, packets or not', () => {
  const feed = feedAfter(helloMessage(), windowMessage(T0, { total: silentWindowAt(T0) }));
  expect(feedState(OPEN, feed, 5_000).kind).toBe('lagging');
});

test('is live while windows come', () => {
  expect(feedState(OPEN, feedAfter(windowMessage(T0)), 2_900)).toMatchObject({ kind: 'live', text: 'live' });
});

test('is live from history alone for a moment after opening', () => {
  const feed = feedAfter({ type: 'series', series: { flow: null, windows: [windowAt(T0)] } });
  expect(feedState(OPEN, feed, 900).kind).toBe('live');
  expect(feedState(OPEN, feed, 3_100).kind).toBe('lagging');
});

test('says how old the newest window is when none comes', () => {
  expect(feedState(OPEN, feedAfter(windowMessage(T0)), 12_000)).toMatchObject({
    kind: 'lagging',
    text: 'lagging: newest data 12 s old',
    stale: true,
  });
});

test('counts what the window was late when it was sent', () => {
  const late = windowMessage(T0, { sentMs: (T0 + 1) * 1000 + 8_000 });
  expect(feedState(OPEN, feedAfter(late), 0)).toMatchObject({ kind: 'lagging', text: 'lagging: newest data 8 s old' });
});

test('lags for a while after windows were skipped', () => {
  const feed = feedAfter(windowMessage(T0, { skipped: 2 }));
  expect(feedState(OPEN, feed, 1_000)).toMatchObject({ kind: 'lagging', text: 'lagging: 2 s skipped', stale: false });
  feed.apply(windowMessage(T0 + 11), 11_000);
  expect(feedState(OPEN, feed, 11_000).kind).toBe('live');
});

test('live without traffic says since when', () => {
  const feed = feedAfter(windowMessage(T0));
  for (let second = 1; second <= 12; second++)
    feed.apply(windowMessage(T0 + second, { total: silentWindowAt(T0 + second) }), 0);
  expect(feedState(OPEN, feed, 0)).toMatchObject({ kind: 'live', text: 'live, no packets for 12 s' });
});

test('counts down to the next attempt and names the reason', () => {
  const pausing: Connection = { kind: 'pausing', retryAtMs: 10_000, reason: 'no answer from the sink' };
  expect(feedState(pausing, feedAfter(windowMessage(T0)), 7_200)).toEqual({
    kind: 'disconnected',
    text: 'disconnected, next try in 3 s',
    detail: 'no answer from the sink',
    stale: true,
  });
  expect(feedState(pausing, new Feed(), 10_050).text).toBe('disconnected, next try in 1 s');
  expect(feedState({ kind: 'connecting', attempt: 3 }, new Feed(), 0).text).toBe('disconnected, connecting again');
});

test('says so when the sink no longer strips, whatever else holds', () => {
  const failure = 'the program on eth0 is no longer attached';
  const state = feedState(OPEN, feedAfter(helloMessage(), windowMessage(T0, { failure })), 500);
  expect(state.kind).toBe('failing');
  expect(state.detail).toContain(failure);
});
