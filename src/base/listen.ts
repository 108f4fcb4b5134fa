import { parseAddress } from './address.ts';
import { usageError, type HostintError } from './errors.ts';

/** Where a service listens. `host` is an address without brackets or a host name; port 0 lets the kernel choose. */
export type Listen =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** Reads `host:port`, `[v6]:port` or `unix:/path`; throws a usage error that says which part is wrong. */
export function parseListen(text: string): Listen {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (!path.startsWith('/')) throw refuse(text, 'the path of the socket is not absolute');
    return { kind: 'unix', path };
  }
  const match = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]*)):(?<port>[^:]*)$/.exec(text);
  if (match === null) throw refuse(text, 'neither a host with a port nor a socket');
  const { v6, name = '', port = '' } = match.groups ?? {};
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) throw refuse(text, `"${port}" is not a port from 0 to 65535`);
  if (v6 !== undefined && !(v6.includes(':') && parseAddress(v6) !== undefined))
    throw refuse(text, `"${v6}" is not an IPv6 address`);
  if (v6 === undefined && name === '') throw refuse(text, 'the host is missing');
  return { kind: 'tcp', host: v6 ?? name, port: Number(port) };
}

/** The text that parseListen reads; with http:// before it a TCP one is the service's address. */
export function formatListen(listen: Listen): string {
  if (listen.kind === 'unix') return `unix:${listen.path}`;
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

/** Only this host reaches it. Of the host names only "localhost" is trusted to mean that. */
export function isLoopback(listen: Listen): boolean {
  if (listen.kind === 'unix') return true;
  const address = parseAddress(listen.host);
  if (address === undefined) return listen.host.toLowerCase() === 'localhost';
  const v6Loopback = address.every((byte, index) => byte === (index === 15 ? 1 : 0));
  return v6Loopback || (address[12] === 127 && address[10] === 0xff && address[11] === 0xff);
}

function refuse(text: string, cause: string): HostintError {
  const cure = 'give host:port, [IPv6 address]:port or unix:/path';
  return usageError({ operation: 'read listen address', object: `"${text}"`, cause, cure });
}
