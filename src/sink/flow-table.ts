import type { FlowDescriptor } from './decode.ts';
import { flowId as publicId } from './flow-id.ts';
import { FlowStats } from './flow-stats.ts';

/** Ids of one flow that are still understood: records in flight may carry an older one. */
const IDS_KEPT = 4;

/**
 * The flows known, at most `maxFlows`: one that is new then replaces the one unseen for longest. A flow is its
 * 5-tuple and its source's node, whatever ids the kernel gave it.
 */
export class FlowTable {
  readonly #maxFlows: number;
  readonly #onForget: (flow: FlowStats) => void;
  readonly #byKernelId = new Map<number, FlowStats>();
  readonly #byPublicId = new Map<string, FlowStats>();
  /** All flows; iteration order is that of `touch`, the one unseen for longest first. */
  readonly #flows = new Set<FlowStats>();
  readonly #placeholders = new Set<FlowStats>();
  #newestId = -1;
  #newest: FlowStats | undefined;
  #evicted = 0;

  /** `onForget` hears of each flow that is dropped. */
  constructor(maxFlows: number, onForget: (flow: FlowStats) => void) {
    this.#maxFlows = maxFlows;
    this.#onForget = onForget;
  }

  /** Flows dropped for want of room. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Flows whose descriptor is known. */
  get known(): number {
    return this.#byPublicId.size;
  }

  /** Flows that have records but no descriptor yet. */
  get placeholders(): ReadonlySet<FlowStats> {
    return this.#placeholders;
  }

  get(id: string): FlowStats | undefined {
    return this.#byPublicId.get(id);
  }

  list(): IterableIterator<[id: string, flow: FlowStats]> {
    return this.#byPublicId.entries();
  }

  /** The flow of a record, a placeholder where the id is new. */
  byKernelId(id: number, nowNs: number): FlowStats {
    // Successive records are mostly of one flow: a comparison instead of a hash.
    if (id === this.#newestId && this.#newest !== undefined) return this.#newest;
    const flow = this.#byKernelId.get(id) ?? this.#add(new FlowStats(id, nowNs));
    this.#newestId = id;
    this.#newest = flow;
    return flow;
  }

  /** The flow was seen just now. */
  touch(flow: FlowStats): void {
    if (!this.#flows.delete(flow)) return;
    this.#flows.add(flow);
  }

  /**
   * Learns what a kernel id stands for. Returns the flow and the placeholder that the id had been, if any: it
   * became the flow, or the flow was known and the caller has it absorb the placeholder.
   */
  describe(descriptor: FlowDescriptor, nowNs: number): { flow: FlowStats; placeholder: FlowStats | undefined } {
    const id = publicId(descriptor);
    const current = this.#byKernelId.get(descriptor.flowId);
    const placeholder = current !== undefined && this.#placeholders.has(current) ? current : undefined;
    const known = this.#byPublicId.get(id);
    if (known !== undefined) {
      known.descriptor = descriptor;
      if (placeholder !== undefined) this.#drop(placeholder);
      if (current !== known) this.#addKernelId(known, descriptor.flowId);
      return { flow: known, placeholder };
    }
    const flow = placeholder ?? new FlowStats(descriptor.flowId, nowNs);
    flow.descriptor = descriptor;
    if (placeholder === undefined) this.#add(flow);
    this.#placeholders.delete(flow);
    this.#byPublicId.set(id, flow);
    return { flow, placeholder };
  }

  #add(flow: FlowStats): FlowStats {
    if (this.#flows.size >= this.#maxFlows) {
      for (const oldest of this.#flows) {
        this.#evicted++;
        this.#onForget(oldest);
        this.#drop(oldest);
        break;
      }
    }
    this.#flows.add(flow);
    for (const id of flow.flowIds) this.#setKernelId(id, flow);
    if (flow.descriptor === undefined) this.#placeholders.add(flow);
    return flow;
  }

  #drop(flow: FlowStats): void {
    this.#newest = undefined;
    this.#flows.delete(flow);
    this.#placeholders.delete(flow);
    for (const id of flow.flowIds) if (this.#byKernelId.get(id) === flow) this.#byKernelId.delete(id);
    if (flow.descriptor !== undefined) this.#byPublicId.delete(publicId(flow.descriptor));
  }

  #addKernelId(flow: FlowStats, id: number): void {
    flow.flowIds.push(id);
    this.#setKernelId(id, flow);
    const former = flow.flowIds.length > IDS_KEPT ? flow.flowIds.shift() : undefined;
    if (former !== undefined && this.#byKernelId.get(former) === flow) this.#byKernelId.delete(former);
  }

  #setKernelId(id: number, flow: FlowStats): void {
    this.#byKernelId.set(id, flow);
    this.#newest = undefined;
  }
}
