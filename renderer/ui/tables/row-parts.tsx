import { Menu } from '@mantine/core';
import { IconArrowDown, IconArrowsSort, IconArrowUp, IconDots } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Button } from '../controls/button.tsx';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import { type Column, nextSort, type RowAction, type Selection, type Sort } from './column.ts';
import styles from './table.module.css';

/** A head that sorts. */
export function SortableHead({
  column: { id, header },
  sort: { now, change },
  className,
}: {
  column: Pick<Column<never>, 'id' | 'header'>;
  sort: { now: Sort | undefined; change(sort: Sort): void };
  className: string | undefined;
}) {
  const is = now?.by === id ? (now.descending ? 'descending' : 'ascending') : 'none';
  const Icon = { ascending: IconArrowUp, descending: IconArrowDown, none: IconArrowsSort }[is];
  return (
    <th scope="col" aria-sort={is} className={className}>
      <button type="button" className={styles.sort} onClick={() => change(nextSort(now, id))}>
        {header}
        <Icon size={14} stroke={1.75} aria-hidden="true" style={{ opacity: is === 'none' ? 0.5 : 1 }} />
      </button>
    </th>
  );
}

/** The ⋯ at the end of a row; nothing where there is nothing to do. */
export function RowMenu({
  name,
  actions,
}: {
  name: string;
  actions: readonly (RowAction | false | undefined)[];
}) {
  const t = useStrings(uiStrings);
  const offered = actions.filter((action) => action !== false && action !== undefined);
  if (offered.length === 0) return null;
  return (
    <Menu>
      <Menu.Target>
        <Button kind="quiet" small icon aria-label={t('actionsFor', { name })}>
          <IconDots size={18} stroke={1.75} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {offered.map(({ label, onClick, danger, disabled }) => (
          <Menu.Item
            key={label}
            onClick={onClick}
            disabled={disabled}
            style={danger ? { color: 'var(--bad)' } : undefined}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The box in the head: every row of this page. */
export function SelectAll({
  ids,
  selection: { selected, change },
}: {
  ids: readonly string[];
  selection: Selection;
}) {
  const t = useStrings(uiStrings);
  return (
    <th className={styles.check}>
      <input
        type="checkbox"
        aria-label={t('selectAll')}
        checked={ids.every((id) => selected.has(id))}
        onChange={(event) => change(new Set(event.target.checked ? ids : []))}
      />
    </th>
  );
}

export function SelectOne({
  id,
  name,
  selection: { selected, change },
}: {
  id: string;
  name: string;
  selection: Selection;
}) {
  const t = useStrings(uiStrings);
  return (
    <td className={styles.check}>
      <input
        type="checkbox"
        aria-label={t('selectRow', { name })}
        checked={selected.has(id)}
        onChange={(event) =>
          change(
            event.target.checked
              ? new Set([...selected, id])
              : new Set([...selected].filter((one) => one !== id)),
          )
        }
      />
    </td>
  );
}

export function MenuHead() {
  const t = useStrings(uiStrings);
  return (
    <th className={styles.menu}>
      <span className="sr">{t('actions')}</span>
    </th>
  );
}

/** What can be done with the selected rows. */
export function SelectionBar({
  count,
  clear,
  children,
}: {
  count: number;
  clear(): void;
  children: ReactNode;
}) {
  const t = useStrings(uiStrings);
  return (
    <div className={styles.selection} role="status">
      <span>{t('selected', { count })}</span>
      {children}
      <Button kind="quiet" small onClick={clear}>
        {t('clearSelection')}
      </Button>
    </div>
  );
}
