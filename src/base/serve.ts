/** Makes a built service listen, on TCP or on a Unix socket, with errors that say what to do. */
import { rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { operationError } from './errors.ts';
import { formatListen, type Listen } from './listen.ts';

/** What a fastify app offers; only this much, so that tests need no app. */
export type Listener = {
  listen(where: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<string>;
  readonly server: { address(): string | { readonly port: number } | null };
};

/** Returns the address to show: `http://host:port` with the port that the kernel chose for 0, or `unix:/path`. */
export async function serve(app: Listener, listen: Listen): Promise<string> {
  try {
    if (listen.kind === 'unix') {
      await removeStaleSocket(listen.path);
      await app.listen({ path: listen.path });
      return formatListen(listen);
    }
    await app.listen({ host: listen.host, port: listen.port });
  } catch (error) {
    throw operationError({
      operation: 'listen on',
      object: formatListen(listen),
      cause: error,
      cure: cureOf(error, listen),
    });
  }
  const address = app.server.address();
  const port = address !== null && typeof address === 'object' ? address.port : listen.port;
  return `http://${formatListen({ ...listen, port })}`;
}

function cureOf(error: unknown, { kind }: Listen): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'another program uses it: stop that one or give --listen another address';
  // For a socket in a folder that is not there Node says EACCES as well.
  if (code === 'EACCES' && kind === 'unix')
    return 'give --listen a socket in a folder that exists and that you may write';
  if (code === 'EACCES') return 'give --listen a port above 1023';
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return 'give --listen an address of this host';
  return 'give --listen another address';
}

/** A killed process leaves its socket file behind; one that answers belongs to a living process and stays. */
async function removeStaleSocket(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isSocket() === true && !(await answers(path))) await rm(path, { force: true });
}

async function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
