// Run by link.root.test.ts in a network namespace of its own; each returns what it saw as JSON.
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { BpfError, BpfObject, interfaceIndex, type Link } from './index.ts';
import { readU64, u32 } from './testing.ts';

const ip = (...args: readonly string[]): string => execFileSync('ip', args, { encoding: 'utf8' });
const tc = (...args: readonly string[]): string => execFileSync('tc', args, { encoding: 'utf8' });

/** left (10.9.0.1/24) and right are the two ends of a veth pair; 10.9.0.2 is a neighbour behind left. */
function makePair() {
  // Without IPv6 nothing but the test itself sends.
  writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
  ip('link', 'add', 'left', 'type', 'veth', 'peer', 'name', 'right');
  ip('link', 'set', 'left', 'up');
  ip('link', 'set', 'right', 'up');
  ip('address', 'add', '10.9.0.1/24', 'dev', 'left');
  ip('neighbour', 'add', '10.9.0.2', 'lladdr', '02:00:00:00:00:02', 'dev', 'left', 'nud', 'permanent');
  return { left: interfaceIndex('left'), right: interfaceIndex('right') };
}

function openBasic(path: string) {
  const object = BpfObject.open(path);
  object.load();
  const seen = (slot: number): number => Number(readU64(object.map('seen').get(u32(slot))));
  return { object, seenByTc: () => seen(0), seenByXdp: () => seen(1) };
}

/** A packet through left's egress and into right; it has passed both hooks when this resolves. */
async function sendOne(): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) =>
    socket.send('x', 9, '10.9.0.2', (error) => (error === null ? resolve() : reject(error))),
  );
  socket.close();
}

function describeError(action: () => unknown): string {
  try {
    action();
    return 'no error';
  } catch (error) {
    return error instanceof BpfError ? `${error.code}: ${error.message}` : String(error);
  }
}

/** As `ip link` shows it: "xdp", "xdpgeneric" or nothing. */
const shownXdp = (device: string): string => / (xdp\w*) qdisc/.exec(ip('link', 'show', device))?.[1] ?? '';

export async function xdp(path: string, mode: string) {
  const { right } = makePair();
  const { object, seenByXdp } = openBasic(path);
  const link = object.program('xdp_pass').attachXdp(right, mode === 'native' ? 'native' : 'generic');
  const attached = { mode: link.mode, attached: link.isAttached(), shown: shownXdp('right') };
  while (seenByXdp() === 0) await sendOne();
  link.close();
  link.close();
  const counted = seenByXdp();
  for (let sent = 0; sent < 5; sent++) await sendOne();
  return { ...attached, after: link.isAttached(), shownAfter: shownXdp('right'), silent: seenByXdp() === counted };
}

export async function tcEgress(path: string, wanted: string) {
  const { left } = makePair();
  const { object, seenByTc } = openBasic(path);
  const mode = wanted === 'tcx' || wanted === 'clsact' ? wanted : 'auto';
  const link = object.program('tc_pass').attachTcEgress(left, { mode });
  const attached = { mode: link.mode, attached: link.isAttached() };
  await sendOne();
  const counted = seenByTc();
  link.close();
  link.close();
  await sendOne();
  const qdisc = tc('qdisc', 'show', 'dev', 'left').includes('clsact');
  return { ...attached, counted, after: link.isAttached(), countedAfter: seenByTc(), qdisc };
}

const addForeign = (path: string, direction: 'ingress' | 'egress', priority: string): string =>
  tc('filter', 'add', 'dev', 'left', direction, 'pref', priority, ...['bpf', 'da', 'obj', path, 'sec', 'tc']);
const showsForeign = (direction: 'ingress' | 'egress'): boolean =>
  tc('filter', 'show', 'dev', 'left', direction).includes('name foreign');

/** Two clsact links and a filter of someone else's on one device. */
export async function neighbours(path: string, foreignPath: string) {
  const { left } = makePair();
  const { object, seenByTc } = openBasic(path);
  const program = object.program('tc_pass');
  const filters = (): number => tc('filter', 'show', 'dev', 'left', 'egress').match(/handle/g)?.length ?? 0;
  const clsact = (): boolean => tc('qdisc', 'show', 'dev', 'left').includes('clsact');
  const first = program.attachTcEgress(left, { mode: 'clsact' });
  const second = program.attachTcEgress(left, { mode: 'clsact' });
  addForeign(foreignPath, 'ingress', '7');
  await sendOne();
  const both = { attached: [first.isAttached(), second.isAttached()], filters: filters(), counted: seenByTc() };
  first.close();
  const one = { attached: [first.isAttached(), second.isAttached()], filters: filters(), clsact: clsact() };
  second.close();
  return { both, one, filters: filters(), clsact: clsact(), foreign: showsForeign('ingress') };
}

/** Somebody removed our filter and put another one in its place. */
export function replaced(path: string, foreignPath: string) {
  const { left } = makePair();
  const { object } = openBasic(path);
  const link = object.program('tc_pass').attachTcEgress(left, { mode: 'clsact' });
  tc('filter', 'del', 'dev', 'left', 'egress');
  const attached = link.isAttached();
  addForeign(foreignPath, 'egress', '49152');
  link.close();
  return { attached, foreign: showsForeign('egress') };
}

/** The interface goes while all kinds of programs are on it. */
export function vanish(path: string) {
  const { left, right } = makePair();
  const { object } = openBasic(path);
  const links: readonly Link[] = [
    object.program('xdp_pass').attachXdp(left, 'native'),
    object.program('xdp_pass').attachXdp(right, 'generic'),
    object.program('tc_pass').attachTcEgress(left, { mode: 'tcx' }),
    object.program('tc_pass').attachTcEgress(left, { mode: 'clsact' }),
  ];
  const before = links.map((link) => link.isAttached());
  ip('link', 'delete', 'left');
  const after = links.map((link) => link.isAttached());
  for (const link of links.slice(0, 2)) link.close();
  object.close();
  return { before, after, closed: links.map((link) => link.isAttached()) };
}

export function conflicts(path: string) {
  const { left } = makePair();
  const { object } = openBasic(path);
  const program = object.program('xdp_pass');
  program.attachXdp(left, 'native');
  return {
    occupied: describeError(() => program.attachXdp(left, 'native')),
    absent: describeError(() => program.attachXdp(99_999, 'native')),
    absentTc: describeError(() => object.program('tc_pass').attachTcEgress(99_999)),
    absentClsact: describeError(() => object.program('tc_pass').attachTcEgress(99_999, { mode: 'clsact' })),
    unsupported: describeError(() => program.attachXdp(interfaceIndex('lo'), 'native')),
    wrongType: describeError(() => program.attachTcEgress(left)),
  };
}

/** Closing the object closes its links. */
export function parent(path: string) {
  const { left, right } = makePair();
  const { object } = openBasic(path);
  const links = [
    object.program('xdp_pass').attachXdp(right, 'native'),
    object.program('tc_pass').attachTcEgress(left, { mode: 'tcx' }),
    object.program('tc_pass').attachTcEgress(left, { mode: 'clsact' }),
  ];
  object.close();
  const qdisc = tc('qdisc', 'show', 'dev', 'left').includes('clsact');
  return { attached: links.map((link) => link.isAttached()), xdp: shownXdp('right'), qdisc };
}

/** Nothing refers to the link or its object any more. Needs --expose-gc. */
export async function forgotten(path: string) {
  const { right } = makePair();
  (() => openBasic(path).object.program('xdp_pass').attachXdp(right, 'native'))();
  for (let round = 0; round < 10; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { collected: globalThis.gc !== undefined, xdp: shownXdp('right') !== '' };
}
