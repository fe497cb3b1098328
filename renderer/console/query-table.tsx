import type { RowData } from '@tanstack/react-table';
import { DataTable, type DataTableProps } from '../ui/tables/data-table.tsx';
import type { Pages } from '../ui/tables/use-pages.ts';
import { LoadFailed } from './load-failed.tsx';

interface PageReply<Row> {
  items: readonly Row[];
  next?: string | null;
}
interface PageQuery<Row> {
  data: PageReply<Row> | undefined;
  error: unknown;
  isPlaceholderData: boolean;
  refetch(): unknown;
}

/**
 * A DataTable of a list route (`{ items, next }`) that was asked for with `useQuery({ …, placeholderData: keepPreviousData })`. An error
 * stands in the place of the rows, with a way to try again.
 */
export function QueryTable<Row extends RowData>({
  query,
  paging,
  ...rest
}: Omit<DataTableProps<Row>, 'rows' | 'busy' | 'failed' | 'pages'> & {
  query: PageQuery<Row>;
  paging?: { pages: Pages; limit: number; total?: number; totalIsBound?: boolean };
}) {
  const { data, error, isPlaceholderData, refetch } = query;
  return (
    <DataTable
      {...rest}
      rows={data?.items}
      busy={isPlaceholderData}
      failed={error ? <LoadFailed error={error} retry={() => void refetch()} /> : undefined}
      pages={paging && { ...paging, next: data?.next }}
    />
  );
}
