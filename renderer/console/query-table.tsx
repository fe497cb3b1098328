import type { RowData } from '@tanstack/react-table';
import { DataTable, type DataTableProps } from '../ui/tables/data-table.tsx';
import { PAGE } from './api/admin.ts';
import { Refused } from './load-failed.tsx';
import { useAddressPages } from './use-address.ts';

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
 * A DataTable of a list route (`{ items, next }`) that was asked for with `useQuery(list(…))`. An error stands in the place of the rows, with
 * a way to try again. The cursor of the page is in the address, as `after`.
 */
export function QueryTable<Row extends RowData>({
  query,
  after,
  total,
  ...rest
}: Omit<DataTableProps<Row>, 'rows' | 'busy' | 'failed' | 'pages'> & {
  query: PageQuery<Row>;
  after: string | undefined;
  total?: number | undefined;
}) {
  const { data, error, isPlaceholderData } = query;
  const pages = useAddressPages(after);
  return (
    <DataTable
      {...rest}
      rows={data?.items}
      busy={isPlaceholderData}
      failed={error ? <Refused of={query} /> : undefined}
      pages={{
        pages,
        limit: PAGE,
        ...(total !== undefined && { total }),
        next: data?.next,
      }}
    />
  );
}
