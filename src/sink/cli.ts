/** `hostint sink`: argv, signals, exit code. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { pino, type Logger } from 'pino';
import { isLoopback } from '../base/listen.ts';
import { readConfigFile } from '../base/config-file.ts';
import { readOptions } from '../base/options.ts';
import { serve } from '../base/serve.ts';
import { untilSignal } from '../base/signals.ts';
import { buildSinkApp } from './app.ts';
import { sinkConfigSchema, type SinkConfig } from './config.ts';
import { LiveFeed } from './live.ts';
import { openSink, type Sink } from './sink.ts';
import { summarize } from './summary.ts';

const collect = (value: string, previous: readonly string[] | undefined): string[] => [...(previous ?? []), value];

export function sinkCommand(version: string): Command {
  return new Command('sink')
    .description('read and strip stamped packets as they reach this host, and serve what they tell')
    .option('--iface <name>', 'interface to strip on; may be given several times', collect)
    .option('--node-id <number>', 'this host, 1 to 4294967294, unique in the fleet')
    .option('--listen <address>', 'serve page and API on host:port or unix:/path (default: 127.0.0.1:9040)')
    .option('--allow <prefix>', 'strip packets from here only; several times (default: from everywhere)', collect)
    .option('--encap <name>', 'encapsulation: ip-udp (default)')
    .option('--int-port <port>', 'UDP destination port of stamped packets (default: 33122)')
    .option('--xdp-mode <mode>', 'auto, native or generic (default: auto, native where the driver has it)')
    .option('--max-flows <number>', 'flows kept at once (default: 65536)')
    .option('--config <file>', 'YAML file with the same options in camelCase; a flag beats it')
    .action((flags: Record<string, unknown>) => run(flags, version));
}

async function run({ config: path, ...flags }: Record<string, unknown>, version: string): Promise<void> {
  const file = readConfigFile(path);
  const config = readOptions(sinkConfigSchema, { command: 'hostint sink', flags, ...(file && { file }) });
  const logger = pino({ name: 'hostint sink' }, pino.destination(2));
  const stopped = untilSignal(process);
  const sink = openSink({ config, objectPath: fromHere('../../bpf/sink.bpf.o'), version, logger });
  try {
    await serveUntil(stopped, sink, config, { version, logger });
    process.stdout.write(summarize(sink.service));
  } finally {
    sink.close();
  }
}

type About = { readonly version: string; readonly logger: Logger };

async function serveUntil(stopped: Promise<void>, sink: Sink, config: SinkConfig, about: About): Promise<void> {
  const feed = new LiveFeed(sink.service, () => performance.now());
  const webRoot = fromHere('../../web');
  const page = existsSync(webRoot) ? { webRoot } : {};
  // A Unix socket is for proxies, which may ask by any name.
  const loopback = config.listen.kind === 'tcp' && isLoopback(config.listen);
  const app = await buildSinkApp({ source: sink.service, feed, loopback, ...about, ...page });
  try {
    const url = await serve(app, config.listen);
    if (!isLoopback(config.listen))
      about.logger.warn({ url }, 'EVERYONE WHO REACHES THIS ADDRESS CAN READ IT: there is no authentication yet');
    // Only now: attaching may reset a network card's queues, which a port in use is no reason for.
    sink.attach();
    const tellTrouble = troubleTeller(sink, about.logger);
    sink.start(() => {
      feed.publish();
      tellTrouble();
    });
    const { nodeId, interfaces } = sink.service.status();
    process.stdout.write(`${JSON.stringify({ event: 'ready', role: 'sink', nodeId, interfaces, url })}\n`);
    await stopped;
    sink.detach();
  } finally {
    await app.close();
  }
}

/** Logs once each: a program that is gone, and a node id that several sources go by. The API shows both as well. */
function troubleTeller(sink: Sink, logger: Logger): () => void {
  const told = new Set<number>();
  let failure: string | undefined;
  return () => {
    const now = sink.service.failure();
    if (now !== undefined && now !== failure)
      logger.error({ failure: now }, 'no longer stripping: stamped packets do not reach their applications');
    failure = now;
    for (const [nodeId, { shared }] of sink.service.engine.peers.list()) {
      if (!shared || told.has(nodeId)) continue;
      told.add(nodeId);
      logger.warn({ nodeId }, 'several sources go by this node id: give each a --node-id of its own');
    }
  };
}

function fromHere(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
