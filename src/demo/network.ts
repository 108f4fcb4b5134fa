import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { operationError } from '../base/errors.ts';

const run = promisify(execFile);

export type HostName = 'a' | 'b';
export type DemoHost = {
  readonly name: HostName;
  readonly nodeId: number;
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
};

/**
 * Two hosts joined by a veth pair, as if by a cable:
 *
 *     hostint-demo-a veth0 ──────────── veth0 hostint-demo-b
 *     10.78.0.1/24                      10.78.0.2/24
 *     fd78::1/64                        fd78::2/64
 */
export const HOSTS: Readonly<Record<HostName, DemoHost>> = {
  a: { name: 'a', nodeId: 1, namespace: 'hostint-demo-a', ipv4: '10.78.0.1', ipv6: 'fd78::1' },
  b: { name: 'b', nodeId: 2, namespace: 'hostint-demo-b', ipv4: '10.78.0.2', ipv6: 'fd78::2' },
};

export const INTERFACE = 'veth0';

export async function addNetwork(): Promise<void> {
  const hosts = Object.values(HOSTS);
  for (const { namespace } of hosts) {
    await ip(['netns', 'add', namespace]);
    await ip(['-n', namespace, 'link', 'set', 'lo', 'up']);
  }
  const { a, b } = HOSTS;
  const peer = ['type', 'veth', 'peer', 'name', INTERFACE, 'netns', b.namespace];
  await ip(['link', 'add', INTERFACE, 'netns', a.namespace, ...peer]);
  for (const { namespace, ipv4, ipv6 } of hosts) {
    await ip(['-n', namespace, 'addr', 'add', `${ipv4}/24`, 'dev', INTERFACE]);
    // Without duplicate address detection, which would hold IPv6 up for two seconds.
    await ip(['-n', namespace, 'addr', 'add', `${ipv6}/64`, 'dev', INTERFACE, 'nodad']);
    await ip(['-n', namespace, 'link', 'set', INTERFACE, 'up']);
  }
}

/** Removes what there is of the network, also what an earlier run left; nothing there is no error. */
export async function removeNetwork(): Promise<void> {
  const names = (await ip(['netns', 'list'])).split('\n').map((line) => line.split(' ')[0]);
  for (const { namespace } of Object.values(HOSTS))
    if (names.includes(namespace)) await ip(['netns', 'del', namespace]);
}

/** The command line that runs `command` in a host's network namespace. */
export function onHost(host: DemoHost, command: readonly string[]): readonly string[] {
  // Not `ip netns exec`: it mounts a new /sys and so hides /sys/fs/bpf.
  return ['nsenter', `--net=/run/netns/${host.namespace}`, ...command];
}

async function ip(args: readonly string[]): Promise<string> {
  try {
    return (await run('ip', args)).stdout;
  } catch (error) {
    throw operationError({ operation: 'run', object: `ip ${args.join(' ')}`, cause: causeOf(error) });
  }
}

/** What the program itself said, rather than that its command failed. */
function causeOf(error: unknown): unknown {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return stderr === '' ? error : stderr;
}
