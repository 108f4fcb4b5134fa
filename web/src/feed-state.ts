import type { Feed } from './feed.ts';
import { formatAge } from './format.ts';
import type { Connection } from './socket.ts';

export type FeedStateKind = 'waiting' | 'live' | 'lagging' | 'failing' | 'disconnected';

export interface FeedState {
  readonly kind: FeedStateKind;
  /** A few words, for the badge. */
  readonly text: string;
  /** What it means or what to do; empty when there is nothing to add. */
  readonly detail: string;
  /** Nothing newer than what is on screen is known, and it is too old for "now". */
  readonly stale: boolean;
}

/** A window ends, travels and is drawn well within this; older news is not "now". */
const LAGGING_AFTER_MS = 3_000;
/** How long a notice of skipped windows stays. */
const SKIPPED_SHOWN_MS = 10_000;
/** Traffic pauses; only a longer silence is worth words. */
const SILENT_AFTER_SECONDS = 3;

/** What the page may honestly say of its data at `nowMs`. Pure. */
export function feedState(connection: Connection, feed: Feed, nowMs: number): FeedState {
  if (connection.kind !== 'open') return disconnected(connection, nowMs);
  const packetsSeen = feed.total.newestSecondWithPackets() !== null;
  const ageMs = newsAgeMs(connection.sinceMs, feed, nowMs);
  // Before the first packet there is nothing to be late, unless the sink was heard and then stopped.
  if ((packetsSeen || feed.news !== null) && ageMs > LAGGING_AFTER_MS) {
    return {
      kind: 'lagging',
      text: `lagging: newest data ${formatAge(ageMs)} old`,
      detail: 'The sink sends nothing newer.',
      stale: true,
    };
  }
  if (feed.failure !== null) {
    return {
      kind: 'failing',
      text: 'failing: packets are not stripped',
      detail: `On the sink's host ${feed.failure}. Packets that are stamped towards it no longer reach their applications there: start the sink again, or stop the sources.`,
      stale: false,
    };
  }
  if (feed.skipped !== null && nowMs - feed.skipped.atMs < SKIPPED_SHOWN_MS) {
    return {
      kind: 'lagging',
      text: `lagging: ${feed.skipped.windows} s skipped`,
      detail: 'This page reads slower than the sink sends; the seconds left out are gaps in the charts.',
      stale: false,
    };
  }
  if (!packetsSeen) return { kind: 'waiting', text: 'waiting for packets', detail: '', stale: false };
  const silentSeconds = secondsWithoutPackets(feed);
  return {
    kind: 'live',
    text: silentSeconds > SILENT_AFTER_SECONDS ? `live, no packets for ${formatAge(silentSeconds * 1000)}` : 'live',
    detail: '',
    stale: false,
  };
}

function disconnected(connection: Exclude<Connection, { kind: 'open' }>, nowMs: number): FeedState {
  switch (connection.kind) {
    case 'connecting':
      return {
        kind: 'disconnected',
        text: connection.attempt === 1 ? 'connecting' : 'disconnected, connecting again',
        detail: '',
        stale: true,
      };
    case 'pausing': {
      const seconds = Math.max(1, Math.ceil((connection.retryAtMs - nowMs) / 1000));
      return {
        kind: 'disconnected',
        text: `disconnected, next try in ${seconds} s`,
        detail: connection.reason,
        stale: true,
      };
    }
    case 'closed':
      return { kind: 'disconnected', text: 'disconnected', detail: 'The page is closing.', stale: true };
  }
}

function newsAgeMs(openSinceMs: number, feed: Feed, nowMs: number): number {
  if (feed.news === null) return nowMs - openSinceMs;
  return Math.max(0, feed.news.ageWhenSentMs) + (nowMs - feed.news.receivedMs);
}

function secondsWithoutPackets(feed: Feed): number {
  const newest = feed.total.newestSecond;
  const active = feed.total.newestSecondWithPackets();
  return newest === null || active === null ? 0 : newest - active;
}
