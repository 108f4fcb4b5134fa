import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { Chart } from './chart.tsx';
import { latencyChart, lossChart, rateChart } from './chart-model.ts';
import { Choice } from './choice.tsx';
import { feedState } from './feed-state.ts';
import type { Feed, SelectedFlow } from './feed.ts';
import { FlowTable } from './flow-table.tsx';
import { formatEndpoint } from './format.ts';
import { HealthPanel } from './health-panel.tsx';
import { Notices } from './notices.tsx';
import { readPalette } from './palette.ts';
import { spanEndingAt } from './series.ts';
import type { Connection } from './socket.ts';
import { StatusHeader } from './status-header.tsx';
import { Tiles } from './tiles.tsx';
import { SPAN_MINUTES, type LatencyScale, type SpanMinutes, type Theme, type ViewState } from './view-state.ts';

export interface PageProps {
  readonly feed: Feed;
  readonly connection: Connection;
  readonly nowMs: number;
  readonly view: ViewState;
  readonly theme: Theme;
  readonly resolvedTheme: 'light' | 'dark';
  readonly onView: (change: Partial<ViewState>) => void;
  readonly onTheme: (theme: Theme) => void;
  readonly onRetry: () => void;
}

/** The whole page, from what is known and what was chosen. */
export function Page(props: PageProps): JSX.Element {
  const { feed, connection, nowMs, view, onView } = props;
  const state = feedState(connection, feed, nowMs);
  const stale = state.stale && feed.total.newestSecond !== null;
  return (
    <>
      <StatusHeader
        state={state}
        status={feed.status}
        theme={props.theme}
        onTheme={props.onTheme}
        onRetry={connection.kind === 'pausing' ? props.onRetry : null}
      />
      <main class={stale ? 'stale' : ''}>
        <Notices feed={feed} state={state} />
        <ScopeBar selected={feed.selected} view={view} onView={onView} />
        <Charts {...props} />
        <FlowTable flows={feed.flows} known={feed.known} view={view} onView={onView} />
        <HealthPanel feed={feed} nowMs={nowMs} />
      </main>
    </>
  );
}

interface ScopeBarProps {
  readonly selected: SelectedFlow | null;
  readonly view: ViewState;
  readonly onView: (change: Partial<ViewState>) => void;
}

/** Says whose packets the figures and charts show, and for how long back. */
function ScopeBar({ selected, view, onView }: ScopeBarProps): JSX.Element {
  return (
    <div class="scope-bar">
      {selected === null ? (
        <h2 data-testid="scope">All traffic</h2>
      ) : (
        <>
          <button type="button" data-testid="all-traffic" onClick={() => onView({ flow: null })}>
            ← All traffic
          </button>
          <h2 data-testid="scope">{flowName(selected)}</h2>
        </>
      )}
      <Choice<SpanMinutes>
        label="Time span"
        options={SPAN_MINUTES.map((minutes) => ({ value: minutes, text: `${minutes} min` }))}
        value={view.spanMinutes}
        onChoose={(spanMinutes) => onView({ spanMinutes })}
      />
    </div>
  );
}

function flowName({ id, flow }: SelectedFlow): string {
  if (flow === null) return `Flow ${id}`;
  const source = formatEndpoint(flow.source, flow.sourcePort);
  return `${source} → ${formatEndpoint(flow.destination, flow.destinationPort)}, ${flow.protocol}`;
}

/** Tiles and charts of all traffic, or of the selected flow in the same place. */
function Charts({ feed, view, resolvedTheme, onView }: PageProps): JSX.Element {
  const { selected } = feed;
  const store = selected?.windows ?? feed.total;
  const newest = feed.total.newestSecond;
  const { spanMinutes, latencyScale } = view;
  // An empty chart still has an axis: the seconds before the first news.
  const models = useMemo(() => {
    const span = spanEndingAt(newest ?? Math.floor(Date.now() / 1000), spanMinutes) ?? {
      firstSecond: 0,
      lastSecond: 0,
    };
    return {
      latency: latencyChart(store, span, latencyScale),
      loss: lossChart(store, span),
      rate: rateChart(store, span),
    };
  }, [feed.revision, store, newest, spanMinutes, latencyScale]);
  const palette = useMemo(readPalette, [resolvedTheme]);
  const common = {
    scope: selected === null ? 'all traffic' : flowName(selected),
    palette,
    emptyText: emptyText(selected),
  };
  return (
    <>
      <Tiles store={store} second={newest} />
      <Chart
        {...common}
        model={models.latency}
        heightPx={280}
        controls={
          <Choice<LatencyScale>
            label="Latency scale"
            options={[
              { value: 'log', text: 'Log' },
              { value: 'linear', text: 'Linear' },
            ]}
            value={latencyScale}
            onChoose={(scale) => onView({ latencyScale: scale })}
          />
        }
      />
      <div class="side-by-side">
        <Chart {...common} model={models.loss} heightPx={180} />
        <Chart {...common} model={models.rate} heightPx={180} />
      </div>
    </>
  );
}

function emptyText(selected: SelectedFlow | null): string {
  if (selected === null) return 'No packets in this span.';
  return selected.answered ? 'No packets of this flow in this span.' : 'Asking the sink for this flow …';
}
