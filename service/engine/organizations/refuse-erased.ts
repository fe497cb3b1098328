import { Problem } from '../../lib/problem.ts';

/** Throws CONFLICT for an organization that was erased: its log and receipts stay, and nothing is made in it any more. */
export function refuseErased({ id, erasedAt }: { id: string; erasedAt?: number | undefined }): void {
  if (erasedAt === undefined) return;
  throw new Problem(
    'CONFLICT',
    `The organization ${id} was erased on ${new Date(erasedAt).toISOString().slice(0, 10)}: make a new one with “gatehouse org create”.`,
  );
}
