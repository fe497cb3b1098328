import type { z } from 'zod';
import type { paths } from '../../../../sdk/admin/paths.ts';
import { momentOfDay } from '../../search-values.ts';
import type { VerificationSearch } from './search.ts';

type Query = NonNullable<paths['/api/admin/verifications']['get']['parameters']['query']>;
type Filters = Omit<z.output<typeof VerificationSearch>, 'after'>;

/** The filters of the address as the query of `GET /api/admin/verifications`. */
export const toQuery = ({ from, until, ...filters }: Filters): Query => ({
  ...filters,
  from: momentOfDay(from, 0),
  until: momentOfDay(until, 1),
});
