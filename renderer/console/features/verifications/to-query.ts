import type { z } from 'zod';
import type { paths } from '../../../../sdk/admin/paths.ts';
import { readReference } from '../../../../sdk/admin/reference.ts';
import { momentOfDay } from '../../search-values.ts';
import type { VerificationSearch } from './search.ts';

type Query = NonNullable<paths['/api/admin/verifications']['get']['parameters']['query']>;
type Filters = Omit<z.output<typeof VerificationSearch>, 'after'>;

/** The filters of the address as the query of `GET /api/admin/verifications`. */
export const toQuery = ({ from, until, person, ...filters }: Filters): Query => ({
  ...filters,
  ...whatOf(person),
  from: momentOfDay(from, 0),
  until: momentOfDay(until, 1),
});

/** The text of the search: a reference, the id of a verification, or a person. */
function whatOf(text: string | undefined): Query {
  const { verification } = readReference(text ?? '');
  return verification === undefined ? { person: text } : { reference: verification };
}
