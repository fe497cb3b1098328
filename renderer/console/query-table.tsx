import { IconDownload, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { type QueryKey, type UseQueryOptions, useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { isFoundIn } from '../../sdk/admin/fold-case.ts';
import { Button } from '../ui/controls/button.tsx';
import { ExactTime } from '../ui/controls/relative-time.tsx';
import { Row, Stack } from '../ui/layout/layout.tsx';
import { Note } from '../ui/layout/note.tsx';
import { toast } from '../ui/layout/toasts.tsx';
import { defineStrings } from '../ui/strings/define-strings.ts';
import { useStrings } from '../ui/strings/use-strings.ts';
import { DataTable, type DataTableProps } from '../ui/tables/data-table.tsx';
import type { Column, CsvField } from '../ui/tables/declared.ts';
import { type Filter, FilterBar, type FilterValues, type Search } from '../ui/tables/filter-bar.tsx';
import { type Pages, usePages } from '../ui/tables/use-pages.ts';
import { PAGE } from './api/admin.ts';
import { send } from './api/send.ts';
import { ShowCommand } from './command/show-command.tsx';
import de from './list-strings.de.json' with { type: 'json' };
import en from './list-strings.en.json' with { type: 'json' };
import styles from './list-tools.module.css';
import { Refused } from './load-failed.tsx';
import { RunButton } from './operation-form.tsx';
import { useRefusalWords } from './reasons/refusal-words.tsx';
import { csvOfRows, rowsOfCsv } from './rows-of-csv.ts';
import { saveFile } from './save-file.ts';

interface PageQuery<Row> {
  data: { items: readonly Row[]; next?: string | null; damaged?: number } | undefined;
  error: unknown;
  isPlaceholderData: boolean;
  refetch(): unknown;
  source: ListSource;
  live?: LiveList | undefined;
}

interface Filtered {
  /** Chosen from a list, one after another. */
  filters?: readonly Filter[];
  /** What the address says of each; `env` is none of them. */
  values?: object;
  /** The one filter that is a text field of its own. */
  search?: Search;
  /** At the right end of the filters. */
  besideFilters?: ReactNode;
}

/**
 * A DataTable of a list route (`{ items, next }`) that was asked for with `useList(list(…))`. An error stands in the place of the rows, with
 * a way to try again. The cursor of the page is in the address, as `after`, and so are the filters. `shown`: all rows come
 * at once, and these of them are shown. `names`: what a row is called; then `find` of the address is looked for in it.
 */
export function QueryTable<Row>({
  query,
  after,
  total,
  names,
  shown = names && (() => true),
  filters = [],
  values,
  search,
  besideFilters,
  ...rest
}: Omit<DataTableProps<Row>, 'rows' | 'busy' | 'failed' | 'pages' | 'filters' | 'clearFilters' | 'tools'> &
  Filtered & {
    query: PageQuery<Row>;
    after?: string | undefined;
    total?: number | undefined;
    shown?(row: Row): boolean;
    names?(row: Row): readonly (string | undefined)[];
  }) {
  const t = useStrings(listStrings);
  const { data, error, isPlaceholderData, source, live } = query;
  const columns = fieldsOf(rest.columns);
  const pages = useAddressPages(after);
  const change = useAddressFilters();
  const { env: _, ...set } = (values ?? {}) as FilterValues;
  const isFiltered = Object.values(set).some((value) => value !== undefined);
  const isFound = (row: Row) => !names || isFoundIn(set.find ?? '', names(row));
  const rows = shown ? data?.items.filter((row) => shown(row) && isFound(row)) : data?.items;
  const left = shown && isFiltered ? rows?.map(rest.rowId) : undefined;
  const clear = () => change(Object.fromEntries(Object.keys(set).map((key) => [key, undefined])));
  const table = (
    <DataTable
      {...rest}
      rows={rows}
      busy={isPlaceholderData}
      // A live list stays, and says of when it is.
      failed={error && !(live && data) ? <Refused of={query} /> : undefined}
      tools={
        <Row gap={8}>
          <ListCommand source={source} />
          <CsvButton name={source.path.split('/').at(-1)!} read={() => csvOf(source, columns, left)} />
        </Row>
      }
      filters={
        values && (
          <FilterBar
            filters={filters}
            values={set}
            change={change}
            search={search ?? (names && { key: 'find', label: t('find') })}
          >
            {besideFilters}
            {live && <LiveSwitch live={live} />}
          </FilterBar>
        )
      }
      clearFilters={isFiltered ? clear : undefined}
      pages={shown ? undefined : { pages, limit: PAGE, total, next: data?.next }}
    />
  );
  if (!data?.damaged) return table;
  return (
    <Stack gap={16}>
      <Note kind="warn" title={t('damaged', { count: data.damaged })}>
        {t('damagedText')}
      </Note>
      {table}
    </Stack>
  );
}

/** Pages whose cursor is `after` in the address. */
function useAddressPages(after: string | undefined): Pages {
  const navigate = useNavigate();
  return usePages(
    after,
    (cursor) => void navigate({ to: '.', search: (now) => ({ ...now, after: cursor }) }),
  );
}

/** Changes filters in the address. A change begins at the first page. */
export function useAddressFilters(): (patch: FilterValues) => void {
  const navigate = useNavigate();
  return (patch) => void navigate({ to: '.', search: (now) => ({ ...now, ...patch, after: undefined }) });
}

/** The route of a list, and what it was asked for. */
export interface ListSource {
  path: string;
  parameters: Readonly<Record<string, unknown>>;
}

/** New rows come by themselves. */
export interface LiveList {
  paused: boolean;
  toggle(): void;
  /** When the rows were read last, ms since 1970. */
  at: number;
  /** The box did not answer the last time: what is shown is of `at`. */
  lost: boolean;
}

/** Between two reads, in milliseconds. */
const EVERY = 3_000;

/** A list for a `QueryTable`. `live`: its first page is read again and again, until the reader pauses it. */
export function useList<Data, Key extends QueryKey>(
  options: UseQueryOptions<Data, Error, Data, Key>,
  { live = false }: { live?: boolean } = {},
) {
  const [paused, setPaused] = useState(false);
  const query = useQuery({ ...options, ...(live && { refetchInterval: paused ? false : EVERY }) });
  const [, path, parameters] = options.queryKey as unknown as [string, string, object?];
  const source: ListSource = { path, parameters: { ...parameters } };
  const state: LiveList = {
    paused,
    toggle: () => setPaused(!paused),
    at: query.dataUpdatedAt,
    lost: query.isError,
  };
  return { ...query, source, live: live ? state : undefined };
}

const listStrings = defineStrings('console/list-strings', en, de);

/** The address of a list with its filters, from its first page on. */
function addressOf({ path, parameters }: ListSource, ending = ''): URL {
  const { limit: _, cursor: __, ...filters } = parameters;
  const own = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters[name])));
  const url = new URL(own + ending, location.origin);
  for (const [name, value] of Object.entries(filters))
    if (value !== undefined && !path.includes(`{${name}}`)) url.searchParams.set(name, String(value));
  return url;
}

