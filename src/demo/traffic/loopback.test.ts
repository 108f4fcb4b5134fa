import { expect, test } from 'vitest';
import { receiveBulk, sendBulk } from './bulk.ts';
import { type Exchange, respond, sendRequests } from './request.ts';
import type { Digest } from './payload.ts';
import { receiveSteadily, sendSteadily } from './steady.ts';

const HOST = '127.0.0.1';
const never = new AbortController().signal;

test('hashes a bulk transfer alike at both ends', async () => {
  const received: Digest[] = [];
  const server = await receiveBulk({ host: HOST, port: 0 }, (digest) => received.push(digest));
  const sent = await sendBulk({ host: HOST, port: server.port, bytes: 3_000_001 });
  expect(sent.bytes).toBe(3_000_001);
  await expect.poll(() => received).toEqual([sent]);
  server.close();
});

test('sees the same exchange of requests and responses from both ends', async () => {
  const served: Exchange[] = [];
  const server = await respond({ host: HOST, port: 0 }, (exchange) => served.push(exchange));
  const options = { host: HOST, port: server.port, count: 20, pauseMs: 0, requestBytes: 300, responseBytes: 70_000 };
  const client = await sendRequests(options, never);
  expect(client.sent.bytes).toBe(20 * 300);
  expect(client.received.bytes).toBe(20 * 70_000);
  await expect.poll(() => served).toEqual([{ sent: client.received, received: client.sent }]);
  server.close();
});

test('rejects a request that is not answered', async () => {
  const { port, close } = await receiveBulk({ host: HOST, port: 0 }, () => undefined);
  const options = { host: HOST, port, count: 1, pauseMs: 0, requestBytes: 300, responseBytes: 10 };
  const request = sendRequests(options, never);
  setImmediate(close);
  await expect(request).rejects.toThrow(/closed|hang|reset|refused/i);
});

test('counts every datagram of a steady stream once', async () => {
  const receiver = await receiveSteadily({ host: HOST, port: 0 });
  const options = { host: HOST, port: receiver.port, count: 50, perSecond: 2000, bytes: 160, first: 10 };
  const sent = await sendSteadily(options, never);
  await expect.poll(receiver.datagrams).toBe(50);
  expect(receiver.arrivals()).toEqual({ ...sent, datagrams: 50, duplicates: 0, damaged: 0, ranges: [[10, 59]] });
  receiver.close();
});
