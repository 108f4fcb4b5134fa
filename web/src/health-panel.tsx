import type { JSX } from 'preact';
import type { Feed } from './feed.ts';
import { formatAge, formatCount } from './format.ts';
import { reasonCounts, rejectedPackets } from './reasons.ts';

interface HealthPanelProps {
  readonly feed: Feed;
  readonly nowMs: number;
}

/** Whether to trust the figures: counters by reason, telemetry, what the sink is attached to. */
export function HealthPanel({ feed, nowMs }: HealthPanelProps): JSX.Element {
  const rejected = rejectedPackets(feed.counters);
  return (
    <details class="panel" data-testid="health">
      <summary>
        <h2>Health</h2>
        <span class="scope">
          {rejected === 0 ? 'no packets rejected' : `${formatCount(rejected)} packets rejected`}
        </span>
      </summary>
      <SinkFacts feed={feed} nowMs={nowMs} />
      <table class="reasons">
        <thead>
          <tr>
            <th scope="col">Reason</th>
            <th scope="col" class="numeric">
              Packets
            </th>
            <th scope="col">What it means</th>
          </tr>
        </thead>
        <tbody>
          {reasonCounts(feed.counters).map((row) => (
            <tr key={row.name} class={row.count > 0 ? row.kind : 'zero'} data-reason={row.name}>
              <th scope="row" title={row.name}>
                {row.label}
              </th>
              <td class="numeric">{formatCount(row.count)}</td>
              <td>{row.explanation}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function SinkFacts({ feed, nowMs }: HealthPanelProps): JSX.Element | null {
  const { status, telemetry } = feed;
  if (status === null) return null;
  return (
    <dl class="facts">
      <Fact name="Version" value={`hostint ${status.version}`} />
      <Fact name="Node" value={String(status.nodeId)} />
      <Fact
        name="Interfaces"
        value={status.interfaces.map(({ name, mode }) => `${name} (${modeText(mode)})`).join(', ')}
      />
      <Fact name="Encapsulation" value={`${status.encap}, UDP port ${status.intPort}`} />
      <Fact name="Up for" value={formatAge(status.uptimeSeconds * 1000 + nowMs - feed.statusMs)} />
      <Fact name="Records" value={`${formatCount(telemetry?.records)} read, ${formatCount(telemetry?.lost)} lost`} />
    </dl>
  );
}

function modeText(mode: 'native' | 'generic'): string {
  return mode === 'native' ? 'native XDP' : 'generic XDP, slower';
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
