import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import {
  type Attestation,
  type ConsentRecord,
  type Person,
  type Purpose,
  purposes,
  type Withdrawal,
} from './consent.ts';
import { selectConsents, selectWithdrawals } from './consent-store.ts';
import { endedAt, type Ground, isWithheld, keptUntil, standingOf } from './standing.ts';

/** All that is recorded of one person's will, and what follows. */
export interface ConsentState {
  ground: Ground;
  consents: ConsentRecord[];
  withdrawals: Withdrawal[];
  /** Uses that are refused now. */
  withheld: Purpose[];
  /** The person's own records leave no use at all: what is kept of them has no purpose any more. */
  ended: boolean;
  /** With `ended`: from when on a sweep erases the person, ms since 1970; absent: the next one does. */
  erasedFrom?: number;
}

/** Consent settings of an organization. */
export interface ConsentTerms {
  consentPolicy: Ground['is'];
  attestation?: Pick<Attestation, 'purposes'>;
  retention?: { consentDays?: number | undefined };
}

export interface ConsentStateDeps {
  db: Db;
  organizations: { get(id: OrganizationId): Promise<ConsentTerms> };
  clock: Clock;
}

export function groundOf({ consentPolicy, attestation }: ConsentTerms): Ground {
  return consentPolicy === 'with-call'
    ? { is: 'with-call' }
    : { is: 'attested', purposes: attestation?.purposes ?? purposes };
}

export async function readHistory(from: Db | Tx, subject: SubjectId) {
  const consents = await selectConsents(from, subject);
  const withdrawals = await selectWithdrawals(from, subject);
  return { consents, withdrawals, standing: standingOf(consents, withdrawals) };
}

export async function readState(
  { db, organizations, clock }: ConsentStateDeps,
  { organization, subject }: Person,
): Promise<ConsentState> {
  const ground = groundOf(await organizations.get(organization));
  const { consents, withdrawals, standing } = await readHistory(db, subject);
  const now = clock.now();
  const end = endedAt(standing);
  const ended = end !== undefined && end <= now;
  const erasedFrom = keptUntil(standing, Number.POSITIVE_INFINITY);
  return {
    ground,
    consents,
    withdrawals,
    withheld: purposes.filter((purpose) => isWithheld(standing, purpose, ground, now)),
    ended,
    ...(ended && erasedFrom > now && { erasedFrom }),
  };
}
