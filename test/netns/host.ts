import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Capture, type CaptureOptions, startCapture } from './capture.ts';
import type { Cleanup } from './cleanup.ts';
import { type Sink, type SinkOptions, type Source, type SourceOptions, startSink, startSource } from './hostint.ts';
import { type Running, start } from './process.ts';

const run = promisify(execFile);

/** A network namespace seen as a host. Whatever it starts ends with the test. */
export type Host = {
  readonly name: string;
  /** The command line that runs `command` on this host. */
  readonly inside: (command: readonly string[]) => readonly string[];
  /** Runs a command to its end and returns its stdout; throws with its stderr when it fails. */
  readonly exec: (command: readonly string[]) => Promise<string>;
  readonly spawn: (command: readonly string[], stdin?: string | Uint8Array) => Running;
  readonly capture: (options?: CaptureOptions) => Promise<Capture>;
  /** Starts `hostint sink` on veth0 (unless told otherwise) and waits until it is ready. */
  readonly sink: (options?: SinkOptions) => Promise<Sink>;
  readonly source: (options?: SourceOptions) => Promise<Source>;
};

export function hostIn(name: string, cleanup: Cleanup): Host {
  // Not `ip netns exec`: it mounts a new /sys and so hides /sys/fs/bpf.
  const inside = (command: readonly string[]) => ['nsenter', `--net=/run/netns/${name}`, ...command];
  const host: Host = {
    name,
    inside,
    exec: async (command) => {
      const { stdout } = await run('nsenter', inside(command).slice(1), { maxBuffer: 64 << 20 });
      return stdout;
    },
    spawn: (command, stdin) => {
      const running = start(inside(command), stdin);
      cleanup.add(() => running.stop());
      return running;
    },
    capture: (options) => startCapture(host, options),
    sink: (options) => startSink(host, options),
    source: (options) => startSource(host, options),
  };
  return host;
}
