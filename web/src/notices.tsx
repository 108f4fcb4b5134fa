import type { JSX } from 'preact';
import type { FeedState } from './feed-state.ts';
import type { Feed } from './feed.ts';
import { formatClock, formatCount } from './format.ts';
import { rejectedPackets } from './reasons.ts';

interface NoticesProps {
  readonly feed: Feed;
  readonly state: FeedState;
}

/** What a reader must know before trusting the figures below; nothing when there is nothing. */
export function Notices({ feed, state }: NoticesProps): JSX.Element {
  return (
    <div class="notices">
      <StateNotice feed={feed} state={state} />
      <TelemetryNotice lost={feed.telemetry?.lost ?? 0} />
      {state.kind === 'waiting' ? <WaitingHelp feed={feed} /> : null}
    </div>
  );
}

function StateNotice({ feed, state }: NoticesProps): JSX.Element | null {
  const newest = feed.total.newestSecond;
  const stale = newest === null || !state.stale ? '' : ` What is shown below ends at ${formatClock(newest + 1, true)}.`;
  if (state.kind === 'disconnected') {
    if (state.detail === '' && newest === null) return null;
    const reason = state.detail === '' ? '' : ` (${state.detail})`;
    return <p class="notice bad">{`Not connected to the sink${reason}.${stale}`}</p>;
  }
  if (state.kind === 'failing') return <p class="notice bad">{state.detail}</p>;
  if (state.kind === 'lagging') return <p class="notice warn">{`${state.detail}${stale}`}</p>;
  return null;
}

function TelemetryNotice({ lost }: { readonly lost: number }): JSX.Element | null {
  if (lost === 0) return null;
  return (
    <p class="notice warn">
      <strong>{formatCount(lost)} records lost:</strong> detail is incomplete, packets were not affected.
    </p>
  );
}

function WaitingHelp({ feed }: { readonly feed: Feed }): JSX.Element {
  const status = feed.status;
  const rejected = rejectedPackets(feed.counters);
  const unstamped = feed.counters.not_int ?? 0;
  const interfaces = status?.interfaces.map((each) => each.name).join(', ') ?? '';
  return (
    <div class="notice info">
      {rejected > 0 ? (
        <p>
          <strong>{`${formatCount(rejected)} packets with telemetry arrived and were not accepted,`}</strong>
          {' so their applications did not get them: “Health” below says why.'}
        </p>
      ) : null}
      <p>
        <strong>
          The sink listens{interfaces === '' ? '' : ` on ${interfaces}`}, but has accepted no stamped packet yet.
        </strong>{' '}
        Check:
      </p>
      <ul>
        <li>
          <code>hostint source</code> runs on the sending host, and its <code>--to</code> covers this host's address.
        </li>
        <li>Traffic flows from that host to this one: only packets that applications send are measured.</li>
        <li>{`Firewalls on the way let UDP port ${status?.intPort ?? 33122} through.`}</li>
        {unstamped > 0 && rejected === 0 ? (
          <li>{`${formatCount(unstamped)} packets arrived without telemetry: the network works, the source does not stamp them.`}</li>
        ) : null}
      </ul>
    </div>
  );
}
