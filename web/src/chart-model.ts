import { formatClock, formatDuration, formatMetric, formatPercent } from './format.ts';
import type { Mark } from './palette.ts';
import {
  bitLine,
  fitsLogarithm,
  lossPercentLine,
  newestPoint,
  spanSeconds,
  storeLines,
  type Line,
  type Span,
} from './series.ts';
import type { LatencyScale } from './view-state.ts';
import type { WindowStore } from './window-store.ts';

export type Unit = 'duration' | 'duration-log' | 'count' | 'percent' | 'bits';

/** One line of a chart. */
export interface ChartSeries {
  readonly mark: Mark;
  readonly label: string;
  readonly line: Line;
  readonly unit: Unit;
  readonly side: 'left' | 'right';
  /** `events`: zero is the rule and not worth a line; only what is above it gets a dot. */
  readonly shape: 'line' | 'faint' | 'bars' | 'events';
}

/** What a chart shows; what it looks like is the chart component's business. */
export interface ChartModel {
  readonly id: 'latency' | 'loss' | 'rate';
  readonly title: string;
  readonly seconds: number[];
  readonly series: readonly ChartSeries[];
  /** The line whose points count as "drawn". */
  readonly main: Mark;
  /** Marks between which the area is filled. */
  readonly band: readonly [upper: Mark, lower: Mark] | null;
  readonly notes: readonly string[];
}

/** Latency percentiles over time. `scale` is a wish: a logarithm has no place for zero and below. */
export function latencyChart(store: WindowStore, span: Span, scale: LatencyScale): ChartModel {
  const [max = [], p999 = [], p99 = [], p90 = [], p50 = [], min = []] = storeLines(store, span, [
    'max',
    'p999',
    'p99',
    'p90',
    'p50',
    'min',
  ]);
  const logarithmic = scale === 'log' && fitsLogarithm([min]);
  const unit: Unit = logarithmic ? 'duration-log' : 'duration';
  const notes: string[] = [];
  const negative = store.sum('negative', span.firstSecond, span.lastSecond);
  if (negative > 0) notes.push(clocksDisagree(negative, min));
  if (scale === 'log' && !logarithmic)
    notes.push('Shown linear: a logarithmic scale has no place for zero or negative latency.');
  const left = { unit, side: 'left' } as const;
  return {
    id: 'latency',
    title: 'Latency',
    seconds: spanSeconds(span),
    main: 'p50',
    band: ['max', 'min'],
    notes,
    series: [
      { mark: 'max', label: 'max', line: max, shape: 'faint', ...left },
      { mark: 'p999', label: 'p99.9', line: p999, shape: 'line', ...left },
      { mark: 'p99', label: 'p99', line: p99, shape: 'line', ...left },
      { mark: 'p90', label: 'p90', line: p90, shape: 'line', ...left },
      { mark: 'p50', label: 'p50', line: p50, shape: 'line', ...left },
      { mark: 'min', label: 'min', line: min, shape: 'faint', ...left },
    ],
  };
}

function clocksDisagree(negative: number, min: Line): string {
  const lowest = min.reduce<number>((least, value) => (value !== null && value < least ? value : least), 0);
  return `Clocks disagree: ${formatMetric(negative)} packets arrived “before” they were sent, so latencies here are too low by at least ${formatDuration(-lowest)}. Shown as measured.`;
}

/** Lost packets as a number and as a share, with what came late or twice. */
export function lossChart(store: WindowStore, span: Span): ChartModel {
  const [lost = [], reordered = [], duplicates = []] = storeLines(store, span, ['lost', 'reordered', 'duplicates']);
  const count = { unit: 'count', side: 'left' } as const;
  return {
    id: 'loss',
    title: 'Loss',
    seconds: spanSeconds(span),
    main: 'lost',
    band: null,
    notes: [],
    series: [
      { mark: 'lost', label: 'lost/s', line: lost, shape: 'bars', ...count },
      {
        mark: 'loss-share',
        label: 'loss',
        line: lossPercentLine(store, span),
        unit: 'percent',
        side: 'right',
        shape: 'faint',
      },
      { mark: 'reordered', label: 'reordered/s', line: reordered, shape: 'events', ...count },
      { mark: 'duplicates', label: 'duplicates/s', line: duplicates, shape: 'events', ...count },
    ],
  };
}

/** Packets and bits a second. */
export function rateChart(store: WindowStore, span: Span): ChartModel {
  const [packets = []] = storeLines(store, span, ['packets']);
  return {
    id: 'rate',
    title: 'Rate',
    seconds: spanSeconds(span),
    main: 'packets',
    band: null,
    notes: [],
    series: [
      { mark: 'packets', label: 'packets/s', line: packets, unit: 'count', side: 'left', shape: 'line' },
      { mark: 'bits', label: 'bit/s', line: bitLine(store, span), unit: 'bits', side: 'right', shape: 'line' },
    ],
  };
}

/** A value in the words of its unit. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  switch (unit) {
    case 'duration':
    case 'duration-log':
      return formatDuration(value);
    case 'count':
      return formatMetric(value);
    case 'percent':
      return formatPercent(value);
    case 'bits':
      return formatMetric(value, 'bit/s');
  }
}

/** The chart in a sentence, for those who do not see it: its newest second with values. */
export function describeChart(model: ChartModel, scope: string): string {
  const main = model.series.find((series) => series.mark === model.main);
  const newest = main === undefined ? null : newestPoint(main.line);
  const about = `${model.title} over time, ${scope}.`;
  if (newest === null) return `${about} No values yet.`;
  const second = model.seconds[newest.index] ?? 0;
  const values = model.series.map((series) => `${series.label} ${formatValue(series.line[newest.index], series.unit)}`);
  return [`${about} At ${formatClock(second, true)}: ${values.join(', ')}.`, ...model.notes].join(' ');
}
