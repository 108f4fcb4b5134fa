import { z } from 'zod';
import type { Host } from '../host.ts';
import { waitFor } from '../wait.ts';

const reportSchema = z.object({ end: z.object({ sum_received: z.object({ bits_per_second: z.number() }) }) });

/** One TCP flow from one host to the other; returns the Gb/s that arrived. */
export async function iperf(from: Host, to: Host, host: string, seconds: number): Promise<number> {
  const server = to.spawn(['iperf3', '-s', '-1', '--forceflush']);
  await waitFor(() => server.stdout().includes('listening'), { describe: 'iperf3 to listen' });
  const report = await from.exec(['iperf3', '-c', host, '-t', String(seconds), '-J']);
  await server.exited;
  return reportSchema.parse(JSON.parse(report)).end.sum_received.bits_per_second / 1e9;
}
