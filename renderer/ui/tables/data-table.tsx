import { Menu } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconDots } from '@tabler/icons-react';
import { type ComponentProps, type ReactNode, useEffect, useState } from 'react';
import { Button } from '../controls/button.tsx';
import { Row } from '../layout/layout.tsx';
import { type Empty, EmptyState } from '../layout/note.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useFormat } from '../strings/use-format.ts';
import { useStrings } from '../strings/use-strings.ts';
import type { Column, RowAction } from './declared.ts';
import styles from './table.module.css';
import type { Pages } from './use-pages.ts';

export interface DataTableProps<Row> {
  /** What the table lists, for a screen reader. */
  label: string;
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
  pages?: {
    pages: Pages;
    next: string | null | undefined;
    limit: number;
    total?: number;
  };
  /** In the foot: what can be done with the whole list. */
  tools?: ReactNode;
  actions?(row: Row): readonly (RowAction | false | undefined)[];
  /** What failed, in the place of the rows. */
  failed?: ReactNode;
  /** Nothing matches the filters: takes them away. Absent: no filter is set. */
  clearFilters?: () => void;
  /** Nothing is here for the first time: see EmptyState. */
  empty?: Empty | null;
}

const classOf = ({ number, priority }: Pick<Column<never>, 'number' | 'priority'>) =>
  [number && styles.number, priority && styles[`p${priority}`]].filter(Boolean).join(' ') || undefined;

/** A list of the product: see section 7 of the design guide for how it behaves. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, busy = false, filters, failed, clearFilters, empty, pages, tools } = props;
  if (
    rows?.length === 0 &&
    !failed &&
    clearFilters === undefined &&
    empty !== undefined &&
    !pages?.pages.after
  )
    return <div className={styles.box}>{empty && <EmptyState {...empty} />}</div>;
  const showsRows = !failed && (rows === undefined || rows.length > 0);
  return (
    <div className={styles.box} data-foot={(pages || tools) && showsRows ? true : undefined}>
      {filters !== undefined && <div className={styles.bar}>{filters}</div>}
      {failed && <div className={styles.bar}>{failed}</div>}
      {showsRows &&
        (rows === undefined ? (
          <SkeletonRows label={label} headers={columns.map(({ header }) => header)} />
        ) : (
          <Rows {...props} rows={rows} busy={busy} />
        ))}
      {rows?.length === 0 && !failed && <NothingFound clear={clearFilters} />}
      {pages && showsRows && rows && <TableFoot {...pages} tools={tools} shown={rows.length} />}
      {!pages && tools && showsRows && rows && (
        <div className={styles.foot}>
          <span className={styles.tools}>{tools}</span>
        </div>
      )}
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

function Rows<Row>({
  label,
  columns,
  rows,
  rowId,
  rowName = rowId,
  currentRow,
  busy,
  secondLine,
  actions,
}: DataTableProps<Row> & { rows: readonly Row[] }) {
  const t = useStrings(uiStrings);
  return (
    <table className={styles.table} aria-label={label} aria-busy={busy || undefined}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.id} scope="col" className={classOf(column)}>
              {column.header}
            </th>
          ))}
          {actions && (
            <th className={styles.menu}>
              <span className="sr">{t('actions')}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const id = rowId(row);
          return (
            <tr key={id} aria-current={id === currentRow || undefined}>
              {columns.map((column, index) => (
                <td key={column.id} className={classOf(column)}>
                  {column.cell(row)}
                  {index === 0 && secondLine && <div className={styles.narrow}>{secondLine(row)}</div>}
                </td>
              ))}
              {actions && (
                <td className={styles.menu}>
                  <ActionMenu kind="quiet" small name={rowName(row)} actions={actions(row)} />
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** The ⋯ at the end of a row, or of what a page can do; nothing where there is nothing to do. `label`: in the place of "Actions for …". */
export function ActionMenu({
  name = '',
  label,
  actions,
  ...button
}: {
  name?: string;
  label?: string;
  actions: readonly (RowAction | false | undefined)[];
} & Pick<ComponentProps<typeof Button>, 'kind' | 'small'>) {
  const t = useStrings(uiStrings);
  const offered = actions.filter((action) => action !== false && action !== undefined);
  if (offered.length === 0) return null;
  return (
    <Menu>
      <Menu.Target>
        <Button {...button} square aria-label={label ?? t('actionsFor', { name })}>
          <IconDots size={18} stroke={1.75} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {offered.map(({ label, icon: Icon, onClick, danger, disabled }) => (
          <Menu.Item
            key={label}
            onClick={onClick}
            disabled={disabled}
            leftSection={Icon && <Icon size={16} stroke={1.75} />}
            style={danger ? { color: 'var(--bad)' } : undefined}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
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
function SkeletonRows({ label, headers }: { label: string; headers: readonly string[] }) {
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
        {Array.from({ length: 6 }, (_, row) => (
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
  tools,
}: {
  tools?: ReactNode;
  pages: Pages;
  next: string | null | undefined;
  limit: number;
  shown: number;
  total?: number;
}) {
  const t = useStrings(uiStrings);
  const format = useFormat();
  const hasNext = next !== undefined && next !== null;
  const from = pages.before === undefined ? undefined : pages.before * limit + 1;
  const range = from === undefined ? undefined : { from, to: from + shown - 1 };
  return (
    <div className={styles.foot}>
      <span className="num">
        {range &&
          (total === undefined
            ? t('rowsShown', range)
            : t('rowsShownOf', { ...range, total: format.count(total) }))}
      </span>
      {tools && <span className={styles.tools}>{tools}</span>}
      {(hasNext || pages.after !== undefined) && (
        <Row gap={8} wrap={false}>
          <Button
            small
            square={pages.before !== undefined}
            disabled={pages.after === undefined}
            aria-label={pages.before === undefined ? t('firstPage') : t('previousPage')}
            onClick={pages.before === undefined ? pages.first : pages.previous}
          >
            <IconChevronLeft size={18} stroke={1.75} aria-hidden="true" />
            {pages.before === undefined && t('firstPage')}
          </Button>
          <Button
            small
            square
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
