import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Flow } from '../../src/sink/messages.ts';
import { nextSort, type Column, type Sort } from './flow-table-model.ts';
import { scrollToShow, visibleRows } from './virtual-rows.ts';

/** As the style sheet draws it. */
const HEADER_PX = 34;

interface FlowGridProps {
  readonly rows: readonly Flow[];
  readonly columns: readonly Column[];
  /** Height of every row as the style sheet draws it; virtual scrolling depends on it. */
  readonly rowPx: number;
  readonly sort: Sort;
  readonly selected: string | null;
  readonly onSort: (sort: Sort) => void;
  readonly onSelect: (flow: string) => void;
  /** The pointer came over the rows, or left them: rows must not move away under it. */
  readonly onPointer: (inside: boolean) => void;
}

/** The rows in a box of their own that scrolls; only visible ones are in the document. */
export function FlowGrid({
  rows,
  columns,
  rowPx,
  sort,
  selected,
  onSort,
  onSelect,
  onPointer,
}: FlowGridProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrollPx: 0, heightPx: 600 });
  const [activeId, setActiveId] = useState<string | null>(null);
  const measure = (): void => {
    if (box.current !== null) setView({ scrollPx: box.current.scrollTop, heightPx: box.current.clientHeight });
  };
  useEffect(() => {
    if (box.current === null) return undefined;
    const resizes = new ResizeObserver(measure);
    resizes.observe(box.current);
    return () => resizes.disconnect();
  }, []);
  const range = visibleRows(rows.length, rowPx, view.scrollPx, view.heightPx);
  const activeIndex = rows.findIndex((row) => row.id === (activeId ?? selected));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const active = rows[activeIndex];
    if (active !== undefined && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      onSelect(active.id);
      return;
    }
    const next = keyTarget(event.key, activeIndex, rows.length);
    const row = next === null ? undefined : rows[next];
    if (next === null || row === undefined) return;
    event.preventDefault();
    setActiveId(row.id);
    // The header stays in view and covers the top of the box.
    if (box.current !== null)
      box.current.scrollTop = scrollToShow(next, rowPx, box.current.scrollTop, box.current.clientHeight - HEADER_PX);
  };
  return (
    <div class="flow-box" ref={box} onScroll={measure}>
      <table
        class="flows"
        role="grid"
        aria-label="Flows; arrow keys move, Enter selects"
        aria-rowcount={rows.length + 1}
        aria-activedescendant={
          activeIndex >= range.first && activeIndex < range.end ? `flow-${rows[activeIndex]?.id}` : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <HeaderRow columns={columns} sort={sort} onSort={onSort} />
        <tbody onPointerEnter={() => onPointer(true)} onPointerLeave={() => onPointer(false)}>
          <Spacer heightPx={range.first * rowPx} />
          {rows.slice(range.first, range.end).map((flow, offset) => (
            <FlowRow
              key={flow.id}
              flow={flow}
              columns={columns}
              index={range.first + offset}
              active={range.first + offset === activeIndex}
              selected={flow.id === selected}
              onSelect={() => {
                setActiveId(flow.id);
                onSelect(flow.id);
              }}
            />
          ))}
          <Spacer heightPx={(rows.length - range.end) * rowPx} />
        </tbody>
      </table>
    </div>
  );
}

function keyTarget(key: string, active: number, count: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(count - 1, active + 1);
    case 'ArrowUp':
      return Math.max(0, active - 1);
    case 'PageDown':
      return Math.min(count - 1, active + 10);
    case 'PageUp':
      return Math.max(0, active - 10);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return null;
  }
}

function Spacer({ heightPx }: { readonly heightPx: number }): JSX.Element | null {
  return heightPx === 0 ? null : <tr class="spacer" aria-hidden="true" style={{ height: `${heightPx}px` }} />;
}

interface HeaderRowProps {
  readonly columns: readonly Column[];
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

function HeaderRow({ columns, sort, onSort }: HeaderRowProps): JSX.Element {
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map((column) => {
          const direction = sort.descending ? 'descending' : 'ascending';
          const sorted = column.key === sort.key;
          const sign = (
            <span class="direction" aria-hidden="true">
              {sorted ? (sort.descending ? '▼' : '▲') : ''}
            </span>
          );
          return (
            <th key={column.key} scope="col" class={cellClass(column)} aria-sort={sorted ? direction : 'none'}>
              <button type="button" onClick={() => onSort(nextSort(sort, column))}>
                {/* Before a figure's label, so that the label stays above the right-aligned figures. */}
                {column.numeric ? sign : null}
                {column.label}
                {column.numeric ? null : sign}
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function cellClass(column: Column): string {
  return column.numeric ? `numeric column-${column.key}` : `column-${column.key}`;
}

interface FlowRowProps {
  readonly flow: Flow;
  readonly columns: readonly Column[];
  readonly index: number;
  readonly active: boolean;
  readonly selected: boolean;
  readonly onSelect: () => void;
}

function FlowRow({ flow, columns, index, active, selected, onSelect }: FlowRowProps): JSX.Element {
  return (
    <tr
      id={`flow-${flow.id}`}
      class={active ? 'active' : ''}
      data-testid="flow-row"
      data-flow={flow.id}
      aria-rowindex={index + 2}
      aria-selected={selected}
      onClick={onSelect}
    >
      {columns.map((column) => {
        const text = column.text(flow);
        const alarming = column.key === 'lost' && text !== '0' && text !== '–';
        return (
          <td
            key={column.key}
            class={alarming ? `${cellClass(column)} alarming` : cellClass(column)}
            title={column.numeric ? undefined : text}
          >
            {text}
          </td>
        );
      })}
    </tr>
  );
}
