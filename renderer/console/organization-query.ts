import { queryOptions } from '@tanstack/react-query';
import { admin, replyOf } from './api/admin.ts';

/** The organization that the reader acts in. */
export const organizationQuery = queryOptions({
  queryKey: ['organization'],
  queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/organization', { params: { query: {} }, signal })),
  staleTime: 60_000,
});
