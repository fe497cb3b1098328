import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { read } from '../../data.ts';

export const flowQuery = (id: string) => read('/api/admin/flows/{id}', { id });

/** What stands where a flow says nothing, and what its profile checks. */
export const flowPreviewQuery = (id: string) =>
  queryOptions({ ...read('/api/admin/flows/{id}/preview', { id }), placeholderData: keepPreviousData });
