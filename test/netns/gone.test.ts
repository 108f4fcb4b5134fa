import { expect, test } from 'vitest';
import { getText } from './hostint.ts';
import { openPage, tcpAddressOf } from './page.ts';
import { twoHosts } from './topology.ts';
import { waitFor } from './wait.ts';

test('both ends say so when their interface is gone', async () => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  const source = await a.source();
  const { page } = await openPage(await tcpAddressOf(sink.socketPath));
  const state = page.getByTestId('state');
  await waitFor(async () => (await state.getAttribute('data-state')) === 'waiting', { describe: 'the page to listen' });
  expect(await getText(sink.socketPath, '/healthz')).toEqual({ status: 200, text: '{"status":"ok"}' });

  await b.exec(['ip', 'link', 'del', 'veth0']);
  await waitFor(async () => (await getText(sink.socketPath, '/healthz')).status === 503, {
    describe: 'a failing sink',
  });
  await waitFor(async () => (await state.getAttribute('data-state')) === 'failing', { describe: 'a failing page' });
  await waitFor(() => sink.process.stderr().includes('no longer stripping'), { describe: 'a line in the log' });
  // A source without an interface has nothing left to do.
  expect((await source.process.exited).code).toBe(1);
  expect(source.process.stderr()).toContain('no interface has its program any more');
});
