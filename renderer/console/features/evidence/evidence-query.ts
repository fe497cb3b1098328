import { queryOptions } from '@tanstack/react-query';
import { api, type Schemas } from '../../data.ts';

export type PublishedFigure = Schemas['EvidenceClaim'];

/** The same until the version of the box changes. */
export const evidenceQuery = queryOptions({
  queryKey: ['evidence'],
  // The other type is that of the PDF.
  queryFn: async () =>
    (await api.get('/api/admin/evidence', { format: 'json' })) as Schemas['EvidenceReport'],
  staleTime: Number.POSITIVE_INFINITY,
});
