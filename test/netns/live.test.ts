import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { type LiveMessage, liveMessageSchema } from '../../src/sink/messages.ts';
import type { Sink } from './hostint.ts';
import { twoHosts } from './topology.ts';
import { traffic } from './traffic.ts';
import { waitFor } from './wait.ts';

const PORT = 7007;
const HOST = '10.77.0.2';

type LiveClient = { readonly socket: WebSocket; readonly messages: LiveMessage[] };

async function connect(sink: Sink, format: 'json' | 'binary'): Promise<LiveClient> {
  const socket = new WebSocket(`ws+unix:${sink.socketPath}:/api/v1/live?format=${format}`);
  onTestFinished(() => socket.terminate());
  const messages: LiveMessage[] = [];
  socket.on('message', (data, isBinary) => {
    if (!isBinary && Buffer.isBuffer(data)) messages.push(liveMessageSchema.parse(JSON.parse(data.toString())));
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, messages };
}

function windowsOf({ messages }: LiveClient) {
  return messages.filter((message) => message.type === 'window');
}

async function sinkWithTraffic(): Promise<{ readonly sink: Sink; readonly flow: string }> {
  const { a, b } = await twoHosts();
  const sink = await b.sink();
  await a.source();
  traffic(b, 'steady-receive', { host: HOST, port: PORT });
  traffic(a, 'steady-send', { host: HOST, port: PORT, count: 1_000_000, rate: 1000, bytes: 100 });
  const { id } = await waitFor(() => sink.flow({ destinationPort: PORT }), { describe: 'the flow' });
  return { sink, flow: id };
}

test('tells a WebSocket client each second, of all traffic and of the flow that it asked for', async () => {
  const { sink, flow } = await sinkWithTraffic();
  const client = await connect(sink, 'json');
  client.socket.send(JSON.stringify({ type: 'subscribe', flow }));
  const [message] = await waitFor(
    () => {
      const full = windowsOf(client).filter(({ selected }) => (selected?.window?.packets ?? 0) > 500);
      return full.length >= 3 ? full : undefined;
    },
    { describe: 'three windows of the flow' },
  );
  expect(client.messages.slice(0, 2)).toMatchObject([{ type: 'hello' }, { type: 'series', series: { flow: null } }]);
  expect(client.messages).toContainEqual(
    expect.objectContaining({ type: 'series', series: expect.objectContaining({ flow }) }),
  );
  expect(message).toMatchObject({ skipped: 0, known: 1, telemetry: { lost: 0 }, selected: { flow } });
  expect(message?.total.packets).toBe(message?.selected?.window?.packets);
  expect(message?.flows.map(({ id }) => id)).toEqual([flow]);
  const starts = windowsOf(client).map(({ total }) => total.startMs);
  expect(starts).toEqual(starts.map((_, index) => (starts[0] ?? 0) + 1000 * index));
});

test('sends binary frames unless told otherwise', async () => {
  const { sink } = await sinkWithTraffic();
  const { socket } = await connect(sink, 'binary');
  const magics: string[] = [];
  socket.on('message', (data) => Buffer.isBuffer(data) && magics.push(data.toString('latin1', 0, 4)));
  await waitFor(() => magics.length >= 3, { describe: 'three frames' });
  expect(new Set(magics)).toEqual(new Set(['HLFR']));
});

test('is not disturbed by a client that asks for more and stops reading', async () => {
  const { sink, flow } = await sinkWithTraffic();
  const healthy = await connect(sink, 'json');
  await waitFor(() => windowsOf(healthy).length >= 2, { describe: 'windows' });
  const residentKiB = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${sink.process.pid}/status`, 'utf8'))?.[1]);
  const beforeKiB = residentKiB();

  const stalled = await connect(sink, 'json');
  stalled.socket.pause();
  const request = JSON.stringify({ type: 'subscribe', flow });
  const asked = 20_000;
  for (let count = 0; count < asked; count++) stalled.socket.send(request);

  const seen = windowsOf(healthy).length;
  await waitFor(() => windowsOf(healthy).length >= seen + 4, { describe: 'four more windows for the other client' });
  expect(windowsOf(healthy).every(({ skipped }) => skipped === 0)).toBe(true);
  const starts = windowsOf(healthy).map(({ total }) => total.startMs);
  expect(starts).toEqual(starts.map((_, index) => (starts[0] ?? 0) + 1000 * index));
  // 20,000 answers of some kilobytes each would be more than this by far.
  expect(residentKiB() - beforeKiB).toBeLessThan(60_000);
  expect((await sink.status()).telemetry.lost).toBe(0);
});
