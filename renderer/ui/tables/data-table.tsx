import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { createColumnHelper, type RowData, tableFeatures, useTable } from '@tanstack/react-table';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { Button } from '../controls/button.tsx';
import { useFormat } from '../format/use-format.ts';
import { Row } from '../layout/layout.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import type { Column, RowAction, Selection, Sort } from './column.ts';
import { MenuHead, RowMenu, SelectAll, SelectionBar, SelectOne, SortableHead } from './row-parts.tsx';
import styles from './table.module.css';
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

/** True after so many milliseconds: what loads at once shows no skeleton. */
function useLater(milliseconds: number): boolean {
  const [later, setLater] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLater(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return later;
}

/** Rows of the shape that is coming, after 150 ms. */
function SkeletonRows({
  label,
  headers,
  rows = 6,
}: {
  label: string;
  headers: readonly string[];
  rows?: number;
}) {
  const t = useStrings(uiStrings);
  const later = useLater(150);
  return (
    <table className={styles.table} aria-label={`${label}, ${t('loading')}`} aria-busy="true">
      <thead>
        <tr>
          {headers.map((header) => (
            <th key={header} scope="col">
              {header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: rows }, (_, row) => (
          <tr key={row}>
            {headers.map((header, column) => (
              <td key={header}>
                {later && (
                  <span
                    className={styles.skeleton}
                    style={{ width: `${[72, 48, 32, 56][(row + column) % 4]}%` }}
                  />
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** "Rows 1–50 of 3,418", and the way to the pages before and after. Nothing where everything fits on one page. */
function TableFoot({
  pages,
  next,
  limit,
  shown,
  total,
  totalIsBound = false,
}: {
  pages: Pages;
  next: string | null | undefined;
  limit: number;
  shown: number;
  total?: number;
  /** There are more than `total`. */
  totalIsBound?: boolean;
}) {
  const t = useStrings(uiStrings);
  const format = useFormat();
  const hasNext = next !== undefined && next !== null;
  const from = pages.before === undefined ? undefined : pages.before * limit + 1;
  const range = from === undefined ? undefined : { from, to: from + shown - 1 };
  const all = total === undefined ? undefined : format.count(total);
  return (
    <div className={styles.foot}>
      <span className="num">
        {range &&
          (all === undefined
            ? t('rowsShown', range)
            : t('rowsShownOf', { ...range, total: totalIsBound ? t('moreThanTotal', { total: all }) : all }))}
      </span>
      {(hasNext || pages.after !== undefined) && (
        <Row gap={8} wrap={false}>
          <Button
            small
            icon={pages.before !== undefined}
            disabled={pages.after === undefined}
            aria-label={pages.before === undefined ? t('firstPage') : t('previousPage')}
            onClick={pages.before === undefined ? pages.first : pages.previous}
          >
            <IconChevronLeft size={18} stroke={1.75} aria-hidden="true" />
            {pages.before === undefined && t('firstPage')}
          </Button>
          <Button
            small
            icon
            disabled={!hasNext}
            aria-label={t('nextPage')}
            onClick={() => hasNext && pages.next(next)}
          >
            <IconChevronRight size={18} stroke={1.75} aria-hidden="true" />
          </Button>
        </Row>
      )}
    </div>
  );
}
