import type { z } from 'zod';
import type { paths } from '../../../../sdk/admin/paths.ts';
import type { VerificationSearch } from './search.ts';

type Query = NonNullable<paths['/api/admin/verifications']['get']['parameters']['query']>;
type Filters = Omit<z.output<typeof VerificationSearch>, 'after'>;

/** A day is read in the time zone of the reader: from its first moment, or until its end. A full time stays as it is. */
function momentOf(day: string, days: 0 | 1): string {
  if (day.includes('T')) return day;
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + days).toISOString();
}

/** The filters of the address as the query of `GET /api/admin/verifications`. */
export function toQuery({
  decision,
  reason,
  decidedBy,
  check,
  from,
  until,
  person,
  profile,
  key,
}: Filters): Query {
  return {
    ...(decision && { decision }),
    ...(reason && { reason: reason as NonNullable<Query['reason']> }),
    ...(decidedBy && { decidedBy: decidedBy as NonNullable<Query['decidedBy']> }),
    ...(check && { check: check as NonNullable<Query['check']> }),
    ...(from && { from: momentOf(from, 0) }),
    ...(until && { until: momentOf(until, 1) }),
    ...(person && { person }),
    ...(profile && { profile }),
    ...(key && { key }),
  };
}
