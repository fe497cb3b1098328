import { createColumnHelper, type RowData, tableFeatures, useTable } from '@tanstack/react-table';
import { type ReactNode, useMemo } from 'react';
import { Button } from '../controls/button.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import type { Column, RowAction, Selection, Sort } from './column.ts';
import { MenuHead, RowMenu, SelectAll, SelectionBar, SelectOne, SortableHead } from './row-parts.tsx';
import { SkeletonRows } from './skeleton-rows.tsx';
import styles from './table.module.css';
import { TableFoot } from './table-foot.tsx';
import type { Pages } from './use-pages.ts';

export interface DataTableProps<Row> {
  /** What the table lists, for a screen reader. */
  label: string;
  /** At module scope or in `useMemo`. */
  columns: readonly Column<Row>[];
  /** Absent: they are being loaded for the first time. */
  rows: readonly Row[] | undefined;
  rowId(row: Row): string;
  /** The row that is shown beside the table. */
  currentRow?: string | undefined;
  /** What the menu and the box of a row call it. */
  rowName?(row: Row): string;
  /** Other rows are on their way, as after a filter was changed: the old ones stay. */
  busy?: boolean;
  /** On phones below the first column: what the hidden columns say. */
  secondLine?(row: Row): ReactNode;
  /** Above the head: see FilterBar. */
  filters?: ReactNode;
  sort?: { now: Sort | undefined; change(sort: Sort): void };
  pages?: {
    pages: Pages;
    next: string | null | undefined;
    limit: number;
    total?: number;
    totalIsBound?: boolean;
  };
  actions?(row: Row): readonly (RowAction | false | undefined)[];
  selection?: Selection & {
    /** At most three, in the bar that shows the count. */
    actions: ReactNode;
  };
  /** What failed, in the place of the rows. */
  failed?: ReactNode;
  /** Nothing matches the filters: takes them away. Absent: no filter is set. */
  clearFilters?: () => void;
  /** Nothing is here for the first time: an EmptyState. */
  empty?: ReactNode;
}

const features = tableFeatures({});
const classOf = ({ number, priority }: Pick<Column<never>, 'number' | 'priority'>) =>
  [number && styles.number, priority && styles[`p${priority}`]].filter(Boolean).join(' ') || undefined;

/** A list of the product: see section 7 of the design guide for how it behaves. */
export function DataTable<Row extends RowData>(props: DataTableProps<Row>) {
  const {
    label,
    columns,
    rows,
    busy = false,
    filters,
    failed,
    clearFilters,
    empty,
    pages,
    selection,
  } = props;
  if (
    rows?.length === 0 &&
    !failed &&
    clearFilters === undefined &&
    empty !== undefined &&
    !pages?.pages.after
  )
    return <div className={styles.box}>{empty}</div>;
  const showsRows = !failed && (rows === undefined || rows.length > 0);
  return (
    <div className={styles.box} data-foot={pages && showsRows ? true : undefined}>
      {filters !== undefined && <div className={styles.bar}>{filters}</div>}
      {selection && selection.selected.size > 0 && (
        <SelectionBar count={selection.selected.size} clear={() => selection.change(new Set())}>
          {selection.actions}
        </SelectionBar>
      )}
      {failed && <div className={styles.bar}>{failed}</div>}
      {showsRows &&
        (rows === undefined ? (
          <SkeletonRows label={label} headers={columns.map(({ header }) => header)} />
        ) : (
          <Rows {...props} rows={rows} busy={busy} />
        ))}
      {rows?.length === 0 && !failed && <NothingFound clear={clearFilters} />}
      {pages && showsRows && rows && <TableFoot {...pages} shown={rows.length} />}
    </div>
  );
}

function NothingFound({ clear }: { clear?: () => void }) {
  const t = useStrings(uiStrings);
  return (
    <div className={styles.empty} role="status">
      <p>{t('nothingFound')}</p>
      {clear && <Button onClick={clear}>{t('clearFilters')}</Button>}
    </div>
  );
}

function Rows<Row extends RowData>({
  label,
  columns,
  rows,
  rowId,
  rowName = rowId,
  currentRow,
  busy,
  secondLine,
  sort,
  actions,
  selection,
}: DataTableProps<Row> & { rows: readonly Row[] }) {
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, Row>();
    return helper.columns(
      columns.map(({ id, header, cell }) =>
        helper.display({ id, header, cell: ({ row }) => cell(row.original) }),
      ),
    );
  }, [columns]);
  const known = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  const data = useMemo(() => [...rows], [rows]);
  const table = useTable({ features, columns: definitions, data, getRowId: (row) => rowId(row) });
  return (
    <table className={styles.table} aria-label={label} aria-busy={busy || undefined}>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {selection && <SelectAll ids={rows.map(rowId)} selection={selection} />}
            {group.headers.map((header) => {
              const column = known.get(header.column.id);
              return column?.sortable && sort ? (
                <SortableHead key={header.id} column={column} sort={sort} className={classOf(column)} />
              ) : (
                <th key={header.id} scope="col" className={column && classOf(column)}>
                  <table.FlexRender header={header} />
                </th>
              );
            })}
            {actions && <MenuHead />}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr
            key={row.id}
            aria-selected={selection?.selected.has(row.id) || undefined}
            aria-current={row.id === currentRow || undefined}
          >
            {selection && <SelectOne id={row.id} name={rowName(row.original)} selection={selection} />}
            {row.getAllCells().map((cell, index) => (
              <td key={cell.id} className={classOf(known.get(cell.column.id) ?? {})}>
                <table.FlexRender cell={cell} />
                {index === 0 && secondLine && <div className={styles.narrow}>{secondLine(row.original)}</div>}
              </td>
            ))}
            {actions && (
              <td className={styles.menu}>
                <RowMenu name={rowName(row.original)} actions={actions(row.original)} />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The object of a row with a second line under it, as a name over an e-mail address. */
export const TwoLines = ({ children, second }: { children: ReactNode; second?: ReactNode }) => (
  <span style={{ display: 'block', minWidth: 0 }}>
    {children}
    {second !== undefined && second !== null && <span className={styles.second}>{second}</span>}
  </span>
);
