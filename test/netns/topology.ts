import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Cleanup, cleanupWithTest } from './cleanup.ts';
import { type Host, hostIn } from './host.ts';
import { type Relay, type RelayOptions, startRelay } from './relay/relay.ts';

const run = promisify(execFile);

export type Pair = {
  readonly a: Host;
  readonly b: Host;
  /** Takes the topology down before the test ends. */
  readonly close: () => Promise<void>;
};
export type WireOptions = RelayOptions & {
  /** true: the hosts leave checksums to their devices, as where hardware fills them in. */
  readonly checksumOffload?: boolean;
};
export type PairWithRelay = Pair & { readonly relay: Relay };

const HINT = 'hosts are /run/netns/*; for one of them: nsenter --net=/run/netns/b tcpdump -eni veth0';

/**
 * Two hosts on one link, as on a switch of their own:
 *
 *     a veth0 ──────────────── veth0 b
 *     10.77.0.1/24             10.77.0.2/24
 *     fd77::1/64               fd77::2/64
 *     02:00:00:77:00:01        02:00:00:77:00:02
 *
 * Like those below it lives until the current test ends, or until `close`.
 */
export async function twoHosts(): Promise<Pair> {
  const cleanup = cleanupWithTest(HINT);
  await addNamespaces(cleanup, ['a', 'b']);
  await ip(`link add veth0 address ${mac(0, 'a')} netns a type veth peer name veth0 address ${mac(0, 'b')} netns b`);
  await addAddresses(0);
  return { a: hostIn('a', cleanup), b: hostIn('b', cleanup), close: cleanup.run };
}

/**
 * The two hosts of `twoHosts` on two links:
 *
 *     a veth0 10.77.0.1/24 fd77::1/64 ──────────── 10.77.0.2/24 fd77::2/64 veth0 b
 *       veth1 10.77.1.1/24 fd77:1::1/64 ────── 10.77.1.2/24 fd77:1::2/64 veth1
 */
export async function twoHostsTwoLinks(): Promise<Pair> {
  const cleanup = cleanupWithTest(HINT);
  await addNamespaces(cleanup, ['a', 'b']);
  for (const link of [0, 1]) {
    const [first, second] = [mac(link, 'a'), mac(link, 'b')];
    await ip(`link add veth${link} address ${first} netns a type veth peer name veth${link} address ${second} netns b`);
    await addAddresses(link);
  }
  return { a: hostIn('a', cleanup), b: hostIn('b', cleanup), close: cleanup.run };
}

/**
 * The two hosts of `twoHosts`, same addresses, with the relay on the wire between them:
 *
 *     a veth0 ──── a-side (namespace wire) relay (namespace wire) b-side ──── veth0 b
 *
 * The hosts' devices do no segmentation (and no checksums unless told), so the wire carries frames of the
 * MTU's size, each lost or delayed for itself; the hosts' stacks still hand superpackets to the device.
 */
export async function twoHostsWithRelay(options: WireOptions = {}): Promise<PairWithRelay> {
  const { checksumOffload = false, ...relayOptions } = options;
  const cleanup = cleanupWithTest(HINT);
  await addNamespaces(cleanup, ['a', 'b', 'wire']);
  for (const name of ['a', 'b'] as const) {
    await ip(`link add veth0 address ${mac(0, name)} netns ${name} type veth peer name ${name}-side netns wire`);
    const features = ['tso', 'off', 'gso', 'off', 'tx-udp-segmentation', 'off', 'tx', checksumOffload ? 'on' : 'off'];
    await run('nsenter', [`--net=/run/netns/${name}`, 'ethtool', '-K', 'veth0', ...features]);
    await ip(`-n wire link set ${name}-side addrgenmode none promisc on up`);
  }
  await addAddresses(0);
  const relay = await startRelay({ namespace: 'wire', left: 'a-side', right: 'b-side', cleanup, ...relayOptions });
  return { a: hostIn('a', cleanup), b: hostIn('b', cleanup), close: cleanup.run, relay };
}

async function addNamespaces(cleanup: Cleanup, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await ip(`netns add ${name}`);
    cleanup.add(() => ip(`netns del ${name}`));
    await ip(`-n ${name} link set lo up`);
  }
}

/**
 * Neighbours are fixed and nothing configures itself: only the tests' own packets are on the wire.
 * `arp off` also keeps IPv6 from joining, and so announcing, its solicited-node group.
 */
async function addAddresses(link: number): Promise<void> {
  const ipv6Net = link === 0 ? 'fd77:' : `fd77:${link}:`;
  const hosts = [
    { name: 'a', own: 1, peer: { name: 'b', number: 2 } },
    { name: 'b', own: 2, peer: { name: 'a', number: 1 } },
  ] as const;
  for (const { name, own, peer } of hosts) {
    await ip(`-n ${name} link set veth${link} addrgenmode none arp off up`);
    await ip(`-n ${name} addr add 10.77.${link}.${own}/24 dev veth${link}`);
    await ip(`-n ${name} addr add ${ipv6Net}:${own}/64 dev veth${link} nodad`);
    for (const address of [`10.77.${link}.${peer.number}`, `${ipv6Net}:${peer.number}`])
      await ip(`-n ${name} neigh replace ${address} lladdr ${mac(link, peer.name)} dev veth${link} nud permanent`);
  }
}

function mac(link: number, host: 'a' | 'b'): string {
  return `02:00:00:77:0${link}:0${host === 'a' ? 1 : 2}`;
}

async function ip(command: string): Promise<void> {
  await run('ip', command.split(' '));
}
