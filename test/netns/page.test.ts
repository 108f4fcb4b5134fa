import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { twoHosts } from './topology.ts';
import { traffic } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7008;
const HOST = '10.77.0.2';

/** Chromium knows no Unix sockets: gives one an address in this run's own network namespace. */
async function tcpAddressOf(socketPath: string): Promise<string> {
  const server = createServer((outside) => {
    const inside = connect(socketPath);
    for (const [from, to] of [[outside, inside] as const, [inside, outside] as const])
      from
        .on('error', () => undefined)
        .on('close', () => to.destroy())
        .pipe(to);
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
}

async function openPage(url: string): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  // As root Chromium runs only without its sandbox; it shows nothing but our own page.
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

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
