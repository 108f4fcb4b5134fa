import { expect, test } from 'vitest';
import { Feed } from './feed.ts';
import { helloMessage, windowMessage } from './live.fixture.ts';
import { flow, windowAt } from './window.fixture.ts';

const T0 = 1_700_000_000;

test('takes status and counters from the hello', () => {
  const feed = new Feed();
  feed.apply(helloMessage(), 0);
  expect(feed.status?.nodeId).toBe(3);
  expect(feed.counters).toEqual({ stripped: 10, not_int: 4 });
  expect(feed.telemetry).toEqual({ records: 10, lost: 0 });
});

test('goes on from the series with windows', () => {
  const feed = new Feed();
  feed.apply({ type: 'series', series: { flow: null, windows: [windowAt(T0)] } }, 0);
  feed.apply(windowMessage(T0 + 1), 0);
  expect(feed.total.values('packets', T0, T0 + 1)).toEqual([10, 10]);
});

test('knows how old a window was when it was sent, by the clock of the sink alone', () => {
  const feed = new Feed();
  feed.apply(windowMessage(T0), 5);
  expect(feed.news).toEqual({ ageWhenSentMs: 20, receivedMs: 5 });
  feed.apply(helloMessage(), 6);
  expect(feed.news).toBeNull();
});

test('remembers when windows were left out', () => {
  const feed = new Feed();
  feed.apply(windowMessage(T0, { skipped: 4 }), 77);
  feed.apply(windowMessage(T0 + 1), 78);
  expect(feed.skipped).toEqual({ windows: 4, atMs: 77 });
});

test('shows the windows of the selected flow only', () => {
  const feed = new Feed();
  feed.apply(windowMessage(T0, { flows: [flow({ id: '7' })], known: 1 }), 0);
  feed.select('7');
  expect(feed.selected).toMatchObject({ id: '7', answered: false, flow: { id: '7' } });
  feed.apply({ type: 'series', series: { flow: '8', windows: [windowAt(T0)] } }, 0);
  expect(feed.selected?.windows.newestSecond).toBeNull();
  feed.apply({ type: 'series', series: { flow: '7', windows: [windowAt(T0, { packets: 1 })] } }, 0);
  expect(feed.selected?.answered).toBe(true);
  feed.apply(windowMessage(T0 + 1, { selected: { flow: '7', window: windowAt(T0 + 1, { packets: 2 }) } }), 0);
  feed.apply(windowMessage(T0 + 2, { selected: { flow: '8', window: windowAt(T0 + 2) } }), 0);
  feed.apply(windowMessage(T0 + 3, { selected: { flow: '7', window: null } }), 0);
  expect(feed.selected?.windows.values('packets', T0, T0 + 3)).toEqual([1, 2, null, null]);
  feed.select(null);
  expect(feed.selected).toBeNull();
});

test('keeps what it knew of the selected flow when the flow is no longer among the most active', () => {
  const feed = new Feed();
  feed.select('7');
  expect(feed.selected?.flow).toBeNull();
  feed.apply(windowMessage(T0, { flows: [flow({ id: '7' })], known: 2 }), 0);
  feed.apply(windowMessage(T0 + 1, { flows: [flow({ id: '8' })], known: 2 }), 0);
  expect(feed.selected?.flow?.id).toBe('7');
});
