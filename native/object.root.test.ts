import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BpfError, BpfObject, clockNs, interfaceIndex, PerfReader, possibleCpus, type BpfMap } from './index.ts';
import { buildFixtures, readU64, u32 } from './testing.ts';

let fixtures: Awaited<ReturnType<typeof buildFixtures>>;
beforeAll(async () => {
  fixtures = await buildFixtures(['basic', 'refused', 'samples']);
});
afterAll(() => fixtures.remove());

function errorOf(action: () => unknown): BpfError {
  try {
    action();
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
  throw new Error('it did not throw');
}

/** A call that the types would not let through. */
function call(method: (...args: never[]) => unknown, receiver: unknown, ...args: readonly unknown[]): () => unknown {
  return (): unknown => Reflect.apply(method, receiver, args);
}

describe('BpfError', () => {
  it('names operation, object and cause when the file is missing', () => {
    const error = errorOf(() => BpfObject.open('/nowhere/none.o'));
    expect(error).toMatchObject({ operation: 'open', object: '/nowhere/none.o', code: 'ENOENT', errno: 2 });
    expect(error.message).toMatch(/^open \/nowhere\/none\.o: No such file or directory/);
  });

  it("carries the verifier's whole log and says its last meaningful line", () => {
    const object = BpfObject.open(fixtures.pathOf('refused'));
    const error = errorOf(() => object.load());
    object.close();
    expect(error).toMatchObject({ operation: 'load', code: 'EACCES', errno: 13 });
    expect(error.message).toMatch(/refused\.bpf\.o: Permission denied; verifier: R\d.* outside of the packet$/);
    expect(error.verifierLog).toMatch(/invalid access to packet/);
    expect(error.verifierLog).toMatch(/processed \d+ insns/);
  });

  it('says which file is no BPF object', () => {
    const error = errorOf(() => BpfObject.open('/etc/passwd'));
    expect(error.message).toMatch(/^open \/etc\/passwd: /);
    expect(error.code).toMatch(/^LIBBPF_\d+$/);
  });

  it('writes nothing to stderr itself: what libbpf prints is in the error', () => {
    expect(errorOf(() => BpfObject.open('/nowhere/none.o')).verifierLog).toMatch(/^libbpf: /);
  });
});

describe('BpfObject', () => {
  it('names an unknown program and an unknown map', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    const path = fixtures.pathOf('basic');
    expect(() => object.program('absent')).toThrow(`find program absent: no such program in ${path}`);
    expect(() => object.map('absent')).toThrow(`find map absent: no such map in ${path}`);
    expect(() => object.setMaxEntries('absent', 1)).toThrow('set max entries absent: no such map');
    object.close();
  });

  it('sizes maps before load and refuses afterwards', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.setMaxEntries('numbers', 5000);
    object.load();
    expect(object.map('numbers').maxEntries).toBe(5000);
    expect(errorOf(() => object.setMaxEntries('numbers', 6))).toMatchObject({ code: 'EBUSY' });
    object.close();
  });

  it('wants load() before maps and programs can be used', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    expect(() => object.map('numbers').get(u32(1))).toThrow(/get from numbers: .* is not loaded: call load\(\) first/);
    expect(() => object.program('xdp_pass').testRun(new Uint8Array(64))).toThrow(/is not loaded/);
    object.close();
  });

  it('can be closed twice, after which everything made from it says that it is closed', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.load();
    const program = object.program('xdp_pass');
    const map = object.map('numbers');
    object.close();
    object.close();
    const uses: readonly (() => unknown)[] = [
      () => object.load(),
      () => object.program('xdp_pass'),
      () => object.map('numbers'),
      () => object.setMaxEntries('numbers', 1),
      () => program.testRun(new Uint8Array(64)),
      () => program.attachXdp(1, 'generic'),
      () => program.attachTcEgress(1),
      () => map.get(u32(1)),
      () => map.set(u32(1), new Uint8Array(8)),
      () => map.delete(u32(1)),
      () => map.entries(),
      () => map.maxEntries,
    ];
    for (const use of uses) {
      const error = errorOf(use);
      expect(error.code).toBe('EBADF');
      expect(error.message).toContain('basic.bpf.o is closed');
    }
    expect([program.name, map.name, map.keySize]).toEqual(['xdp_pass', 'numbers', 4]);
  });

  it('refuses arguments of the wrong type with EINVAL', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.load();
    const program = object.program('xdp_pass');
    const uses: readonly (() => unknown)[] = [
      call(BpfObject.open, BpfObject, 5),
      () => BpfObject.open('a\0b'),
      call(object.program, object, null),
      () => object.setMaxEntries('numbers', -1),
      () => object.setMaxEntries('numbers', 1.5),
      () => object.setMaxEntries('numbers', 2 ** 32),
      () => program.attachXdp(0, 'native'),
      call(program.attachXdp, program, 1, 'offload'),
      call(program.attachTcEgress, program, 1, { mode: 'tc' }),
      call(program.testRun, program, [1, 2]),
      () => program.testRun(new Uint8Array(64), { repeat: 0 }),
      call(interfaceIndex, undefined, 3),
      call(clockNs, undefined, 'sundial'),
    ];
    for (const use of uses) expect(errorOf(use).code).toBe('EINVAL');
    object.close();
  });

  it('cannot be tricked into methods on a foreign receiver', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.load();
    const receiver = object.map('numbers');
    expect(call(object.load, receiver)).toThrow(TypeError);
    expect((): unknown => Reflect.construct(receiver.constructor, [])).toThrow(/use BpfObject\.map/);
    const forged: BpfMap = Object.create(Reflect.getPrototypeOf(receiver));
    const options = {
      pagesPerCpu: 1,
      watermarkBytes: 1,
      intervalMs: 10,
      maxQueuedBytes: 1,
      onSamples: () => undefined,
    };
    expect(() => new PerfReader(forged, options)).toThrow();
    object.close();
  });
});

