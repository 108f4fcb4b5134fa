import { readFileSync } from 'node:fs';
import { test } from 'vitest';
import { twoHosts } from '../topology.ts';
import { iperf } from './iperf.ts';

const SECONDS = 60;

/** Of a daemon's own process: what `spawn` started was replaced by it. */
function residentMiB(pid: number): string {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(match?.[1]) / 1024).toFixed(0);
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

test('memory and time of both processes after a minute of bulk TCP', async () => {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  const source = await a.source();
  const before = [residentMiB(source.process.pid), residentMiB(sink.process.pid)];
  const gbps = await iperf(a, b, '10.77.0.2', SECONDS);
  const { telemetry } = await sink.status();
  console.log(
    `${SECONDS} s of bulk TCP at ${gbps.toFixed(2)} Gb/s, ${telemetry.records} records, ${telemetry.lost} lost`,
  );
  console.log(
    `  source: ${before[0]} MiB at start, ${residentMiB(source.process.pid)} MiB after, ${cpuSeconds(source.process.pid)} s of CPU`,
  );
  console.log(
    `  sink:   ${before[1]} MiB at start, ${residentMiB(sink.process.pid)} MiB after, ${cpuSeconds(sink.process.pid)} s of CPU`,
  );
});
