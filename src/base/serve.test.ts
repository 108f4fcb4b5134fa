import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { serve, type Listener } from './serve.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hostint-serve-'));
  cleanups.push(() => rm(path, { recursive: true }));
  return path;
}

function listener(): Listener {
  const server: Server = createServer();
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const listen: Listener['listen'] = (where) =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, () => resolve(''));
    });
  return { server, listen };
}

describe('serve', () => {
  it('tells the port that the kernel chose', async () => {
    expect(await serve(listener(), { kind: 'tcp', host: '127.0.0.1', port: 0 })).toMatch(
      /^http:\/\/127\.0\.0\.1:[1-9]\d+$/,
    );
  });

  it('says that a port is in use and what to do', async () => {
    const url = new URL(await serve(listener(), { kind: 'tcp', host: '127.0.0.1', port: 0 }));
    const second = serve(listener(), { kind: 'tcp', host: '127.0.0.1', port: Number(url.port) });
    await expect(second).rejects.toThrow(
      /^listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*; another program uses it: .*--listen/,
    );
  });

  it('replaces the socket that a killed process left behind', async () => {
    const path = join(await folder(), 'socket');
    const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect((await stat(path)).isSocket()).toBe(true);
    expect(await serve(listener(), { kind: 'unix', path })).toBe(`unix:${path}`);
  });

  it('leaves the socket of a living process alone', async () => {
    const path = join(await folder(), 'socket');
    await serve(listener(), { kind: 'unix', path });
    await expect(serve(listener(), { kind: 'unix', path })).rejects.toThrow('another program uses it');
  });
});
