import {
  abiLimit,
  OFFSETOF_batch,
  OFFSETOF_record,
  OFFSETOF_sample_header,
  readFlowKey,
  readFlowSample,
  readSinkFlow,
  sampleKind,
  SIZEOF_flow_key,
  SIZEOF_flow_sample,
  SIZEOF_record,
  SIZEOF_sample_header,
  SIZEOF_sink_flow,
  type FlowKeyStruct,
} from '../abi/layout.gen.ts';

/** More CPUs than any kernel is built for: a larger number is damage. */
const CPUS_MAX = 8192;
const TWO_32 = 2 ** 32;
const CHUNK_HEADER_BYTES = 8;

/** Records of one CPU as they left the kernel, still in the reader's buffer. */
export type Batch = {
  readonly cpu: number;
  readonly view: DataView;
  /** Of the first record in `view`. */
  readonly offset: number;
  readonly count: number;
  /** Running number of the first record among all of this CPU. */
  readonly firstRecord: number;
  /** Records of this CPU that were lost right before this batch. */
  readonly lostBefore: number;
};

export type FlowDescriptor = {
  readonly flowId: number;
  readonly key: FlowKeyStruct;
  readonly sourceNodeId: number;
  readonly interfaceIndex: number;
};

export type SampleHandlers = {
  readonly batch: (batch: Batch) => void;
  readonly flow: (flow: FlowDescriptor) => void;
};

/**
 * Why a sample was left out: cut short, of another program's version, of an unknown kind, with a count or a CPU
 * that cannot be, or repeating record numbers already seen.
 */
export type MalformedReason = 'truncated' | 'version' | 'kind' | 'count' | 'cpu' | 'repeated';

type CpuProgress = { next: number; holeFrom: number; holeTo: number };

/**
 * Cuts the perf reader's chunks (repeated: u32 CPU, u32 size, sample padded to 8 bytes) into batches and flows and
 * keeps count of lost records. Never throws on data: what it cannot read is counted in `malformed` and left out.
 */
export class SampleDecoder {
  readonly malformed: Record<MalformedReason, number> = {
    truncated: 0,
    version: 0,
    kind: 0,
    count: 0,
    cpu: 0,
    repeated: 0,
  };
  #records = 0;
  #lost = 0;
  readonly #cpus = new Map<number, CpuProgress>();

  /** Records handed on so far. */
  get records(): number {
    return this.#records;
  }

  /** Records that the kernel numbered and that never came: exact, by the jumps of the running number per CPU. */
  get lost(): number {
    return this.#lost;
  }

  decode(chunk: Uint8Array, handlers: SampleHandlers): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let offset = 0;
    while (offset < view.byteLength) {
      const left = view.byteLength - offset - CHUNK_HEADER_BYTES;
      const size = left < 0 ? 0 : view.getUint32(offset + 4, true);
      if (left < 0 || size > left) {
        this.malformed.truncated++;
        return;
      }
      this.#sample(view, offset + CHUNK_HEADER_BYTES, size, handlers);
      offset += CHUNK_HEADER_BYTES + Math.ceil(size / 8) * 8;
    }
  }

  #sample(view: DataView, offset: number, size: number, handlers: SampleHandlers): void {
    // perf pads samples by up to 7 bytes of anything: the header's own size counts.
    const bytes = size < SIZEOF_sample_header ? 0 : view.getUint32(offset + OFFSETOF_sample_header.size, true);
    if (bytes < SIZEOF_sample_header || bytes > size) {
      this.malformed.truncated++;
      return;
    }
    if (view.getUint16(offset + OFFSETOF_sample_header.version, true) !== abiLimit.ABI_VERSION) {
      this.malformed.version++;
      return;
    }
    switch (view.getUint16(offset + OFFSETOF_sample_header.kind, true)) {
      case sampleKind.SAMPLE_KIND_BATCH:
        this.#batch(view, offset, bytes, handlers);
        return;
      case sampleKind.SAMPLE_KIND_FLOW:
        if (bytes < SIZEOF_flow_sample) this.malformed.truncated++;
        else handlers.flow(readFlow(view, offset));
        return;
      default:
        this.malformed.kind++;
    }
  }

  #batch(view: DataView, offset: number, bytes: number, handlers: SampleHandlers): void {
    if (bytes < OFFSETOF_batch.records) {
      this.malformed.truncated++;
      return;
    }
    const count = view.getUint32(offset + OFFSETOF_batch.count, true);
    const cpu = view.getUint32(offset + OFFSETOF_batch.cpu, true);
    const firstRecord = readU64(view, offset + OFFSETOF_batch.firstRecord);
    if (count > abiLimit.BATCH_RECORDS || !Number.isSafeInteger(firstRecord)) this.malformed.count++;
    else if (bytes < OFFSETOF_batch.records + count * SIZEOF_record) this.malformed.truncated++;
    else if (cpu >= CPUS_MAX) this.malformed.cpu++;
    else {
      const lostBefore = this.#track(cpu, firstRecord, count);
      if (lostBefore < 0) this.malformed.repeated++;
      else {
        this.#records += count;
        handlers.batch({ cpu, view, offset: offset + OFFSETOF_batch.records, count, firstRecord, lostBefore });
      }
    }
  }

  /** Records lost right before this batch; -1 where its numbers were there before. */
  #track(cpu: number, first: number, count: number): number {
    const progress = this.#cpus.get(cpu) ?? { next: 0, holeFrom: 0, holeTo: 0 };
    this.#cpus.set(cpu, progress);
    if (first < progress.next) return this.#fillHole(progress, first, count);
    const lost = first - progress.next;
    if (lost > 0) {
      progress.holeFrom = progress.next;
      progress.holeTo = first;
      this.#lost += lost;
    }
    progress.next = first + count;
    return lost;
  }

  /**
   * The flush program may be interrupted between flipping the staging buffers and sending the older one: then the
   * newer batch comes first, and the older one is not lost after all.
   */
  #fillHole(progress: CpuProgress, first: number, count: number): number {
    if (count === 0) return 0;
    if (first < progress.holeFrom || first + count > progress.holeTo) return -1;
    this.#lost -= count;
    if (first === progress.holeFrom) progress.holeFrom = first + count;
    else progress.holeTo = first;
    return 0;
  }
}

