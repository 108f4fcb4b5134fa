import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { describeChart, formatValue, type ChartModel } from './chart-model.ts';
import { formatClock } from './format.ts';
import type { Mark, Palette } from './palette.ts';
import { plotData, plotKey, plotOptions } from './plot.ts';
import { countPoints } from './series.ts';

interface ChartProps {
  readonly model: ChartModel;
  /** Whose packets these are: "all traffic", or the flow. */
  readonly scope: string;
  readonly palette: Palette;
  /** What to say while there is nothing to draw. */
  readonly emptyText: string;
  readonly heightPx: number;
  /** Buttons that belong to this chart alone. */
  readonly controls?: JSX.Element;
}

/** A chart with its title, notes and a legend that shows the values under the cursor, the newest ones otherwise. */
export function Chart({ model, scope, palette, emptyText, heightPx, controls }: ChartProps): JSX.Element {
  const [cursor, setCursor] = useState<number | null>(null);
  const [hidden, setHidden] = useState<ReadonlySet<Mark>>(new Set());
  const plotRef = usePlot(model, palette, heightPx, hidden, setCursor);
  const points = countPoints(model.series.find((series) => series.mark === model.main)?.line);
  const toggle = (mark: Mark): void => {
    setHidden(hidden.has(mark) ? new Set([...hidden].filter((other) => other !== mark)) : new Set([...hidden, mark]));
  };
  return (
    <section
      class="chart"
      data-testid={`chart-${model.id}`}
      data-points={points}
      aria-label={`${model.title}, ${scope}`}
    >
      <div class="chart-head">
        <h2>
          {model.title} <span class="scope">{scope}</span>
        </h2>
        {controls}
      </div>
      {model.notes.map((note) => (
        <p class="note" key={note}>
          {note}
        </p>
      ))}
      <div class="plot" ref={plotRef} role="img" aria-label={describeChart(model, scope)} />
      {points === 0 ? <p class="chart-empty">{emptyText}</p> : null}
      <Legend model={model} index={cursor} hidden={hidden} onToggle={toggle} />
    </section>
  );
}

/** Keeps one uPlot in step with the model; the answer goes on the element that holds it. */
function usePlot(
  model: ChartModel,
  palette: Palette,
  heightPx: number,
  hidden: ReadonlySet<Mark>,
  onCursor: (index: number | null) => void,
): { current: HTMLDivElement | null } {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const key = plotKey(model);
  useEffect(() => {
    const element = holder.current;
    if (element === null) return undefined;
    const size = { width: Math.max(1, element.clientWidth), height: heightPx };
    const made = new uPlot(plotOptions(model, palette, size, onCursor), plotData(model), element);
    plot.current = made;
    const resizes = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height: heightPx });
    });
    resizes.observe(element);
    return () => {
      resizes.disconnect();
      made.destroy();
      plot.current = null;
    };
    // The model's values are brought in below; only what shapes the plot makes a new one.
  }, [key, palette, heightPx]);
  useEffect(() => plot.current?.setData(plotData(model)), [model]);
  useEffect(() => {
    model.series.forEach((series, index) => {
      const show = !hidden.has(series.mark);
      if (plot.current !== null && plot.current.series[index + 1]?.show !== show)
        plot.current.setSeries(index + 1, { show });
    });
  }, [hidden, key, palette, heightPx]);
  return holder;
}

interface LegendProps {
  readonly model: ChartModel;
  readonly index: number | null;
  readonly hidden: ReadonlySet<Mark>;
  readonly onToggle: (mark: Mark) => void;
}

function Legend({ model, index, hidden, onToggle }: LegendProps): JSX.Element {
  const shown = index ?? model.seconds.length - 1;
  const second = model.seconds[shown];
  const entries = useMemo(
    () => model.series.map(({ mark, label, unit, line }) => ({ mark, label, unit, line })),
    [model],
  );
  return (
    <div class="legend">
      <span class="legend-time">{second === undefined ? '' : formatClock(second, true)}</span>
      {entries.map(({ mark, label, unit, line }) => (
        <button
          key={mark}
          type="button"
          aria-pressed={!hidden.has(mark)}
          title={`Show or hide ${label}`}
          onClick={() => onToggle(mark)}
        >
          <span class={`mark mark-${mark}`} aria-hidden="true" />
          {label} <span class="value">{formatValue(line[shown], unit)}</span>
        </button>
      ))}
    </div>
  );
}
