import { defined } from '../../lib/defined.ts';
import type { ErasureRow } from './erasure-store.ts';
import type { Erased } from './ledger.ts';
import type { CopyOfReceipt } from './receipt.ts';

/** A copy of the key store that was taken out of its place. */
export interface FormerCopy {
  place: string;
  copy?: string;
  fate: 'left' | 'wiped' | 'attested';
  by: string;
  /** Milliseconds since 1970. */
  at: number;
  /** When it was taken out it missed what was written since then. */
  behindSince?: number;
}

/** What an erasure knew of the copies before: its row, and with the first receipt the copies that were taken out without it. */
export function knownBefore(
  row: ErasureRow,
  listed: Erased | undefined,
  former: readonly FormerCopy[],
): CopyOfReceipt[] {
  const known = JSON.parse(row.copies) as CopyOfReceipt[];
  if (row.receipt !== null || !listed) return known;
  const missed = former.filter((one) => hasMissed(one, row, listed)).map(takenOut);
  return [...known, ...missed.filter((one) => known.every((other) => !isSame(other, one)))];
}

/**
 * A copy that was taken out of the places before its key was destroyed is still waited for: it has the key. So it is with one in
 * whose place another lies now. The erasure stops waiting for it when it is wiped or an operator attests that it is destroyed.
 */
export const withFormer = (
  now: readonly CopyOfReceipt[],
  before: readonly CopyOfReceipt[],
  former: readonly FormerCopy[],
): CopyOfReceipt[] => [
  ...now,
  ...before
    .filter((one) => !one.own && now.every((other) => !isSame(one, other)))
    .map((one) => {
      const fate = former.find((other) => isSame(one, other));
      return one.state === 'unreachable' && fate ? afterwards(one, fate) : one;
    }),
];

/**
 * Whether the copy was taken out without the person's key having been destroyed in it: meanwhile, or before the database was
 * put back that knew of it.
 */
function hasMissed({ at, behindSince }: FormerCopy, { reason }: ErasureRow, erased: Erased): boolean {
  const erasedAt = Date.parse(erased.at);
  return behindSince !== undefined && at >= erasedAt && (reason !== 'restored' || behindSince <= erasedAt);
}

const takenOut = ({ place, copy }: FormerCopy): CopyOfReceipt => ({
  place,
  ...defined({ copy }),
  state: 'unreachable',
  reason: 'It was removed from the list before the key was destroyed in it.',
});

/** By the id; a copy from before there were ids is known by its place. */
const isSame = (one: { place: string; copy?: string }, other: { place: string; copy?: string }) =>
  one.copy === undefined ? one.place === other.place : one.copy === other.copy;

function afterwards(waiting: CopyOfReceipt, { fate, by, at }: FormerCopy): CopyOfReceipt {
  const { reason: _, ...copy } = waiting;
  if (fate === 'wiped') return { ...copy, state: 'destroyed' };
  if (fate !== 'attested') return waiting;
  return {
    ...copy,
    state: 'attested-destroyed',
    reason: 'This was attested by an operator and not verified by a machine.',
    attested: { by, at: new Date(at).toISOString() },
  };
}
