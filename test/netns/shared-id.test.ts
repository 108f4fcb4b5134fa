import { expect, test } from 'vitest';
import { hostintCommand } from './hostint.ts';
import { twoHostsTwoLinks } from './topology.ts';
import { traffic } from './traffic.ts';
import { waitFor } from './wait.ts';

test('reports two sources that go by one node id', async () => {
  const { a, b } = await twoHostsTwoLinks();
  const sink = await b.sink({ interfaces: ['veth0', 'veth1'] });
  for (const link of [0, 1]) {
    const host = `10.77.${link}.2`;
    traffic(b, 'steady-receive', { host, port: 7013 });
    traffic(a, 'steady-send', { host, port: 7013, count: 1_000_000, rate: 200 });
  }
  const peer = async () => (await sink.status()).peers.find(({ nodeId }) => nodeId === 1);
  // One process with two interfaces is one source.
  const one = await a.source({ interfaces: ['veth0', 'veth1'], to: ['10.77.0.2', '10.77.1.2'] });
  await waitFor(async () => ((await peer())?.packets ?? 0) > 2000, { describe: 'packets over five seconds' });
  expect((await peer())?.shared).toBe(false);
  await one.stop();

  for (const link of [0, 1])
    a.spawn([...hostintCommand('source', '--iface', `veth${link}`, '--node-id', '1', '--to', `10.77.${link}.2`)]);
  await waitFor(async () => (await peer())?.shared === true, { describe: 'the shared node id to be seen' });
  await waitFor(() => sink.process.stderr().includes('several sources go by this node id'), { describe: 'a warning' });
});