/**
 * One record's fields as numbers, without allocation: `load` overwrites them all.
 * `arrivalNs` counts from `baseNs`, so that it stays exact for 104 days; `latencyNs` is exact within ±2^53.
 */
export class RecordCursor {
  arrivalNs = 0;
  latencyNs = 0;
  flowId = 0;
  sequence = 0;
  epoch = 0;
  stream = 0;
  bytes = 0;
  flags = 0;
  segments = 0;
  readonly #baseHigh: number;
  readonly #baseLow: number;

  /** `baseNs`: a time of the sink's TAI clock. */
  constructor(baseNs: bigint) {
    this.#baseHigh = Number(baseNs >> 32n);
    this.#baseLow = Number(baseNs & 0xffff_ffffn);
  }

  /** The arrival time alone. */
  arrivalAt(view: DataView, offset: number): number {
    const at = offset + OFFSETOF_record.arrivalNs;
    return (view.getUint32(at + 4, true) - this.#baseHigh) * TWO_32 + (view.getUint32(at, true) - this.#baseLow);
  }

  load(view: DataView, offset: number): void {
    const latencyAt = offset + OFFSETOF_record.latencyNs;
    this.arrivalNs = this.arrivalAt(view, offset);
    this.latencyNs = view.getInt32(latencyAt + 4, true) * TWO_32 + view.getUint32(latencyAt, true);
    this.flowId = view.getUint32(offset + OFFSETOF_record.flowId, true);
    this.sequence = view.getUint32(offset + OFFSETOF_record.sequence, true);
    this.epoch = view.getUint16(offset + OFFSETOF_record.epoch, true);
    this.stream = view.getUint16(offset + OFFSETOF_record.stream, true);
    this.bytes = view.getUint16(offset + OFFSETOF_record.bytes, true);
    this.flags = view.getUint8(offset + OFFSETOF_record.flags);
    this.segments = view.getUint8(offset + OFFSETOF_record.segments);
  }
}

/** What the sink program's `flows` map says: the answer where a flow's sample was lost. */
export function decodeFlowEntries(keys: Uint8Array, values: Uint8Array, count: number): FlowDescriptor[] {
  const keyView = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
  const valueView = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return Array.from({ length: count }, (_, index) => {
    const { flowId, sourceNodeId, interfaceIndex } = readSinkFlow(valueView, index * SIZEOF_sink_flow);
    return { flowId, key: readFlowKey(keyView, index * SIZEOF_flow_key), sourceNodeId, interfaceIndex };
  });
}

function readFlow(view: DataView, offset: number): FlowDescriptor {
  const { flowId, key, sourceNodeId, interfaceIndex } = readFlowSample(view, offset);
  return { flowId, key, sourceNodeId, interfaceIndex };
}

function readU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * TWO_32 + view.getUint32(offset, true);
}
