/** Colours of the chart's lines; each is a custom property `--<name>` of the style sheet. */
export const MARKS = [
  'min',
  'p50',
  'p90',
  'p99',
  'p999',
  'max',
  'lost',
  'loss-share',
  'reordered',
  'duplicates',
  'packets',
  'bits',
] as const;
export type Mark = (typeof MARKS)[number];

/** Resolved colours for a canvas, which knows no custom properties. */
export interface Palette {
  readonly axis: string;
  readonly grid: string;
  readonly zero: string;
  readonly band: string;
  readonly mark: (mark: Mark) => string;
}

/** Reads the colours of the theme on screen. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const marks = new Map(MARKS.map((mark) => [mark, colour(`--${mark}`)]));
  return {
    axis: colour('--muted'),
    grid: colour('--grid'),
    zero: colour('--ink'),
    band: colour('--band'),
    mark: (mark) => marks.get(mark) ?? colour('--ink'),
  };
}
