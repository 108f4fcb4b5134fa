/** `hostint demo`: argv, signals, exit code. */
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { operationError, usageError } from '../base/errors.ts';
import { parseListen } from '../base/listen.ts';
import { type Demo, startDemo } from './demo.ts';
import { Screen } from './screen.ts';
import { tableLines } from './table.ts';

const INTERVAL_MS = 1000;

export function demoCommand(): Command {
  return new Command('demo')
    .description('two hosts in network namespaces, real traffic between them, and the page')
    .option(
      '--listen <address>',
      'serve the page on host:port, that of the other host on the next port',
      '127.0.0.1:9040',
    )
    .option('--duration <seconds>', 'end by itself after so long (default: run until Ctrl-C)')
    .action((flags: { readonly listen: string; readonly duration?: string }) => run(flags));
}

async function run(flags: { readonly listen: string; readonly duration?: string }): Promise<void> {
  const listen = parseListen(flags.listen);
  if (listen.kind !== 'tcp')
    throw usageError({
      operation: 'read option',
      object: '--listen',
      cause: 'a browser cannot open a Unix socket',
      cure: 'give host:port',
    });
  const durationMs = flags.duration === undefined ? Infinity : 1000 * parseSeconds(flags.duration);
  if (process.getuid?.() !== 0)
    throw operationError({
      operation: 'start',
      object: 'the demo',
      cause: 'only root may make network namespaces and load BPF programs',
      cure: 'run it with sudo',
    });

  const signal = untilStopped();
  try {
    process.stdout.write('starting two hosts …\n');
    const demo = await startDemo({
      listen,
      hostint: [process.execPath, fileURLToPath(new URL('../cli.js', import.meta.url))],
      traffic: [process.execPath, fileURLToPath(new URL('traffic/cli.js', import.meta.url))],
      kill: (pid) => void process.kill(pid, 'SIGKILL'),
      signal,
    });
    try {
      await Promise.race([showUntil(signal, demo, durationMs), demo.failed]);
    } finally {
      await demo.close();
    }
  } catch (error) {
    // Stopped while it was starting: that is what the user asked for.
    if (!signal.aborted) throw error;
  }
  process.stdout.write('the demo has ended, and everything it made is gone\n');
}

async function showUntil(signal: AbortSignal, demo: Demo, durationMs: number): Promise<void> {
  const screen = new Screen(process.stdout);
  const head = [
    'hostint demo: two hosts, real traffic, both directions stamped. Ctrl-C ends it.',
    `page: ${demo.urls.b} shows what host b receives, ${demo.urls.a} what host a receives`,
  ];
  const startMs = performance.now();
  for (let elapsedMs = 0; elapsedMs < durationMs && !signal.aborted; elapsedMs = performance.now() - startMs) {
    screen.show({ head, table: tableLines(await demo.flows()), seconds: elapsedMs / 1000 });
    await delay(Math.min(INTERVAL_MS, durationMs - elapsedMs), undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Aborted when the demo is to end: by a signal, or because whoever started it, or reads its output, is gone
 * (npm and sudo may be killed without passing a signal on).
 */
function untilStopped(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  process.stdout.on('error', () => stop.abort());
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid !== parent) stop.abort();
  }, INTERVAL_MS);
  watch.unref();
  return stop.signal;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw usageError({
    operation: 'read option',
    object: '--duration',
    cause: `"${text}" is no number of seconds above 0`,
  });
}
