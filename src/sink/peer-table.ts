import type { Counts } from './measures.ts';

/** Beyond any fleet that talks to one host; the bound is against made-up node ids. */
const PEERS_MAX = 4096;

/** A source that restarts shows two epochs in one window; one that goes on doing so is two sources. */
const MIXED_WINDOWS = 3;

export type PeerStats = {
  packets: number;
  lost: number;
  lastSeenNs: number;
  /** Several sources go by this id, as their epochs tell. */
  shared: boolean;
};

type Peer = PeerStats & { epoch: number | undefined; mixed: boolean; mixedWindows: number };

/** What each source node sent, by node id; of too many, those unseen for longest are dropped. */
export class PeerTable {
  readonly #peers = new Map<number, Peer>();

  /** `epoch` is the source's in this flow; undefined where the flow has no numbers. */
  add(nodeId: number, counts: Counts, seenNs: number, epoch: number | undefined): void {
    const peer = this.#peers.get(nodeId) ?? newPeer(seenNs);
    peer.packets += counts.packets;
    peer.lost += counts.lost;
    peer.lastSeenNs = Math.max(peer.lastSeenNs, seenNs);
    if (epoch !== undefined) {
      peer.mixed ||= peer.epoch !== undefined && peer.epoch !== epoch;
      peer.epoch = epoch;
    }
    this.#peers.delete(nodeId);
    this.#peers.set(nodeId, peer);
    if (this.#peers.size <= PEERS_MAX) return;
    for (const oldest of this.#peers.keys()) {
      this.#peers.delete(oldest);
      return;
    }
  }

  /** What was added since the last call was one window. */
  closeWindow(): void {
    for (const peer of this.#peers.values()) {
      if (peer.epoch === undefined) continue;
      peer.mixedWindows = peer.mixed ? peer.mixedWindows + 1 : 0;
      peer.shared = peer.mixedWindows >= MIXED_WINDOWS;
      peer.mixed = false;
      peer.epoch = undefined;
    }
  }

  list(): readonly (readonly [nodeId: number, peer: Readonly<PeerStats>])[] {
    return [...this.#peers].sort(([a], [b]) => a - b);
  }
}

function newPeer(lastSeenNs: number): Peer {
  return { packets: 0, lost: 0, lastSeenNs, shared: false, epoch: undefined, mixed: false, mixedWindows: 0 };
}
