/** `hostint source`: argv, signals, exit code. */
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { pino, type Logger } from 'pino';
import { operationError } from '../base/errors.ts';
import { readConfigFile } from '../base/config-file.ts';
import { readOptions } from '../base/options.ts';
import { serve } from '../base/serve.ts';
import { untilSignal } from '../base/signals.ts';
import { buildSourceApp } from './app.ts';
import { sourceConfigSchema } from './config.ts';
import { resolveDestinations, systemResolver } from './resolve.ts';
import { startSource, type Source } from './source.ts';
import { summarize } from './summary.ts';

const WATCH_INTERVAL_MS = 1000;

const collect = (value: string, previous: readonly string[] | undefined): string[] => [...(previous ?? []), value];

export function sourceCommand(version: string): Command {
  return new Command('source')
    .description('stamp the packets of selected flows as they leave this host')
    .option('--iface <name>', 'interface to stamp on; may be given several times', collect)
    .option('--node-id <number>', 'this host, 1 to 4294967294, unique in the fleet')
    .option('--to <prefix>', 'destination to stamp towards: address, prefix or host name; several times', collect)
    .option('--protocol <list>', 'only these protocols, as in tcp,udp (default: all)')
    .option('--port <list>', 'only flows with one of these ports at either end, as in 443,8000-8999 (default: all)')
    .option('--encap <name>', 'encapsulation: ip-udp (default)')
    .option('--int-port <port>', 'UDP destination port of stamped packets (default: 33122)')
    .option('--sample <1/N>', 'stamp one packet of N of each flow (default: 1/1)')
    .option('--max-flows <number>', 'flows kept at once (default: 65536)')
    .option('--listen <address>', 'serve the API on host:port or unix:/path (default: none)')
    .option('--config <file>', 'YAML file with the same options in camelCase; a flag beats it')
    .action((flags: Record<string, unknown>) => run(flags, version));
}

async function run({ config: path, ...flags }: Record<string, unknown>, version: string): Promise<void> {
  const file = readConfigFile(path);
  const config = readOptions(sourceConfigSchema, { command: 'hostint source', flags, ...(file && { file }) });
  const logger = pino({ name: 'hostint source' }, pino.destination(2));
  const prefixes = await resolveDestinations(config.to, systemResolver);
  const signalled = untilSignal(process);
  const objectPath = fileURLToPath(new URL('../../bpf/source.bpf.o', import.meta.url));
  const source = startSource({ config, prefixes, objectPath, version, logger });
  const app = buildSourceApp(source);
  const watched = watch(source, logger);
  try {
    const url = config.listen === undefined ? undefined : await serve(app, config.listen);
    const ready = { event: 'ready', role: 'source', nodeId: config.nodeId, interfaces: source.interfaces };
    process.stdout.write(`${JSON.stringify(url === undefined ? ready : { ...ready, url })}\n`);
    await Promise.race([signalled, watched.ended]);
    process.stdout.write(summarize(source.status()));
  } finally {
    watched.stop();
    source.close();
    await app.close();
  }
}

/**
 * Says in the log when an interface takes its program with it, and rejects when none is left. The timer is also what
 * keeps the process running.
 */
function watch(source: Source, logger: Logger): { readonly ended: Promise<never>; readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const gone = new Set<string>();
  const ended = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      for (const name of source.detached().filter((one) => !gone.has(one))) {
        gone.add(name);
        logger.error({ interface: name }, 'no longer stamping here: the interface or the program on it is gone');
      }
      if (gone.size < source.interfaces.length) return;
      const cause = 'no interface has its program any more';
      const object = [...gone].join(', ');
      reject(operationError({ operation: 'stamp on', object, cause, cure: 'start hostint source again' }));
    }, WATCH_INTERVAL_MS);
  });
  return { ended, stop: () => clearInterval(timer) };
}
