/** Which rows of a long list are worth drawing. Pure. */
export interface RowRange {
  readonly first: number;
  /** One after the last. */
  readonly end: number;
}

/** Rows drawn above and below what is visible, so that a quick scroll shows no empty space. */
const MARGIN_ROWS = 8;

/** @param scrollPx how far the first row has been scrolled away. */
export function visibleRows(count: number, rowPx: number, scrollPx: number, viewPx: number): RowRange {
  const first = Math.max(0, Math.floor(scrollPx / rowPx) - MARGIN_ROWS);
  const end = Math.min(count, Math.ceil((scrollPx + viewPx) / rowPx) + MARGIN_ROWS);
  return { first: Math.min(first, end), end: Math.max(0, end) };
}

/** Where to scroll so that row `index` is whole in view; the present position if it is already. */
export function scrollToShow(index: number, rowPx: number, scrollPx: number, viewPx: number): number {
  const top = index * rowPx;
  if (top < scrollPx) return top;
  const bottom = top + rowPx;
  return bottom > scrollPx + viewPx ? bottom - viewPx : scrollPx;
}
