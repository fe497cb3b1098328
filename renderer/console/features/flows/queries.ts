import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { admin, replyOf } from '../../api/admin.ts';

export const flowQuery = (id: string) =>
  queryOptions({
    queryKey: ['flows', 'one', id],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/flows/{id}', { params: { path: { id }, query: {} }, signal })),
  });

/** What stands where a flow says nothing, and what its profile checks. */
export const flowPreviewQuery = (id: string) =>
  queryOptions({
    queryKey: ['flows', 'preview', id],
    queryFn: ({ signal }) =>
      replyOf(admin.GET('/api/admin/flows/{id}/preview', { params: { path: { id }, query: {} }, signal })),
    placeholderData: keepPreviousData,
  });
