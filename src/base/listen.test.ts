import { describe, expect, it, test } from 'vitest';
import { HostintError } from './errors.ts';
import { formatListen, isLoopback, parseListen } from './listen.ts';

describe('a listen address', () => {
  test.each([
    ['127.0.0.1:9040', { kind: 'tcp', host: '127.0.0.1', port: 9040 }, true],
    ['127.8.0.1:0', { kind: 'tcp', host: '127.8.0.1', port: 0 }, true],
    ['localhost:9040', { kind: 'tcp', host: 'localhost', port: 9040 }, true],
    ['[::1]:9040', { kind: 'tcp', host: '::1', port: 9040 }, true],
    ['[::ffff:127.0.0.1]:80', { kind: 'tcp', host: '::ffff:127.0.0.1', port: 80 }, true],
    ['unix:/run/hostint/sink.sock', { kind: 'unix', path: '/run/hostint/sink.sock' }, true],
    ['0.0.0.0:65535', { kind: 'tcp', host: '0.0.0.0', port: 65535 }, false],
    ['[::]:9040', { kind: 'tcp', host: '::', port: 9040 }, false],
    ['[7f00::1]:9040', { kind: 'tcp', host: '7f00::1', port: 9040 }, false],
    ['[2001:db8::7f00:1]:1', { kind: 'tcp', host: '2001:db8::7f00:1', port: 1 }, false],
    ['localhost.example.org:9040', { kind: 'tcp', host: 'localhost.example.org', port: 9040 }, false],
  ])('%s is read, is loopback as expected, and formats back', (text, expected, loopback) => {
    const listen = parseListen(text);
    expect(listen).toEqual(expected);
    expect(isLoopback(listen)).toBe(loopback);
    expect(formatListen(listen)).toBe(text);
  });

  test.each([
    ['', 'neither'],
    ['9040', 'neither'],
    ['::1:9040', 'neither'],
    [':9040', 'the host is missing'],
    ['127.0.0.1:', '"" is not a port'],
    ['127.0.0.1:65536', '"65536" is not a port'],
    ['127.0.0.1:http', '"http" is not a port'],
    ['[127.0.0.1]:80', 'not an IPv6 address'],
    ['[::1%lo]:80', 'not an IPv6 address'],
    ['unix:sink.sock', 'not absolute'],
  ])('%j is a usage error: %s', (text, reason) => {
    expect(() => parseListen(text)).toThrow(HostintError);
    expect(() => parseListen(text)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(reason) }),
    );
  });

  it('names the text, the reason and the cure in one sentence', () => {
    expect(() => parseListen(':1')).toThrow(
      'read listen address ":1": the host is missing; give host:port, [IPv6 address]:port or unix:/path',
    );
  });
});
