#!/usr/bin/env node
/** `hostint`: finds the subcommand, and turns what it throws into a sentence and an exit code. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { describe, HostintError } from './base/errors.ts';

/** Loaded on demand: each brings a service's worth of modules, and only one is run. */
const subcommands: Readonly<Record<string, (version: string) => Promise<Command>>> = {
  source: async (version) => (await import('./source/cli.ts')).sourceCommand(version),
  sink: async (version) => (await import('./sink/cli.ts')).sinkCommand(version),
  demo: async () => (await import('./demo/cli.ts')).demoCommand(),
};

async function main(argv: readonly string[]): Promise<void> {
  const version = readVersion();
  const program = new Command('hostint')
    .description('in-band network telemetry between Linux hosts: per-packet latency, loss and reordering, live')
    .version(version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: false });
  const wanted = Object.keys(subcommands).filter((name) => name === argv[2]);
  for (const name of wanted.length > 0 ? wanted : Object.keys(subcommands)) {
    const command = await subcommands[name]?.(version);
    if (command !== undefined) program.addCommand(command.copyInheritedSettings(program));
  }
  await program.parseAsync([...argv]);
}

function readVersion(): string {
  // One folder up in the sources, two in dist/.
  for (const path of ['../package.json', '../../package.json']) {
    const found: unknown = readJson(new URL(path, import.meta.url));
    if (typeof found === 'object' && found !== null && 'version' in found) return String(found.version);
  }
  return 'unknown';
}

function readJson(url: URL): unknown {
  try {
    return JSON.parse(readFileSync(url, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Commander has written its own sentence already. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`hostint: ${describe(error)}\n`);
  return error instanceof HostintError ? error.exitCode : 1;
}

// Whoever read the output is gone (`hostint … | head`): that is no failure of ours.
process.stdout.on('error', () => {});
main(process.argv).catch((error: unknown) => {
  process.exitCode = exitCodeOf(error);
});
