import type { TablerIcon } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Messages, Strings } from '../strings/define-strings.ts';
import { useFormat } from '../strings/use-format.ts';
import { type Translate, useStrings } from '../strings/use-strings.ts';
import type { Filter } from './filter-bar.tsx';

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
  icon?: TablerIcon;
  onClick(): void;
  danger?: boolean;
  disabled?: boolean;
}

type KeyOf<S extends { en: Messages }> = keyof S['en'] & string;
/** What a cell is written with. `context`: what the screen gives its columns. */
interface Words<M extends Messages, Context> {
  t: Translate<M>;
  format: ReturnType<typeof useFormat>;
  context: Context;
}

/** Columns at module scope. The head is the sentence `header` of the catalog; absent: the one that is called as the column. */
export type Columns<Row, S extends { en: Messages }, Context = undefined> = readonly (Omit<
  Column<Row>,
  'id' | 'header' | 'cell' | 'csv'
> & {
  /** What a CSV has: a field, or several with the sentences of their heads; false: nothing. Absent: the field that is called as the column. */
  csv?: string | Readonly<Record<string, KeyOf<S>>> | false;
  cell(row: Row, words: Words<S['en'], Context>): ReactNode;
} & ({ id: KeyOf<S>; header?: KeyOf<S> } | { id: string; header: KeyOf<S> }))[];

export function useColumns<Row, M extends Messages, Context = undefined>(
  columns: Columns<Row, { en: M }, Context>,
  strings: Strings<M>,
  ...[context]: undefined extends Context ? [] : [context: Context]
): readonly Column<Row>[] {
  const t = useStrings(strings);
  const words = { t, format: useFormat(), context: context as Context };
  const say = t as unknown as (key: string) => string;
  return columns.map(({ header: key, cell, csv, ...rest }) => {
    const header = say(key ?? rest.id);
    const fields =
      typeof csv === 'object'
        ? Object.entries<string>(csv).map(([field, head]) => ({ field, heading: say(head) }))
        : csv === false
          ? []
          : [{ field: csv ?? rest.id, heading: header }];
    return { ...rest, header, csv: fields, cell: (row: Row) => cell(row, words) };
  });
}

/** Filters at module scope, named as columns are. Options are sentences of the catalog, by their values. */
export type Filters<S extends { en: Messages }> = readonly ((
  | { kind: 'choice'; options: readonly KeyOf<S>[] | Readonly<Record<string, KeyOf<S>>> }
  | { kind: 'text' | 'day' }
) &
  ({ key: KeyOf<S>; label?: KeyOf<S> } | { key: string; label: KeyOf<S> }))[];

export function useFilters<M extends Messages>(
  filters: Filters<{ en: M }>,
  strings: Strings<M>,
): readonly Filter[] {
  const t = useStrings(strings) as unknown as (key: string) => string;
  return filters.map((one): Filter => {
    const { key } = one;
    const label = t(one.label ?? key);
    if (one.kind !== 'choice') return { key, label, kind: one.kind };
    const options = Array.isArray(one.options)
      ? one.options.map((value: string) => [value, value] as const)
      : Object.entries(one.options as Readonly<Record<string, string>>);
    return {
      key,
      label,
      kind: 'choice',
      options: options.map(([value, sentence]) => ({ value, label: t(sentence) })),
    };
  });
}
