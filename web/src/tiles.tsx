import type { JSX } from 'preact';
import {
  formatBitsPerSecond,
  formatCount,
  formatDuration,
  formatMetric,
  formatPercent,
  lossPercent,
} from './format.ts';
import type { ColumnName, WindowStore } from './window-store.ts';

interface TilesProps {
  readonly store: WindowStore;
  /** The last full second, of all traffic: a flow without packets in it shows none. */
  readonly second: number | null;
}

/** The figures of the last full second. */
export function Tiles({ store, second }: TilesProps): JSX.Element {
  const value = (name: ColumnName): number | null => (second === null ? null : store.value(name, second));
  const packets = value('packets');
  const lost = value('lost');
  const share = packets === null || lost === null ? null : lossPercent(lost, packets);
  return (
    <dl class="tiles" aria-label="Last full second">
      <Tile id="p50" label="p50" value={formatDuration(value('p50'))} more={`p90 ${formatDuration(value('p90'))}`} />
      <Tile id="p99" label="p99" value={formatDuration(value('p99'))} more={`p99.9 ${formatDuration(value('p999'))}`} />
      <Tile
        id="max"
        label="max"
        value={formatDuration(value('max'))}
        more={`jitter ${formatDuration(value('jitter'))}`}
      />
      <Tile
        id="loss"
        label="loss"
        value={formatPercent(share)}
        more={`${formatCount(lost)} lost`}
        alarming={lost !== null && lost > 0}
      />
      <Tile
        id="packets"
        label="packets/s"
        value={formatMetric(packets)}
        more={`${formatMetric(value('reordered'))} reordered, ${formatMetric(value('duplicates'))} twice`}
      />
      <Tile
        id="bits"
        label="bit/s"
        value={formatBitsPerSecond(value('bytes'))}
        more={meanSize(value('bytes'), packets)}
      />
    </dl>
  );
}

function meanSize(bytes: number | null, packets: number | null): string {
  return bytes === null || packets === null || packets === 0 ? '–' : `${formatCount(bytes / packets)} B a packet`;
}

interface TileProps {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly more: string;
  readonly alarming?: boolean;
}

function Tile({ id, label, value, more, alarming = false }: TileProps): JSX.Element {
  return (
    <div class={alarming ? 'tile alarming' : 'tile'} data-testid={`tile-${id}`}>
      <dt>{label}</dt>
      <dd class="value">{value}</dd>
      <dd class="more">{more}</dd>
    </div>
  );
}
