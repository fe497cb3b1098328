import type { ReactNode } from 'react';

/** One column of a DataTable. The first one is the object as a link; then its state, figures, times. */
export interface Column<Row> {
  id: string;
  header: string;
  cell(row: Row): ReactNode;
  /** Right-aligned, tabular figures. */
  number?: boolean;
  /** What a CSV of the list has for it. */
  csv?: readonly CsvField[];
  /** 2: not on phones; 3: not under 1180 px either. Absent: always there. */
  priority?: 2 | 3;
}

/** A field of the rows, `profile.slug`, under a heading. */
export interface CsvField {
  field: string;
  heading: string;
}

export interface RowAction {
  label: string;
  onClick(): void;
  danger?: boolean;
  disabled?: boolean;
}
