import { describe, expect, it } from 'vitest';
import { formatPrefix } from '../base/address.ts';
import { readOptions } from '../base/options.ts';
import { sinkConfigSchema } from './config.ts';

const needed = { iface: ['eth0'], nodeId: '3' };

describe('options of hostint sink', () => {
  it('need no more than an interface and a node id', () => {
    expect(read(needed)).toEqual({
      iface: ['eth0'],
      nodeId: 3,
      listen: { kind: 'tcp', host: '127.0.0.1', port: 9040 },
      allow: [],
      encap: 'ip-udp',
      intPort: 33_122,
      xdpMode: 'auto',
      maxFlows: 65_536,
    });
  });

  it('come from a file too, where a flag beats it', () => {
    const file =
      'iface: eth0\nnodeId: 4\nallow: [10.0.0.0/24, "2001:db8::/32"]\nxdpMode: generic\nlisten: unix:/run/hostint.sock';
    const options = read({ nodeId: '5' }, file);
    expect(options).toMatchObject({ iface: ['eth0'], nodeId: 5, xdpMode: 'generic', listen: { kind: 'unix' } });
    expect(options.allow.map(formatPrefix)).toEqual(['10.0.0.0/24', '2001:db8::/32']);
  });

  it.each([
    [{ nodeId: '3' }, '--iface is missing'],
    [{ ...needed, iface: [] }, '--iface: names no interface'],
    [{ ...needed, iface: ['eth0', 'eth0'] }, '--iface: names eth0 twice'],
    [{ iface: ['eth0'] }, '--node-id is missing'],
    [{ ...needed, nodeId: '0' }, '--node-id: must be a whole number from 1 to'],
    [{ ...needed, nodeId: '4294967296' }, '--node-id: must be a whole number from 1 to'],
    [{ ...needed, nodeId: '1.5' }, '--node-id: must be a whole number'],
    [{ ...needed, maxFlows: '100' }, '--max-flows: must be a whole number from 512 to 16777216'],
    [{ ...needed, intPort: '65536' }, '--int-port: must be a whole number from 1 to 65535'],
    [{ ...needed, xdpMode: 'offload' }, '--xdp-mode: must be auto, native or generic'],
    [{ ...needed, encap: 'l4' }, '--encap: must be ip-udp, the one encapsulation there is'],
    [{ ...needed, allow: ['10.0.0.0/33'] }, '--allow: "10.0.0.0/33" is no address or prefix'],
    [{ ...needed, listen: '9040' }, '--listen: read listen address "9040"'],
  ])('%j are refused in one sentence', (flags, sentence) => {
    expect(() => read(flags)).toThrow(sentence);
  });

  it.each(['history: off', 'tokenFile: /etc/token', 'node-id: 3'])('a file with %j is refused', (line) => {
    expect(() => read(needed, line)).toThrow(/hostint sink has no option/);
  });
});

function read(flags: Record<string, unknown>, text?: string) {
  const file = text === undefined ? {} : { file: { path: 'sink.yaml', text } };
  return readOptions(sinkConfigSchema, { command: 'hostint sink', flags, ...file });
}
