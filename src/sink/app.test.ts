import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { buildSinkApp } from './app.ts';
import { LiveFeed } from './live.ts';
import { flowDetailSchema, flowsSchema, healthSchema, statusSchema } from './messages.ts';
import { FakeSource } from './source.fixture.ts';

const state = { webRoot: '' };

beforeAll(() => {
  state.webRoot = mkdtempSync(join(tmpdir(), 'hostint-page-'));
  writeFileSync(join(state.webRoot, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(state.webRoot, 'main.js'), 'export {};');
});

afterAll(() => rmSync(state.webRoot, { recursive: true }));

describe("the sink's HTTP service", () => {
  it('answers each path of the API by its schema', async () => {
    const { app } = await build();
    expect(healthSchema.parse((await app.inject('/healthz')).json())).toEqual({ status: 'ok' });
    expect(statusSchema.parse((await app.inject('/api/v1/status')).json())).toMatchObject({ nodeId: 3 });
    expect(flowsSchema.parse((await app.inject('/api/v1/flows')).json())).toMatchObject({ known: 1 });
    expect(flowDetailSchema.parse((await app.inject('/api/v1/flows/aa')).json())).toMatchObject({ id: 'aa' });
  });

  it('says 503 and why when the program is no longer attached', async () => {
    const { app, source } = await build();
    source.reason = 'the program on eth0 is no longer attached';
    const answer = await app.inject('/healthz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ status: 'failing', reason: source.reason });
  });

  it('describes itself in OpenAPI, the page and the feed left out', async () => {
    const { app } = await build();
    const document: unknown = (await app.inject('/api/v1/openapi.json')).json();
    expect(document).toMatchObject({
      paths: {
        '/api/v1/flows': { get: { parameters: [{ name: 'sort' }, { name: 'limit' }, { name: 'filter' }] } },
        '/api/v1/flows/{id}': {},
        '/api/v1/status': {},
        '/healthz': {},
      },
    });
    expect(document).not.toHaveProperty(['paths', '/api/v1/live']);
    expect(document).not.toHaveProperty(['paths', '/']);
  });

  it.each(['sort=color', 'limit=0', 'limit=many', `filter=${'x'.repeat(201)}`])(
    'refuses flows?%s with 400',
    async (query) => {
      const { app } = await build();
      const answer = await app.inject(`/api/v1/flows?${query}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().error).toContain(query.split('=')[0]);
    },
  );

  it.each(['/api/v1/flows/zz', '/api/v1/history', '/api/v1/flows/aa/packets', '/metrics', '/api/v2', '/api'])(
    'says 404 in JSON for %s',
    async (path) => {
      const answer = await (await build()).app.inject(path);
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toEqual({ error: expect.any(String) });
    },
  );

  it('keeps the cause of its own failures to its log', async () => {
    const lines: string[] = [];
    const { app } = await build(pino({}, { write: (line: string) => void lines.push(line) }));
    const answer = await app.inject('/api/v1/flows/broken');
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual({ error: 'the sink failed to answer; its log says why' });
    expect(lines.join('')).toContain('a secret of the inside');
  });

  it('serves the page, nothing outside its folder, and no page for a mistyped address', async () => {
    const { app } = await build();
    for (const path of ['/', '/index.html']) {
      expect((await app.inject(path)).headers['content-type']).toContain('text/html');
    }
    expect((await app.inject('/main.js')).headers['content-type']).toContain('javascript');
    expect((await app.inject('/missing.js')).statusCode).toBe(404);
    expect((await app.inject('/healtz')).statusCode).toBe(404);
    expect((await app.inject('/..%2f..%2fetc%2fpasswd')).body).not.toContain('root:');
    expect((await app.inject({ method: 'POST', url: '/' })).statusCode).toBe(404);
  });

  it('lets the page load and call nothing but itself', async () => {
    const { headers } = await (await build()).app.inject('/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers['strict-transport-security']).toBeUndefined();
  });

  it.each([
    ['localhost:9040', 200],
    ['127.0.0.1:9040', 200],
    ['[::1]:9040', 200],
    ['192.0.2.7', 200],
    ['evil.example:9040', 421],
    ['localhost.evil.example', 421],
  ])('on a loopback address answers for the host %s with %d', async (host, status) => {
    const { app } = await build();
    expect((await app.inject({ url: '/api/v1/status', headers: { host } })).statusCode).toBe(status);
  });
});

async function build(logger?: Parameters<typeof buildSinkApp>[0]['logger']) {
  const source = new FakeSource();
  const feed = new LiveFeed(source, () => 0);
  const app = await buildSinkApp({
    source,
    feed,
    version: '0.1.0',
    loopback: true,
    webRoot: state.webRoot,
    ...(logger && { logger }),
  });
  return { app, source };
}
