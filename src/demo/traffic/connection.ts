import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export type Endpoint = { readonly host: string; readonly port: number };

/** Something that was started. `close` ends it and whatever it has open. */
export type Listening = { readonly port: number; readonly close: () => void };

/** Opens a TCP connection; rejects when it is refused. */
export async function openConnection({ host, port }: Endpoint): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  await once(socket, 'connect');
  // From here on a failure shows as 'close' and in the callbacks of writes.
  socket.on('error', () => undefined);
  return socket;
}

/** Serves TCP connections; a client that goes away is no failure of the server. */
export async function acceptConnections(at: Endpoint, onConnection: (socket: Socket) => void): Promise<Listening> {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(at);
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : at.port,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

/** Writes and waits until the kernel has taken it; rejects when the connection is gone. */
export function write(socket: Socket, data: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(data, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}