/** How the list is asked for elsewhere. */
const ListCommand = ({ source }: { source: ListSource }) => (
  <ShowCommand find={async () => ({ method: 'GET', url: addressOf(source) })} />
);

/** All of its pages, with these columns. */
function csvAddress(source: ListSource, columns: readonly CsvField[]): URL {
  const url = addressOf(source, '.csv');
  const heads = columns.map(({ field, heading }) => [field, heading]);
  url.searchParams.set('columns', new URLSearchParams(heads).toString());
  return url;
}

const ID: CsvField = { field: 'id', heading: 'id' };

/** The file, and with `ids` of these rows alone. */
async function csvOf(source: ListSource, columns: readonly CsvField[], ids: readonly string[] | undefined) {
  const read = (fields: readonly CsvField[]) => send(new Request(csvAddress(source, fields)));
  if (!ids) return (await read(columns)).blob();
  return rowsOfCsv(await (await read([ID, ...columns])).text(), new Set(ids));
}

const fieldsOf = <Row,>(columns: readonly Column<Row>[]) => columns.flatMap(({ csv = [] }) => csv);

/** The tools of a list that came whole by a route without a CSV. `name`: of the file. */
export const WholeListTools = <Row extends object>({
  name,
  path,
  parameters = {},
  rows = [],
  columns,
}: {
  name: string;
  rows: readonly Row[] | undefined;
  columns: readonly Column<Row>[];
  parameters?: ListSource['parameters'];
} & Pick<ListSource, 'path'>) => (
  <Row gap={8}>
    <ListCommand source={{ path, parameters }} />
    <CsvButton name={name} read={async () => csvOfRows(rows, fieldsOf(columns))} />
  </Row>
);

/** Saves exactly what the list is filtered to, with the columns in the words of the page. */
function CsvButton({ name, read }: { name: string; read(): Promise<Blob | string> }) {
  const t = useStrings(listStrings);
  const wordsOf = useRefusalWords();
  const save = useMutation({
    mutationFn: read,
    onSuccess: (file) => saveFile(`${name}-${new Date().toISOString().slice(0, 10)}.csv`, file, 'text/csv'),
    onError: (error) => toast(t('csvFailed'), { text: wordsOf(error).text }),
  });
  return (
    <RunButton of={save} small kind="quiet" icon={IconDownload}>
      {t('csv')}
    </RunButton>
  );
}

/** Whether new rows come by themselves, of when the rows are, and the way to stop them. */
function LiveSwitch({ live }: { live: LiveList }) {
  const t = useStrings(listStrings);
  const { paused, lost, at, toggle } = live;
  const state = paused ? 'paused' : lost ? 'lost' : 'live';
  return (
    <span className={styles.live} data-state={state}>
      <span role="status">
        {state === 'live' ? t('live') : t.rich(state, { time: <ExactTime at={at} /> })}
      </span>
      <Button small onClick={toggle} icon={paused ? IconPlayerPlay : IconPlayerPause}>
        {paused ? t('resume') : t('pause')}
      </Button>
    </span>
  );
}
