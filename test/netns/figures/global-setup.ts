import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TOOLS_DIRECTORY } from '../paths.ts';

/** Compiles the generator and the programs that stand for "no telemetry". */
export default function setup(): void {
  const from = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const multiarch = execFileSync('cc', ['-print-multiarch'], { encoding: 'utf8' }).trim();
  for (const program of ['pass', 'generate']) {
    const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', `-I${from('../../../bpf')}`];
    const headers = ['-isystem', `/usr/include/${multiarch}`];
    const output = `${TOOLS_DIRECTORY}/${program}.bpf.o`;
    execFileSync('clang', [...flags, ...headers, '-c', from(`${program}.bpf.c`), '-o', output], { stdio: 'inherit' });
  }
  const output = `${TOOLS_DIRECTORY}/generate`;
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', output, from('generate.c'), '-lbpf'], {
    stdio: 'inherit',
  });
}
