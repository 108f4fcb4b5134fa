import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Flow } from '../../src/sink/messages.ts';
import { Choice } from './choice.tsx';
import { FlowGrid } from './flow-grid.tsx';
import { filterFlows, flowColumns, holdOrder, sortFlows, type Basis } from './flow-table-model.ts';
import { formatCount } from './format.ts';
import { useNarrow } from './narrow.ts';
import type { ViewState } from './view-state.ts';

/** Heights of rows as the style sheet draws them. */
const ROW_PX = 34;
const NARROW_ROW_PX = 52;

interface FlowTableProps {
  readonly flows: readonly Flow[];
  /** How many flows the sink knows, sent or not. */
  readonly known: number;
  readonly view: Pick<ViewState, 'flow' | 'filter' | 'sort' | 'basis'>;
  readonly onView: (change: Partial<ViewState>) => void;
}

export function FlowTable({ flows, known, view, onView }: FlowTableProps): JSX.Element {
  const narrow = useNarrow();
  const columns = useMemo(() => flowColumns(view.basis, narrow), [view.basis, narrow]);
  const [heldIds, setHeldIds] = useState<readonly string[] | null>(null);
  const sorted = useMemo(() => {
    const matching = filterFlows(flows, view.filter);
    return heldIds === null ? sortFlows(matching, view.sort, columns) : holdOrder(matching, heldIds);
  }, [flows, view.filter, view.sort, columns, heldIds]);
  const hold = (): void => setHeldIds(sorted.map((flow) => flow.id));
  return (
    <section class="panel" aria-label="Flows">
      <div class="chart-head">
        <h2>
          Flows <span class="scope">{countText(flows.length, known, sorted.length)}</span>
        </h2>
        <input
          type="search"
          placeholder="Filter: address, port, protocol, node"
          aria-label="Filter flows"
          data-testid="flow-filter"
          value={view.filter}
          maxLength={200}
          onInput={(event) => onView({ filter: event.currentTarget.value })}
        />
        <Choice<Basis>
          label="Figures of"
          options={[
            { value: 'second', text: 'Last second' },
            { value: 'start', text: 'Since start' },
          ]}
          value={view.basis}
          onChoose={(basis) => onView({ basis })}
        />
      </div>
      <FlowGrid
        rows={sorted}
        columns={columns}
        rowPx={narrow ? NARROW_ROW_PX : ROW_PX}
        sort={view.sort}
        selected={view.flow}
        onSort={(sort) => {
          setHeldIds(null);
          onView({ sort });
        }}
        onSelect={(flow) => onView({ flow })}
        onPointer={(inside) => (inside ? hold() : setHeldIds(null))}
      />
      {sorted.length === 0 ? (
        <p class="table-empty">{flows.length === 0 ? 'No flows yet.' : 'No flow matches the filter.'}</p>
      ) : null}
      {known > flows.length ? (
        <p class="scope">{`${formatCount(known - flows.length)} less active flows are known to the sink and not listed here.`}</p>
      ) : null}
    </section>
  );
}

function countText(sent: number, known: number, matching: number): string {
  const all = known > sent ? `the ${formatCount(sent)} most active of ${formatCount(known)}` : formatCount(sent);
  return matching === sent ? all : `${formatCount(matching)} of ${all}`;
}
