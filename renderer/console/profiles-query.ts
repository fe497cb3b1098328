import { queryOptions } from '@tanstack/react-query';
import { admin, replyOf } from './api/admin.ts';

/** Every profile of one page: the built-in ones and up to 200 of its own. */
export const profilesQuery = queryOptions({
  queryKey: ['profiles', 'all'],
  queryFn: ({ signal }) =>
    replyOf(admin.GET('/api/admin/profiles', { params: { query: { limit: 200 } }, signal })),
});
