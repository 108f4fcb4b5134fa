import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Host } from '../host.ts';
import { TOOLS_DIRECTORY } from '../paths.ts';

const run = promisify(execFile);

/** Puts an XDP program that only passes on veth0; returns what takes it off. */
export async function passOnly(host: Host): Promise<() => Promise<void>> {
  await host.exec(['ip', 'link', 'set', 'veth0', 'xdpdrv', 'obj', `${TOOLS_DIRECTORY}/pass.bpf.o`, 'sec', 'xdp']);
  return async () => {
    await host.exec(['ip', 'link', 'set', 'veth0', 'xdpdrv', 'off']);
  };
}

const programsSchema = z.array(
  z.object({ name: z.string().optional(), run_time_ns: z.number().optional(), run_cnt: z.number().optional() }),
);

/** Mean nanoseconds a run of all loaded programs of this name; `kernel.bpf_stats_enabled` must be 1. */
export async function costNs(name: string): Promise<number> {
  const { stdout } = await run('bpftool', ['-j', 'prog', 'show']);
  const programs = programsSchema.parse(JSON.parse(stdout)).filter((program) => program.name === name);
  const sum = (pick: (program: z.infer<typeof programsSchema>[number]) => number | undefined): number =>
    programs.reduce((total, program) => total + (pick(program) ?? 0), 0);
  return sum(({ run_time_ns }) => run_time_ns) / sum(({ run_cnt }) => run_cnt);
}

export async function programStatistics(on: boolean): Promise<void> {
  await run('sysctl', ['-qw', `kernel.bpf_stats_enabled=${on ? 1 : 0}`]);
}
