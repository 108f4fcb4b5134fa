import { expect, test } from 'vitest';
import { twoHostsTwoLinks } from './topology.ts';
import { sendSteady, steadyReceiver } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7010;
const COUNT = 200;

test('serves several interfaces in one process, each flow under its own', async () => {
  const { a, b } = await twoHostsTwoLinks();
  const interfaces = ['veth0', 'veth1'];
  const sink = await b.sink({ interfaces });
  const source = await a.source({ interfaces, to: ['10.77.0.0/16', 'fd77::/16'] });
  expect(sink.ready).toMatchObject({ interfaces: [{ name: 'veth0' }, { name: 'veth1' }] });
  expect(source.ready).toMatchObject({ interfaces: [{ name: 'veth0' }, { name: 'veth1' }] });

  for (const [name, hosts] of [
    ['veth0', ['10.77.0.2', 'fd77::2']],
    ['veth1', ['10.77.1.2', 'fd77:1::2']],
  ] as const)
    for (const host of hosts) {
      const receiver = await steadyReceiver(b, { host, port: PORT });
      await sendSteady(a, { host, port: PORT, count: COUNT, rate: 2000 });
      await receiver.received(COUNT);
      expect(await receiver.stop()).toMatchObject({ datagrams: COUNT, damaged: 0 });
      await waitFor(() => sink.flow({ destination: host, interface: name, packets: COUNT, lost: 0 }), {
        describe: `the flow to ${host} on ${name}`,
      });
    }
  expect(await source.counters()).toMatchObject({ stamped: 4 * COUNT });
});
