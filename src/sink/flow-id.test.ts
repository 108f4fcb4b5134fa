import { describe, expect, it } from 'vitest';
import { flowId } from './flow-id.ts';
import { flowKey } from './sample.fixture.ts';

describe('flowId', () => {
  it('is FNV-1a over addresses, ports, protocol and source node', () => {
    for (let port = 0; port < 2000; port += 7) {
      const key = flowKey('2001:db8::ffff', port, port % 256);
      const sourceNodeId = 0xffff_fffe - port;
      const words = [key.sourcePort, key.destinationPort, key.protocol, sourceNodeId];
      const bytes = [
        ...key.source,
        ...key.destination,
        ...words.flatMap((word) => [24, 16, 8, 0].map((bit) => (word >>> bit) & 0xff)),
      ];
      const hash = bytes.reduce(
        (sum, byte) => BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n),
        0xcbf29ce484222325n,
      );
      expect(flowId({ flowId: 1, key, sourceNodeId, interfaceIndex: 2 })).toBe(hash.toString(16).padStart(16, '0'));
    }
  });

  it('does not depend on what the kernel calls the flow or where it came in', () => {
    const key = flowKey('10.0.0.1', 5000);
    const id = flowId({ flowId: 1, key, sourceNodeId: 2, interfaceIndex: 2 });
    expect(flowId({ flowId: 9, key, sourceNodeId: 2, interfaceIndex: 3 })).toBe(id);
    expect(flowId({ flowId: 1, key, sourceNodeId: 3, interfaceIndex: 2 })).not.toBe(id);
  });
});
