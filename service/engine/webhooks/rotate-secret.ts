import type { EndpointId, OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { EndpointRow, EndpointStore, EndpointUpdate } from './endpoint-store.ts';
import { invalid } from './invalid.ts';

/** 30 days in milliseconds. */
const LONGEST_OVERLAP = 30 * 86_400_000;

/** Throws INVALID_REQUEST. */
export function checkOverlap(milliseconds: number): void {
  if (!Number.isSafeInteger(milliseconds) || milliseconds < 0 || milliseconds > LONGEST_OVERLAP)
    throw invalid('overlap', 'The old secret may sign for 0 milliseconds to 30 days more.');
}

/**
 * What is written so that `secret` takes over in `overlap` milliseconds, at once for 0. No timer is needed: opening the endpoint reads
 * the clock. Throws CONFLICT while an earlier one has not taken over yet.
 */
export function rotateSecret(
  store: EndpointStore,
  row: EndpointRow,
  { secret, overlap, now }: { secret: string; overlap: number; now: number },
): EndpointUpdate {
  if (row.cut_over_at !== null && now < row.cut_over_at)
    throw new Problem(
      'CONFLICT',
      `The secret is being rotated already, until ${new Date(row.cut_over_at).toISOString()}. If one has leaked, disable the endpoint until then, or remove it and add it anew.`,
    );
  const sealed = (field: 'secret' | 'next_secret', text: string) =>
    store.seal(row.organization as OrganizationId, row.id as EndpointId, field, text);
  if (overlap === 0)
    return { secret_sealed: sealed('secret', secret), next_secret_sealed: null, cut_over_at: null };
  // What took over at an earlier cut-over is the present one.
  const present = store.openNextSecret(row) ?? store.openSecret(row);
  return {
    secret_sealed: sealed('secret', present),
    next_secret_sealed: sealed('next_secret', secret),
    cut_over_at: now + overlap,
  };
}
