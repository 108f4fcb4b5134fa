import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { TOOLS_DIRECTORY } from './paths.ts';

const TOOLS = [
  { source: 'relay/relay.c', program: 'relay' },
  { source: 'tools/udp-gso.c', program: 'udp-gso' },
  { source: 'tools/send-frames.c', program: 'send-frames' },
] as const;

/** Compiles the C helpers into the run's private /run, once for all test files. */
export default function setup(): void {
  // `run` makes the directory in a tmpfs; without it, namespaces would be the host's own and stay behind.
  if (!existsSync(TOOLS_DIRECTORY))
    throw new Error('the network tests need namespaces of their own: start them with test/netns/run');
  for (const { source, program } of TOOLS) {
    const input = fileURLToPath(new URL(source, import.meta.url));
    const output = `${TOOLS_DIRECTORY}/${program}`;
    execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', output, input], { stdio: 'inherit' });
  }
}
