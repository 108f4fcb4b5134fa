import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { hostintCommand } from './hostint.ts';
import { type Running, start } from './process.ts';
import { waitFor } from './wait.ts';

const STATE = '/run/hostint-demo';

function startDemo(): Running {
  const demo = start(hostintCommand('demo', '--listen', '127.0.0.1:0'));
  onTestFinished(async () => void (await demo.stop()));
  return demo;
}

/** The page's address, once the demo shows packets of both IP versions going both ways. */
async function untilShown(demo: Running, timeoutMs: number): Promise<string> {
  const wanted = [
    /udp 10\.78\.0\.1:\S+ → 10\.78\.0\.2:5003 +[1-9]/,
    /udp 10\.78\.0\.2:\S+ → 10\.78\.0\.1:5003 +[1-9]/,
    /tcp \[fd78::1\]:\S+ → \[fd78::2\]:5001 +[1-9]/,
    /tcp \[fd78::2\]:5002 → \[fd78::1\]:\S+ +[1-9]/,
  ];
  await waitFor(() => wanted.every((row) => row.test(demo.stdout())), {
    describe: () => `flows in the table:\n${demo.stdout()}\n${demo.stderr()}`,
    timeoutMs,
  });
  return /page: (\S+)/.exec(demo.stdout())?.[1] ?? '';
}

function childrenOf(): readonly number[] {
  const state = readFileSync(`${STATE}/state.json`, 'utf8');
  return [...state.matchAll(/"pid":(\d+)/g)].map(([, pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  // One that has ended but is not yet waited for counts as gone.
  return existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

function getStatus(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

async function namespaces(): Promise<string> {
  const list = start(['ip', 'netns', 'list']);
  await list.exited;
  return list.stdout();
}

test('shows real traffic, serves the page, and ends without a trace on Ctrl-C', async () => {
  const demo = startDemo();
  const url = await untilShown(demo, 30_000);
  expect(await getStatus(`${url}/`)).toBe(200);
  expect(await getStatus(`${url}/api/v1/status`)).toBe(200);

  const second = startDemo();
  expect(await second.exited).toMatchObject({ code: 1 });
  expect(second.stderr()).toMatch(/another demo is running/);

  const children = childrenOf();
  expect(children).toHaveLength(8);
  expect(await demo.stop('SIGINT')).toEqual({ code: 0, signal: null });
  expect(demo.stderr()).toBe('');
  expect(children.filter(isAlive)).toEqual([]);
  expect(await namespaces()).not.toMatch(/hostint-demo/);
  expect(existsSync(STATE)).toBe(false);
});

test('takes its processes with it when it is killed, and cleans up the rest at the next start', async () => {
  const killed = startDemo();
  await untilShown(killed, 30_000);
  const children = childrenOf();
  await killed.stop('SIGKILL');
  await waitFor(() => !children.some(isAlive), { describe: 'the killed demo’s processes to end' });
  expect(await namespaces()).toMatch(/hostint-demo-a/);

  const next = startDemo();
  const startMs = performance.now();
  await untilShown(next, 30_000);
  expect(performance.now() - startMs).toBeLessThan(10_000);
  expect(await next.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(await namespaces()).not.toMatch(/hostint-demo/);
});

test('ends when the process that started it is killed', async () => {
  const parent = start(['bash', '-c', '"$@" & wait', 'bash', ...hostintCommand('demo', '--listen', '127.0.0.1:0')]);
  onTestFinished(async () => void (await parent.stop('SIGKILL')));
  await untilShown(parent, 30_000);
  const children = childrenOf();
  parent.signal('SIGKILL');
  await waitFor(() => !existsSync(STATE), { describe: 'the orphaned demo to clean up' });
  expect(children.filter(isAlive)).toEqual([]);
  expect(await namespaces()).not.toMatch(/hostint-demo/);
});

test('names the process that ended by itself, and ends in order', async () => {
  const demo = startDemo();
  await untilShown(demo, 30_000);
  const victim = childrenOf().find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0sink\0'));
  expect(victim).toBeDefined();
  process.kill(victim ?? 0, 'SIGKILL');
  expect(await demo.exited).toEqual({ code: 1, signal: null });
  expect(demo.stderr()).toMatch(/the sink on host [ab]: SIGKILL ended it/);
  expect(await namespaces()).not.toMatch(/hostint-demo/);
  expect(existsSync(STATE)).toBe(false);
});

test('refuses a port that is in use, an address that is none, and a user who is not root', async () => {
  const first = startDemo();
  const taken = await untilShown(first, 30_000);
  await first.stop();
  const { port } = new URL(taken);
  const server = start([
    process.execPath,
    '-e',
    `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('{"event":"ready"}'))`,
  ]);
  onTestFinished(async () => void (await server.stop('SIGKILL')));
  await server.event('ready');

  const cases = [
    {
      command: hostintCommand('demo', '--listen', `127.0.0.1:${port}`),
      code: 1,
      says: /listen on 127\.0\.0\.1:\d+.*EADDRINUSE.*--listen/,
    },
    { command: hostintCommand('demo', '--listen', 'unix:/run/x'), code: 2, says: /--listen/ },
    { command: hostintCommand('demo', '--duration', 'soon'), code: 2, says: /--duration/ },
    {
      command: ['setpriv', '--reuid', '65534', '--clear-groups', ...hostintCommand('demo')],
      code: 1,
      says: /root.*sudo/,
    },
  ];
  for (const { command, code, says } of cases) {
    const refused = start(command);
    expect(await refused.exited).toEqual({ code, signal: null });
    expect(refused.stderr()).toMatch(says);
    expect(refused.stderr().trimEnd().split('\n')).toHaveLength(1);
  }
  expect(await namespaces()).not.toMatch(/hostint-demo/);
});
