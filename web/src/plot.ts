import uPlot from 'uplot';
import type { ChartModel, ChartSeries, Unit } from './chart-model.ts';
import { formatClock, formatDurationTick, formatDurationTicks, formatMetricTick } from './format.ts';
import type { Palette } from './palette.ts';
import { lonePoints } from './series.ts';

/** Cursors of all charts with this key move together. */
const SYNC_KEY = 'hostint';
const FONT = '12px system-ui, sans-serif';
/** Packets do not come in halves. */
const COUNT_STEPS = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
const TIME_STEPS_SECONDS = [5, 10, 15, 30, 60, 120, 180, 300];

/** The parts of a plot that cannot change once it is made: what differs here needs a new plot. */
export function plotKey(model: ChartModel): string {
  return model.series.map((series) => `${series.mark}:${series.unit}`).join();
}

export function plotData(model: ChartModel): uPlot.AlignedData {
  return [model.seconds, ...model.series.map((series) => series.line)];
}

/** Options for a plot of `model`; `onCursor` gets the index under the cursor, null when there is none. */
export function plotOptions(
  model: ChartModel,
  palette: Palette,
  size: { readonly width: number; readonly height: number },
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const left = model.series.find((series) => series.side === 'left');
  const right = model.series.find((series) => series.side === 'right');
  const indexOf = (mark: string): number => model.series.findIndex((series) => series.mark === mark) + 1;
  return {
    ...size,
    padding: [8, right === undefined ? 32 : 0, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: SYNC_KEY, setSeries: false },
      drag: { x: false, y: false },
      y: false,
      points: { size: 7 },
    },
    scales: {
      x: { time: true },
      left: valueScale(left?.unit ?? 'count'),
      ...(right === undefined ? {} : { right: valueScale(right.unit) }),
    },
    axes: [
      timeAxis(palette),
      valueAxis('left', left?.unit ?? 'count', palette),
      ...(right === undefined ? [] : [valueAxis('right', right.unit, palette)]),
    ],
    series: [{}, ...model.series.map((series) => plotSeries(series, palette))],
    bands:
      model.band === null ? [] : [{ series: [indexOf(model.band[0]), indexOf(model.band[1])], fill: palette.band }],
    hooks: {
      setLegend: [
        (plot) => onCursor(plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null),
      ],
      drawAxes: [(plot) => drawZeroLine(plot, palette)],
    },
  };
}

function plotSeries(series: ChartSeries, palette: Palette): uPlot.Series {
  const colour = palette.mark(series.mark);
  const common: uPlot.Series = { label: series.label, scale: series.side, stroke: colour, spanGaps: false };
  const points: uPlot.Series.Points = {
    show: false,
    size: 4,
    fill: colour,
    filter: (plot, index) => lonePoints(Array.from(plot.data[index] ?? [], (value) => value ?? null)),
  };
  switch (series.shape) {
    case 'events':
      return {
        ...common,
        width: 0,
        points: { ...points, size: 5, filter: (plot, index) => nonZeroPoints(plot.data[index] ?? []) },
      };
    case 'line':
      return { ...common, width: 1.75, points };
    case 'faint':
      return { ...common, width: 1, points };
    case 'bars':
      return {
        ...common,
        width: 0,
        fill: colour,
        points: { show: false },
        paths: uPlot.paths.bars?.({ size: [0.9, 14, 1] }),
      };
  }
}

function nonZeroPoints(line: ArrayLike<number | null | undefined>): number[] {
  return Array.from(line, (value, index) => ((value ?? 0) === 0 ? -1 : index)).filter((index) => index >= 0);
}

function valueScale(unit: Unit): uPlot.Scale {
  switch (unit) {
    case 'duration-log':
      return {
        distr: 3,
        range: (_plot, min, max) => (isMissing(min, max) ? [1e3, 1e6] : [min / 1.2, max * 1.2]),
      };
    case 'duration':
      return {
        range: (_plot, min, max) =>
          isMissing(min, max) ? [0, 1e6] : [padded(Math.min(0, min)), padded(Math.max(0, max))],
      };
    case 'percent':
      return { range: (_plot, min, max) => [0, isMissing(min, max) ? 1 : Math.min(100, Math.max(1, padded(max)))] };
    case 'count':
      return { range: (_plot, min, max) => [0, isMissing(min, max) ? 10 : Math.max(10, padded(max))] };
    case 'bits':
      // More room above than packets have: packets of one size would else draw both lines on top of each other.
      return { range: (_plot, min, max) => [0, isMissing(min, max) ? 1e3 : Math.max(1e3, max * 1.45)] };
  }
}

/** uPlot passes null for a scale without values, whatever its types say. */
function isMissing(min: number | null, max: number | null): boolean {
  return min === null || max === null;
}

function padded(limit: number): number {
  return limit * 1.08;
}

function timeAxis(palette: Palette): uPlot.Axis {
  return {
    stroke: palette.axis,
    font: FONT,
    size: 30,
    space: 80,
    incrs: TIME_STEPS_SECONDS,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { stroke: palette.grid, width: 1, size: 4 },
    values: (_plot, splits, _axis, _space, step) => splits.map((second) => formatClock(second, step < 60)),
  };
}

function valueAxis(side: 'left' | 'right', unit: Unit, palette: Palette): uPlot.Axis {
  return {
    scale: side,
    side: side === 'left' ? 3 : 1,
    stroke: palette.axis,
    font: FONT,
    // Room for the longest label, "−999.5 µs": uPlot would clip it.
    size: 68,
    space: 34,
    grid: { show: side === 'left', stroke: palette.grid, width: 1 },
    ticks: { show: false },
    ...tickLabels(unit),
  };
}

function tickLabels(unit: Unit): Pick<uPlot.Axis, 'values' | 'splits' | 'incrs' | 'filter'> {
  switch (unit) {
    case 'duration':
      return { values: (_plot, splits) => formatDurationTicks(splits) };
    case 'duration-log':
      return {
        splits: logSplits,
        filter: (_plot, splits) => splits,
        values: (_plot, splits) => splits.map(formatDurationTick),
      };
    case 'count':
      return { incrs: COUNT_STEPS, values: (_plot, splits) => splits.map((value) => formatMetricTick(value)) };
    case 'bits':
      return { values: (_plot, splits) => splits.map((value) => formatMetricTick(value, 'bit/s')) };
    case 'percent':
      return { values: (_plot, splits) => splits.map((value) => `${formatMetricTick(value)} %`) };
  }
}

/** 1-2-5 steps while they fit, decades beyond. */
function logSplits(_plot: uPlot, _axis: number, min: number, max: number): number[] {
  const decades = Math.log10(max / min);
  const steps = decades <= 2.5 ? [1, 2, 5] : [1];
  const splits: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= min * 0.999 && value <= max * 1.001) splits.push(value);
    }
  }
  return splits;
}

/** Where values may be negative, zero is the line that matters. */
function drawZeroLine(plot: uPlot, palette: Palette): void {
  const scale = plot.scales.left;
  if (scale?.min === undefined || scale.distr === 3 || scale.min >= 0) return;
  const y = Math.round(plot.valToPos(0, 'left', true));
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = palette.zero;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
