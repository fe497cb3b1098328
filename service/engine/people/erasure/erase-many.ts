import { defined } from '../../../lib/defined.ts';
import type { ErasureId, SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import type { Realm } from '../subjects/subject.ts';
import type { Subjects } from '../subjects/subjects.ts';
import type { ErasureRow } from './erasure-store.ts';
import type { Work } from './finish-erasures.ts';
import { type Intend, isProblem } from './intend-erasure.ts';
import type { ErasureReceipt } from './ledger.ts';

export interface MassErasureRequest {
  confirm?: number;
  after?: SubjectId;
  limit: number;
  actor: Actor;
  request?: string;
}

/** People erased by one call of a mass deletion. */
export interface MassErasure {
  erased: SubjectId[];
  /** Under a legal hold: they stay. */
  held: SubjectId[];
  /** Erased, but for a copy of the key store that could not be reached. */
  pending: ErasureId[];
  /** People there are now. */
  left: number;
  /** Where to go on; absent at the end. */
  next?: SubjectId;
}

export interface EraseManyDeps {
  subjects: Pick<Subjects, 'list' | 'count'>;
  intend: Intend;
  finish(works: readonly Work[]): Promise<ErasureReceipt[]>;
}

/** As `Erasure.eraseMany`. */
export async function eraseMany(
  { subjects, intend, finish }: EraseManyDeps,
  realm: Realm,
  { confirm, after, limit, ...who }: MassErasureRequest,
): Promise<MassErasure> {
  const there = await subjects.count(realm);
  if (confirm !== there) throw unconfirmed(realm, there, confirm);
  const page = await subjects.list(realm, { limit, ...defined({ after }) });
  const begun: ErasureRow[] = [];
  const held: SubjectId[] = [];
  for (const { id, email } of page.subjects) {
    try {
      begun.push(await intend(realm, id, { reason: 'mass', email, ...who }));
    } catch (error) {
      if (isProblem(error, 'SUBJECT_NOT_FOUND')) continue;
      if (!isProblem(error, 'LEGAL_HOLD')) throw error;
      held.push(id);
    }
  }
  const receipts = await finish(begun.map((row) => ({ row })));
  return {
    erased: receipts.map(({ subject }) => subject),
    held,
    pending: receipts.flatMap(({ state, erasure }) => (state === 'pending' ? [erasure] : [])),
    left: await subjects.count(realm),
    ...defined({ next: page.next }),
  };
}

const unconfirmed = ({ world }: Realm, there: number, given: number | undefined) =>
  new Problem(
    'CONFIRMATION_REQUIRED',
    given === undefined
      ? `No person was erased. To erase all people in the ${world} world of this organization send confirm with how many there are: ${there}.`
      : `No person was erased: ${there} people are in the ${world} world of this organization, not ${given}. Send confirm with the exact number.`,
  );
