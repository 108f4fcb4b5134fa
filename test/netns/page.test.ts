import { expect, test } from 'vitest';
import { openPage, tcpAddressOf } from './page.ts';
import { twoHosts } from './topology.ts';
import { traffic } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7008;
const HOST = '10.77.0.2';

test('draws a chart of real packets in a browser', async () => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  await a.source();
  const { page, complaints } = await openPage(await tcpAddressOf(sink.socketPath));
  const state = page.getByTestId('state');
  await waitFor(async () => (await state.getAttribute('data-state')) === 'waiting', { describe: 'state "waiting"' });

  traffic(b, 'steady-receive', { host: HOST, port: PORT });
  traffic(a, 'steady-send', { host: HOST, port: PORT, count: 1_000_000, rate: 1000, bytes: 100 });
  await waitFor(async () => (await state.getAttribute('data-state')) === 'live', { describe: 'state "live"' });
  const points = async () => Number(await page.getByTestId('chart-latency').getAttribute('data-points'));
  await waitFor(async () => (await points()) >= 3, {
    describe: 'three points in the latency chart',
    timeoutMs: 20_000,
  });
  const canvas = await page.getByTestId('chart-latency').locator('canvas').first().boundingBox();
  expect(canvas?.width).toBeGreaterThan(200);
  expect(canvas?.height).toBeGreaterThan(50);
  const row = page.getByTestId('flow-row').filter({ hasText: String(PORT) });
  await waitFor(async () => (await row.count()) === 1, { describe: 'the flow in the table' });
  expect(complaints).toEqual([]);

  await sink.stop();
  await waitFor(async () => (await state.getAttribute('data-state')) === 'disconnected', {
    describe: 'state "disconnected" once the sink is gone',
  });
});
