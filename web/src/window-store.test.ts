import { expect, test } from 'vitest';
import { silentWindowAt, windowAt } from './window.fixture.ts';
import { STORE_SECONDS, WindowStore } from './window-store.ts';

const T0 = 1_700_000_000;

test('an empty store knows no second', () => {
  const store = new WindowStore();
  expect(store.newestSecond).toBeNull();
  expect(store.newestSecondWithPackets()).toBeNull();
  expect(store.values('p50', T0, T0 + 1)).toEqual([null, null]);
});

test('a second without news is null between its neighbours', () => {
  const store = new WindowStore();
  store.put(windowAt(T0, { packets: 1 }));
  store.put(windowAt(T0 + 2, { packets: 3 }));
  expect(store.values('packets', T0, T0 + 2)).toEqual([1, null, 3]);
  expect(store.sum('packets', T0, T0 + 2)).toBe(4);
});

test('a silent second has no latency but a known rate of zero', () => {
  const store = new WindowStore();
  store.put(windowAt(T0));
  store.put(silentWindowAt(T0 + 1));
  expect(store.value('p99', T0 + 1)).toBeNull();
  expect(store.value('jitter', T0 + 1)).toBeNull();
  expect(store.value('packets', T0 + 1)).toBe(0);
  expect(store.newestSecond).toBe(T0 + 1);
  expect(store.newestSecondWithPackets()).toBe(T0);
});

test('seconds older than the ring do not come back as new ones', () => {
  const store = new WindowStore();
  store.put(windowAt(T0));
  store.put(windowAt(T0 + STORE_SECONDS));
  expect(store.value('packets', T0)).toBeNull();
  expect(store.value('packets', T0 + STORE_SECONDS)).toBe(10);
});

test('keeps exactly the last 15 minutes', () => {
  const store = new WindowStore();
  for (let second = 0; second <= STORE_SECONDS; second++) store.put(windowAt(T0 + second));
  const kept = store.values('packets', T0, T0 + STORE_SECONDS).filter((value) => value !== null);
  expect(kept).toHaveLength(STORE_SECONDS);
});

test('a window again replaces its second', () => {
  const store = new WindowStore();
  store.put(windowAt(T0, { packets: 1 }));
  store.put(windowAt(T0, { packets: 2 }));
  expect(store.sum('packets', T0, T0)).toBe(2);
});

test('goes on after the clock of the sink was set back', () => {
  const store = new WindowStore();
  for (let second = 0; second < 10; second++) store.put(windowAt(T0 + second));
  store.put(windowAt(T0 + 4, { packets: 99 }));
  expect(store.newestSecond).toBe(T0 + 4);
  expect(store.values('packets', T0 + 3, T0 + 6)).toEqual([10, 99, null, null]);
});

test('replacing forgets what was there', () => {
  const store = new WindowStore();
  store.put(windowAt(T0));
  store.replace([windowAt(T0 + 50), windowAt(T0 + 51)]);
  expect(store.value('packets', T0)).toBeNull();
  expect(store.newestSecond).toBe(T0 + 51);
  store.replace([]);
  expect(store.newestSecond).toBeNull();
});

test('negative latency is kept as it is', () => {
  const store = new WindowStore();
  const latencyNs = { min: -900, mean: -400, p50: -500, p90: -10, p99: 20, p999: 30, max: 40 };
  store.put(windowAt(T0, { latencyNs, negative: 8 }));
  expect(store.value('min', T0)).toBe(-900);
  expect(store.value('negative', T0)).toBe(8);
});
