import type { ReactNode } from 'react';
import { Row } from '../ui/layout/layout.tsx';
import { DataTable, type DataTableProps } from '../ui/tables/data-table.tsx';
import { type Filter, FilterBar, type FilterValues } from '../ui/tables/filter-bar.tsx';
import { PAGE } from './api/admin.ts';
import { CsvButton, ListCommand, LiveSwitch } from './list-tools.tsx';
import { Refused } from './load-failed.tsx';
import { useAddressFilters, useAddressPages } from './use-address.ts';
import type { ListSource, LiveList } from './use-list.ts';

interface PageQuery<Row> {
  data: { items: readonly Row[]; next?: string | null } | undefined;
  error: unknown;
  isPlaceholderData: boolean;
  refetch(): unknown;
  /** Absent: it is in no list of the service. */
  source?: ListSource | undefined;
  live?: LiveList | undefined;
}

interface Filtered {
  /** Chosen from a list, one after another. */
  filters?: readonly Filter[];
  /** What the address says of each; `env` is none of them. */
  values?: object;
  /** The one filter that is a text field of its own. */
  search?: { key: string; label: string };
  /** At the right end of the filters. */
  besideFilters?: ReactNode;
}

/**
 * A DataTable of a list route (`{ items, next }`) that was asked for with `useQuery(list(…))`. An error stands in the place of the rows, with
 * a way to try again. The cursor of the page is in the address, as `after`, and so are the filters. `shown`: all rows come
 * at once, and these of them are shown.
 */
export function QueryTable<Row>({
  query,
  after,
  total,
  shown,
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
  }) {
  const { data, error, isPlaceholderData, source, live } = query;
  const columns = rest.columns.flatMap(({ csv = [] }) => csv);
  const pages = useAddressPages(after);
  const change = useAddressFilters();
  const { env: _, ...set } = (values ?? {}) as FilterValues;
  const isFiltered = Object.values(set).some((value) => value !== undefined);
  const rows = shown ? data?.items.filter(shown) : data?.items;
  const left = shown && isFiltered ? rows?.map(rest.rowId) : undefined;
  const clear = () => change(Object.fromEntries(Object.keys(set).map((key) => [key, undefined])));
  return (
    <DataTable
      {...rest}
      rows={rows}
      busy={isPlaceholderData}
      // A live list stays, and says of when it is.
      failed={error && !(live && data) ? <Refused of={query} /> : undefined}
      tools={
        source && (
          <Row gap={8}>
            <ListCommand source={source} />
            {columns.length > 0 && <CsvButton source={source} columns={columns} ids={left} />}
          </Row>
        )
      }
      filters={
        values && (
          <FilterBar filters={filters} values={set} change={change} search={search}>
            {besideFilters}
            {live && <LiveSwitch live={live} />}
          </FilterBar>
        )
      }
      clearFilters={isFiltered ? clear : undefined}
      pages={shown ? undefined : { pages, limit: PAGE, total, next: data?.next }}
    />
  );
}
