import { queryOptions } from '@tanstack/react-query';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';

export type Model = Schemas['Model'];
export type DryRun = Schemas['ModelDryRun'];
export type PlannedChange = Schemas['ModelChanges']['changes'][number];

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/models', { signal })),
});

export const dryRun = (changes: PlannedChange[]): Promise<DryRun> =>
  replyOf(admin.POST('/api/admin/models/dry-run', { body: { changes } }));
