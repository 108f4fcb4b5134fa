import { test } from 'vitest';
import { twoHosts } from '../topology.ts';
import { iperf } from './iperf.ts';
import { passOnly } from './programs.ts';
import { spread } from './statistics.ts';

const ROUNDS = 5;
const SECONDS = 5;

test('one bulk TCP flow: source + sink against an XDP program that only passes', async () => {
  for (const host of ['10.77.0.2', 'fd77::2']) {
    const { a, b, close } = await twoHosts();
    const passed: number[] = [];
    const measured: number[] = [];
    let stamped = 0;
    let seen = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const off = await passOnly(b);
      passed.push(await iperf(a, b, host, SECONDS));
      await off();
      const sink = await b.sink();
      const source = await a.source();
      measured.push(await iperf(a, b, host, SECONDS));
      const counters = await source.counters();
      stamped += counters['stamped'] ?? 0;
      seen += Object.values(counters).reduce((sum, count) => sum + count, 0);
      await source.stop();
      await sink.stop();
    }
    const ratios = measured.map((value, round) => value / (passed[round] ?? NaN));
    console.log(`bulk TCP to ${host}, ${ROUNDS} rounds of ${SECONDS} s, interleaved`);
    console.log(`  pass-only XDP  ${spread(passed)} Gb/s`);
    console.log(`  source + sink  ${spread(measured)} Gb/s`);
    console.log(`  ratio          ${spread(ratios)}`);
    console.log(
      `  stamped        ${stamped} of ${seen} wire packets of the source (${((100 * stamped) / seen).toFixed(3)} %)`,
    );
    await close();
  }
});
