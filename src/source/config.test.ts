import { describe, expect, it } from 'vitest';
import { readOptions } from '../base/options.ts';
import { sourceConfigSchema } from './config.ts';

const least = { iface: ['eth0'], nodeId: '2', to: ['10.0.0.0/24'] };

function read(flags: Record<string, unknown>, text = ''): ReturnType<typeof sourceConfigSchema.parse> {
  return readOptions(sourceConfigSchema, { command: 'hostint source', flags, file: { path: 's.yaml', text } });
}

describe('sourceConfigSchema', () => {
  it('fills in the defaults', () => {
    expect(read(least)).toEqual({
      iface: ['eth0'],
      nodeId: 2,
      to: ['10.0.0.0/24'],
      protocol: [],
      port: [],
      encap: 'ip-udp',
      intPort: 33122,
      sample: 1,
      maxFlows: 65536,
    });
  });

  it('reads the same options from YAML, as lists or as texts', () => {
    const text =
      'iface: eth0\nnodeId: 2\nto: [10.0.0.0/24, db.example.org]\nprotocol: tcp,udp\nport: [443, 8000-8999]\nsample: 1/16\nlisten: 127.0.0.1:9041\n';
    expect(read({}, text)).toMatchObject({
      iface: ['eth0'],
      to: ['10.0.0.0/24', 'db.example.org'],
      protocol: [6, 17],
      port: [
        { first: 443, last: 443 },
        { first: 8000, last: 8999 },
      ],
      sample: 16,
      listen: { kind: 'tcp', host: '127.0.0.1', port: 9041 },
    });
  });

  it.each([
    [{ nodeId: '0' }, '--node-id: must be a whole number from 1 to 4294967294'],
    [{ nodeId: '4294967295' }, '--node-id: must be'],
    [{ nodeId: 'two' }, '--node-id: must be'],
    [{ iface: ['eth0', 'eth0'] }, '--iface: names eth0 twice'],
    [{ to: [] }, '--to: names no destination'],
    [{ protocol: ['tcp,xyz'] }, '--protocol: "xyz" is no protocol'],
    [{ port: ['99999'] }, '--port: "99999" goes beyond port 65535'],
    [{ protocol: ['icmp'], port: ['80'] }, '--port: selects nothing: icmp has no ports'],
    [{ sample: '2/3' }, '--sample: must be 1/N'],
    [{ encap: 'l4' }, '--encap: must be ip-udp'],
    [{ intPort: '0' }, '--int-port: must be'],
    [{ maxFlows: '10' }, '--max-flows: must be'],
    [{ listen: 'nowhere' }, '--listen: '],
  ])('refuses %j', (flags, sentence) => {
    expect(() => read({ ...least, ...flags })).toThrow(sentence);
  });
});
