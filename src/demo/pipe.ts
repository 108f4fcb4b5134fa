import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { operationError } from '../base/errors.ts';
import { formatListen } from '../base/listen.ts';

export type Pipe = { readonly url: string; readonly close: () => void };

/**
 * Offers a Unix socket as a TCP port of this network namespace: the sink serves the page inside its own,
 * where no browser gets to. A connection while nothing listens on the socket is closed at once.
 */
export async function openPipe(
  at: { readonly host: string; readonly port: number },
  socketPath: string,
): Promise<Pipe> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (outside) => {
    const inside = connect({ path: socketPath, allowHalfOpen: true });
    for (const [socket, other] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      open.add(socket);
      // 'close' follows, and ends the other half.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  try {
    server.listen(at);
    await once(server, 'listening');
  } catch (cause) {
    const object = formatListen({ kind: 'tcp', ...at });
    throw operationError({ operation: 'listen on', object, cause, cure: 'choose another port with --listen' });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  return {
    url: `http://${formatListen({ kind: 'tcp', host: at.host, port })}`,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
