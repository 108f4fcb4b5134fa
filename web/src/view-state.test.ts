import { expect, test } from 'vitest';
import { DEFAULT_VIEW, formatView, parseView, type ViewState } from './view-state.ts';

test('the default view needs no fragment', () => {
  expect(formatView(DEFAULT_VIEW)).toBe('');
  expect(parseView('')).toEqual(DEFAULT_VIEW);
  expect(parseView('#')).toEqual(DEFAULT_VIEW);
});

test('a view survives the way through the address', () => {
  const view: ViewState = {
    flow: '0123abcd',
    spanMinutes: 15,
    latencyScale: 'linear',
    theme: 'dark',
    filter: 'fd00::1 & udp #1 100%',
    sort: { key: 'p99', descending: false },
    basis: 'start',
  };
  expect(parseView(formatView(view))).toEqual(view);
});

test.each([
  '#span=7',
  '#sort=evil.desc',
  '#theme=pink',
  '#scale=',
  '#%E0%A4%A',
  '#flow=',
  `#flow=${'x'.repeat(41)}`,
  '#=&&=',
])('takes %s for the default view', (hash) => {
  expect(parseView(hash)).toEqual(DEFAULT_VIEW);
});

test('cuts an endless filter', () => {
  expect(parseView(`#filter=${'x'.repeat(1000)}`).filter).toHaveLength(200);
});
