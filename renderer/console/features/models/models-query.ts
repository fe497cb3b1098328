import { queryOptions } from '@tanstack/react-query';
import { admin, replyOf, type Schemas } from '../../api/admin.ts';

export type Model = Schemas['Model'];
export type DryRun = Schemas['ModelDryRun'];
export type PlannedChange = Schemas['ModelChanges']['changes'][number];

/** Where its file came from. A model whose source has an integrity is not of Gatehouse: npm fetched it at the installation. */
export const originOf = ({ origin, sources }: Model): Model['origin'] | 'fetched' =>
  origin === 'built' && sources.some(({ integrity }) => integrity !== undefined) ? 'fetched' : origin;

export const modelsQuery = queryOptions({
  queryKey: ['models'],
  queryFn: ({ signal }) => replyOf(admin.GET('/api/admin/models', { signal })),
});

export const dryRun = (changes: PlannedChange[]): Promise<DryRun> =>
  replyOf(admin.POST('/api/admin/models/dry-run', { body: { changes } }));
