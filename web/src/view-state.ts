import { COLUMN_KEYS, DEFAULT_SORT, type Basis, type Sort } from './flow-table-model.ts';

export const SPAN_MINUTES = [1, 5, 15] as const;
export type SpanMinutes = (typeof SPAN_MINUTES)[number];
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
export const LATENCY_SCALES = ['log', 'linear'] as const;
export type LatencyScale = (typeof LATENCY_SCALES)[number];

/** What the reader chose; kept in the address, so that a link shows a colleague the same. */
export interface ViewState {
  /** Selected flow; null: all traffic. */
  readonly flow: string | null;
  readonly spanMinutes: SpanMinutes;
  readonly latencyScale: LatencyScale;
  /** null: the address says nothing, what the browser remembers holds. */
  readonly theme: Theme | null;
  readonly filter: string;
  readonly sort: Sort;
  readonly basis: Basis;
}

export const DEFAULT_VIEW: ViewState = {
  flow: null,
  spanMinutes: 5,
  latencyScale: 'log',
  theme: null,
  filter: '',
  sort: DEFAULT_SORT,
  basis: 'second',
};

/** The longest flow id and filter that the sink takes; longer ones are not ours. */
const FLOW_LIMIT = 40;
const FILTER_LIMIT = 200;

/** Reads the address's fragment. What it does not know or understand keeps its default: an address is anybody's input. */
export function parseView(hash: string): ViewState {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const flow = fields.get('flow');
  return {
    flow: flow === null || flow === '' || flow.length > FLOW_LIMIT ? null : flow,
    spanMinutes: SPAN_MINUTES.find((minutes) => String(minutes) === fields.get('span')) ?? DEFAULT_VIEW.spanMinutes,
    latencyScale: LATENCY_SCALES.find((scale) => scale === fields.get('scale')) ?? DEFAULT_VIEW.latencyScale,
    theme: THEMES.find((theme) => theme === fields.get('theme')) ?? null,
    filter: (fields.get('filter') ?? '').slice(0, FILTER_LIMIT),
    sort: parseSort(fields.get('sort')),
    basis: fields.get('figures') === 'start' ? 'start' : 'second',
  };
}

/** The fragment for a view, without what is default; empty for the default view. */
export function formatView(view: ViewState): string {
  const fields = new URLSearchParams();
  if (view.flow !== null) fields.set('flow', view.flow);
  if (view.spanMinutes !== DEFAULT_VIEW.spanMinutes) fields.set('span', String(view.spanMinutes));
  if (view.latencyScale !== DEFAULT_VIEW.latencyScale) fields.set('scale', view.latencyScale);
  if (view.theme !== null) fields.set('theme', view.theme);
  if (view.filter !== '') fields.set('filter', view.filter);
  const sort = formatSort(view.sort);
  if (sort !== formatSort(DEFAULT_SORT)) fields.set('sort', sort);
  if (view.basis !== DEFAULT_VIEW.basis) fields.set('figures', view.basis);
  const text = fields.toString();
  return text === '' ? '' : `#${text}`;
}

function parseSort(text: string | null): Sort {
  const [name, direction] = (text ?? '').split('.');
  const key = COLUMN_KEYS.find((candidate) => candidate === name);
  return key === undefined ? DEFAULT_SORT : { key, descending: direction !== 'asc' };
}

function formatSort(sort: Sort): string {
  return `${sort.key}.${sort.descending ? 'desc' : 'asc'}`;
}