describe('Program.testRun', () => {
  it('returns the packet as the program left it', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.load();
    const frame = Uint8Array.from({ length: 64 }, (_, index) => index);
    const result = object.program('xdp_edit').testRun(frame);
    expect(result.returnValue).toBe(2);
    expect([...result.data]).toEqual([0xab, ...frame.slice(1, 62)]);
    expect(result.context).toHaveLength(0);
    expect(frame[0]).toBe(0);
    object.close();
  });

  it('runs as often as told and says how long one run took', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.load();
    const result = object.program('xdp_pass').testRun(new Uint8Array(64), { repeat: 1000 });
    expect(result.durationNs).toBeLessThan(1_000_000);
    expect(readU64(object.map('seen').get(u32(1)))).toBe(1000n);
    object.close();
  });

  it('passes a context in and out', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.load();
    // struct __sk_buff: mark is its third word, cb[0] its thirteenth.
    const context = new Uint8Array(192);
    const view = new DataView(context.buffer);
    view.setUint32(48, 41, true);
    const result = object.program('tc_context').testRun(new Uint8Array(64), { context });
    const left = new DataView(result.context.buffer, result.context.byteOffset);
    expect([left.getUint32(8, true), left.getUint32(48, true)]).toEqual([0x77, 42]);
    expect(view.getUint32(48, true)).toBe(41);
    object.close();
  });

  it('carries frames of several pages', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.load();
    const frame = Uint8Array.from({ length: 9000 }, (_, index) => index % 251);
    expect(Buffer.compare(object.program('xdp_pass').testRun(frame).data, frame)).toBe(0);
    object.close();
  });

  it('says what the kernel refuses', () => {
    const object = BpfObject.open(fixtures.pathOf('basic'));
    object.load();
    expect(() => object.program('xdp_pass').testRun(new Uint8Array(3))).toThrow('run xdp_pass: Invalid argument');
    object.close();
  });
});

describe('the host', () => {
  it('finds an interface and names one that is not there', () => {
    expect(interfaceIndex('lo')).toBe(1);
    const error = errorOf(() => interfaceIndex('absent0'));
    expect(error.message).toBe('find interface absent0: No such device');
    expect(error.code).toBe('ENODEV');
  });

  it('has a CPU, and clocks that run', () => {
    expect(possibleCpus()).toBeGreaterThan(0);
    const before = clockNs('monotonic');
    expect(clockNs('monotonic')).toBeGreaterThan(before);
    const difference = Number(clockNs('realtime')) / 1e6 - Date.now();
    expect(Math.abs(difference)).toBeLessThan(1000);
    // TAI is ahead by the leap seconds, or equal where the kernel was never told them.
    expect(clockNs('tai') - clockNs('realtime')).toBeGreaterThan(-1_000_000_000n);
  });
});
