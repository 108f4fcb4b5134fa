import { writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { hostintCommand } from './hostint.ts';
import { WORK_DIRECTORY } from './paths.ts';
import { start } from './process.ts';
import { twoHosts } from './topology.ts';

const SINK = ['sink', '--iface', 'veth0', '--node-id', '102'];
const SOURCE = ['source', '--iface', 'veth0', '--node-id', '1', '--to', '10.77.0.2'];
const UNREADABLE = `${WORK_DIRECTORY}/no-such.yaml`;
const WRONG = `${WORK_DIRECTORY}/wrong.yaml`;
const BINARY = `${WORK_DIRECTORY}/binary.yaml`;

/** What is wrong, the exit code, and what the sentence on stderr must name. */
const BAD_COMMANDS = [
  {
    wrong: 'unknown interface (sink)',
    args: ['sink', '--iface', 'nosuch0', '--node-id', '2'],
    code: 1,
    says: /interface nosuch0: No such device/,
  },
  {
    wrong: 'unknown interface (source)',
    args: ['source', '--iface', 'nosuch0', '--node-id', '1', '--to', '10.77.0.2'],
    code: 1,
    says: /interface nosuch0: No such device/,
  },
  {
    wrong: 'node id 0 (sink)',
    args: ['sink', '--iface', 'veth0', '--node-id', '0'],
    code: 2,
    says: /node-id.*1 to 4294967294/,
  },
  {
    wrong: 'node id above the range (sink)',
    args: ['sink', '--iface', 'veth0', '--node-id', '4294967295'],
    code: 2,
    says: /node-id.*1 to 4294967294/,
  },
  {
    wrong: 'node id above the range (source)',
    args: ['source', '--iface', 'veth0', '--node-id', '4294967295', '--to', '10.77.0.2'],
    code: 2,
    says: /node-id.*1 to 4294967294/,
  },
  {
    wrong: 'node id that is no number',
    args: ['sink', '--iface', 'veth0', '--node-id', 'two'],
    code: 2,
    says: /node-id/,
  },
  { wrong: 'no node id', args: ['sink', '--iface', 'veth0'], code: 2, says: /node-id/ },
  { wrong: 'no interface', args: ['sink', '--node-id', '2'], code: 2, says: /iface/ },
  { wrong: 'no destination', args: ['source', '--iface', 'veth0', '--node-id', '1'], code: 2, says: /to/ },
  {
    wrong: 'destination that is none',
    args: ['source', '--iface', 'veth0', '--node-id', '1', '--to', '10.0.0.0/33'],
    code: 2,
    says: /10\.0\.0\.0\/33/,
  },
  { wrong: 'unknown option (sink)', args: [...SINK, '--frobnicate'], code: 2, says: /unknown option '--frobnicate'/ },
  {
    wrong: 'unknown option (source)',
    args: [...SOURCE, '--frobnicate'],
    code: 2,
    says: /unknown option '--frobnicate'/,
  },
  { wrong: 'unknown command', args: ['frobnicate'], code: 2, says: /unknown command 'frobnicate'/ },
  { wrong: 'config that is not there', args: ['sink', '--config', UNREADABLE], code: 2, says: /no-such\.yaml.*ENOENT/ },
  {
    wrong: 'config with an unknown name',
    args: ['sink', '--config', WRONG],
    code: 2,
    says: /wrong\.yaml.*nodeIdd|nodeIdd.*wrong\.yaml/,
  },
  { wrong: 'config that is no YAML', args: ['source', '--config', BINARY], code: 2, says: /binary\.yaml/ },
  { wrong: 'address that is none', args: [...SINK, '--listen', '127.0.0.1:99999'], code: 2, says: /99999/ },
  { wrong: 'unknown XDP mode', args: [...SINK, '--xdp-mode', 'turbo'], code: 2, says: /xdp-mode/ },
  { wrong: 'one interface twice', args: [...SINK, '--iface', 'veth0'], code: 2, says: /--iface: names .*twice/ },
] as const;

test.each(BAD_COMMANDS)('refuses $wrong with exit code $code and one sentence', async ({ args, code, says }) => {
  writeFileSync(WRONG, 'iface: veth0\nnodeIdd: 2\n');
  writeFileSync(BINARY, Buffer.from([0x7b, 0x00, 0xff, 0xfe, 0x3a]));
  const refused = start(hostintCommand(...args));
  onTestFinished(async () => void (await refused.stop('SIGKILL')));
  expect(await refused.exited).toEqual({ code, signal: null });
  expect(refused.stderr()).toMatch(says);
  expect(refused.stderr()).not.toMatch(/\n\s+at /);
  expect(refused.stderr().trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  expect(refused.stdout()).toBe('');
});

test.each([
  { role: 'sink', args: SINK },
  { role: 'source', args: SOURCE },
])('tells a user who may not load BPF programs what to do ($role)', async ({ args }) => {
  const { a } = await twoHosts();
  const unprivileged = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const refused = a.spawn([...unprivileged, ...hostintCommand(...args)]);
  expect(await refused.exited).toEqual({ code: 1, signal: null });
  expect(refused.stderr()).toMatch(/(Operation not permitted|permission).*(root|sudo|CAP_)/i);
  expect(refused.stderr()).not.toMatch(/\n\s+at /);
  expect(refused.stdout()).toBe('');
});

test('refuses a port in use, and leaves the interface as it was', async () => {
  const { a, b } = await twoHosts();
  await b.sink({ args: ['--listen', '127.0.0.1:9040'] });
  const second = b.spawn(hostintCommand('sink', '--iface', 'lo', '--node-id', '3', '--listen', '127.0.0.1:9040'));
  expect(await second.exited).toEqual({ code: 1, signal: null });
  expect(second.stderr()).toMatch(/127\.0\.0\.1:9040.*(in use|EADDRINUSE)/);
  expect(await b.exec(['ip', '-d', 'link', 'show', 'lo'])).not.toMatch(/xdp/);
  expect(second.stdout()).toBe('');
  const busy = a.spawn(hostintCommand(...SOURCE, '--listen', 'unix:/no/such/directory/sock'));
  expect(await busy.exited).toEqual({ code: 1, signal: null });
  expect(busy.stderr()).toMatch(/\/no\/such\/directory\/sock/);
});

test('refuses a second sink on an interface, and the first goes on', async () => {
  const { b } = await twoHosts();
  const first = await b.sink();
  const second = b.spawn(hostintCommand(...SINK, '--listen', '127.0.0.1:9050'));
  expect(await second.exited).toEqual({ code: 1, signal: null });
  expect(second.stderr()).toMatch(/veth0/);
  expect((await first.status()).interfaces).toEqual([{ name: 'veth0', mode: 'native' }]);
});
