import type { LiveMessage } from '../../src/sink/messages.ts';
import { decodeLiveMessage } from '../../src/sink/live-frame.ts';
import type { Timers, Transport, TransportEvents } from './socket.ts';

/** The live feed beside the page, wherever a proxy put both. */
export function liveUrl(pageUrl: string): string {
  const url = new URL('api/v1/live', pageUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  return url.href;
}

/** One WebSocket as the connection's transport. */
export function openWebSocket(url: string, events: TransportEvents): Transport {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => events.onOpen());
  socket.addEventListener('message', (event: MessageEvent<unknown>) => events.onMessage(event.data));
  // An error is always followed by a close, which is enough to know.
  socket.addEventListener('close', () => events.onClose());
  return socket;
}

/** Reads a binary frame; throws on anything else. */
export function readLiveFrame(data: unknown): LiveMessage {
  if (!(data instanceof ArrayBuffer)) throw new TypeError('live feed: expected a binary frame');
  return decodeLiveMessage(data);
}

export const browserTimers: Timers = {
  nowMs: () => Date.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
