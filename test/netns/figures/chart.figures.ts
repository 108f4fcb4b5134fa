import { test } from 'vitest';
import { openPage, tcpAddressOf } from '../page.ts';
import { twoHosts } from '../topology.ts';
import { steadyReceiver, sendSteady } from '../traffic.ts';
import { spread } from './statistics.ts';

const ROUNDS = 5;
const PORT = 7100;
const HOST = '10.77.0.2';

test('from the first packet to its place in a chart', async () => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  await a.source();
  await steadyReceiver(b, { host: HOST, port: PORT });
  const url = await tcpAddressOf(sink.socketPath);
  const delaysMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { page } = await openPage(url);
    await page.locator('[data-testid=state][data-state=waiting],[data-testid=state][data-state=live]').waitFor();
    // The silence since the last round is in the chart as zeros, so what is waited for is a tile that is not.
    const tile = page.getByTestId('tile-packets');
    const sentMs = Date.now();
    await sendSteady(a, { host: HOST, port: PORT, count: 5, rate: 1000, bytes: 100 });
    const firstMs = await firstSeenMs(sink.flow, sentMs);
    await tile.filter({ hasText: /[1-9]/ }).waitFor();
    delaysMs.push(Date.now() - firstMs);
    await page.context().browser()?.close();
  }
  console.log(
    `first packet to its place in the page, ${ROUNDS} rounds: ${spread(delaysMs, 0)} ms (a window ends with its second)`,
  );

  /** Arrival of the round's first packet, from the flow's newest second. */
  async function firstSeenMs(flow: typeof sink.flow, sentMs: number): Promise<number> {
    for (;;) {
      const found = await flow({ destinationPort: PORT });
      const seenMs = Number(BigInt(found?.lastSeen ?? '0') / 1_000_000n);
      if (seenMs >= sentMs) return seenMs;
    }
  }
});
