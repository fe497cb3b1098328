import type { ReactNode } from 'react';

/** One column of a DataTable. The first one is the object as a link; then its state, figures, times. */
export interface Column<Row> {
  id: string;
  header: string;
  cell(row: Row): ReactNode;
  /** Right-aligned, tabular figures. */
  number?: boolean;
  /** 2: not on phones; 3: not under 1180 px either. Absent: always there. */
  priority?: 2 | 3;
  /** Its head is a button that sorts by this column's id. */
  sortable?: boolean;
}

export interface RowAction {
  label: string;
  onClick(): void;
  danger?: boolean;
  disabled?: boolean;
}

/** Which rows are selected, by their ids. */
export interface Selection {
  selected: ReadonlySet<string>;
  change(selected: ReadonlySet<string>): void;
}

export interface Sort {
  by: string;
  descending: boolean;
}

/** `-createdAt`: how a sort stands in the address. */
export const readSort = (text: string | undefined): Sort | undefined =>
  text === undefined || text === ''
    ? undefined
    : text.startsWith('-')
      ? { by: text.slice(1), descending: true }
      : { by: text, descending: false };
export const writeSort = ({ by, descending }: Sort): string => (descending ? `-${by}` : by);

/** The sort after a press on a head: ascending, then descending. */
export const nextSort = (now: Sort | undefined, by: string): Sort => ({
  by,
  descending: now?.by === by && !now.descending,
});
