import { api, read, type Schemas } from '../../data.ts';

export type Model = Schemas['Model'];
export type DryRun = Schemas['ModelDryRun'];
export type PlannedChange = Schemas['ModelChanges']['changes'][number];

/** Where its file came from. A model whose source has an integrity is not of Gatehouse: npm fetched it at the installation. */
export const originOf = ({ origin, sources }: Model): Model['origin'] | 'fetched' =>
  origin === 'built' && sources.some(({ integrity }) => integrity !== undefined) ? 'fetched' : origin;

export const modelsQuery = read('/api/admin/models');

export const dryRun = (changes: PlannedChange[]): Promise<DryRun> =>
  api.post('/api/admin/models/dry-run', {}, { changes });
