import { test } from 'vitest';
import { z } from 'zod';
import type { Host } from '../host.ts';
import { twoHosts } from '../topology.ts';
import { passOnly } from './programs.ts';
import { spread } from './statistics.ts';

const ROUNDS = 5;
const SECONDS = 5;

const reportSchema = z.object({ end: z.object({ sum_received: z.object({ bits_per_second: z.number() }) }) });

async function iperf(from: Host, to: Host, host: string, seconds: number): Promise<number> {
  const server = to.spawn(['iperf3', '-s', '-1', '--forceflush']);
  for (;;) {
    if (server.stdout().includes('listening')) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const report = await from.exec(['iperf3', '-c', host, '-t', String(seconds), '-J']);
  await server.exited;
  return reportSchema.parse(JSON.parse(report)).end.sum_received.bits_per_second / 1e9;
}

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
