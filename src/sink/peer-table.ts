import type { Counts } from './measures.ts';

/** Beyond any fleet that talks to one host; the bound is against made-up node ids. */
const PEERS_MAX = 4096;

export type PeerStats = { packets: number; lost: number; lastSeenNs: number };

/** What each source node sent, by node id; of too many, those unseen for longest are dropped. */
export class PeerTable {
  readonly #peers = new Map<number, PeerStats>();

  add(nodeId: number, counts: Counts, seenNs: number): void {
    const peer = this.#peers.get(nodeId) ?? { packets: 0, lost: 0, lastSeenNs: seenNs };
    peer.packets += counts.packets;
    peer.lost += counts.lost;
    peer.lastSeenNs = Math.max(peer.lastSeenNs, seenNs);
    this.#peers.delete(nodeId);
    this.#peers.set(nodeId, peer);
    if (this.#peers.size <= PEERS_MAX) return;
    for (const oldest of this.#peers.keys()) {
      this.#peers.delete(oldest);
      return;
    }
  }

  list(): readonly (readonly [nodeId: number, peer: Readonly<PeerStats>])[] {
    return [...this.#peers].sort(([a], [b]) => a - b);
  }
}
