import { writeFileSync } from 'node:fs';
import { test } from 'vitest';
import { z } from 'zod';
import { ipv4, payload, stamped4, udp } from '../frames.ts';
import type { Host } from '../host.ts';
import { TOOLS_DIRECTORY, WORK_DIRECTORY } from '../paths.ts';
import { twoHosts } from '../topology.ts';
import { waitFor } from '../wait.ts';
import { costNs, passOnly, programStatistics } from './programs.ts';
import { spread } from './statistics.ts';

const ROUNDS = 5;
const PACKETS = 3_000_000;

const sentSchema = z.object({ packets: z.number(), seconds: z.number() });

/** Sends from a to b's veth0; the frames are for another station, so b's stack drops them right behind XDP. */
async function generate(a: Host): Promise<number> {
  const frameFile = `${WORK_DIRECTORY}/frame.bin`;
  writeFileSync(frameFile, stamped4(ipv4(udp(payload(18)))));
  const program = `${TOOLS_DIRECTORY}/generate`;
  const output = await a.exec([program, `${program}.bpf.o`, 'veth0', frameFile, String(PACKETS)]);
  const { packets, seconds } = sentSchema.parse(JSON.parse(output));
  return packets / seconds / 1e6;
}

test('the sink at the highest rate of the generator, against an XDP program that only passes', async () => {
  const rows: Record<'passMpps' | 'sinkMpps' | 'passNs' | 'sinkNs' | 'share' | 'statistics', number[]> = {
    passMpps: [],
    sinkMpps: [],
    passNs: [],
    sinkNs: [],
    share: [],
    statistics: [],
  };
  await programStatistics(true);
  for (let round = 0; round < ROUNDS; round++) {
    const { a, b, close } = await twoHosts();
    // Redirected frames reach a veth only if its peer polls, which native XDP makes it do (so does b's program).
    const off = await passOnly(b);
    rows.passMpps.push(await generate(a));
    rows.passNs.push(await costNs('pass'));
    await off();
    const sink = await b.sink();
    rows.sinkMpps.push(await generate(a));
    rows.sinkNs.push(await costNs('sink_xdp'));
    const settled = async () => {
      const { counters, telemetry } = await sink.status();
      const stripped = counters['stripped'] ?? 0;
      return telemetry.records + telemetry.lost >= stripped ? { stripped, telemetry } : undefined;
    };
    const { stripped, telemetry } = await waitFor(settled, {
      describe: 'every record to be accounted for',
      timeoutMs: 30_000,
    });
    rows.share.push(telemetry.records / stripped);
    const flow = await sink.flow({ destinationPort: 7353 });
    rows.statistics.push((flow?.packets ?? 0) / stripped);
    console.log(
      `  round ${round + 1}: sent ${PACKETS}, stripped ${stripped}, records ${telemetry.records}, lost telemetry ${telemetry.lost}, flow packets ${flow?.packets} lost ${flow?.lost}`,
    );
    await sink.stop();
    await close();
  }
  await programStatistics(false);
  console.log(`live frames of 116 bytes, ${ROUNDS} rounds of ${PACKETS}`);
  console.log(
    `  pass-only      ${spread(rows.passMpps)} Mpps sent, ${spread(rows.passNs, 0)} ns a packet in the program`,
  );
  console.log(
    `  sink           ${spread(rows.sinkMpps)} Mpps sent, ${spread(rows.sinkNs, 0)} ns a packet in the program`,
  );
  console.log(`  records ÷ packets ${spread(rows.share, 5)}, in the flow's statistics ${spread(rows.statistics, 5)}`);
});
