import type { DecidedSession, FlowEnd } from '../sessions/index.ts';
import { ageAt } from './age.ts';
import { DEFAULT_AGE, type HostedReason } from './hosted-link.ts';
import type { HostedParts } from './hosted-parts.ts';
import type { Result, WriteResult } from './write-result.ts';

const ownReasons = ['AGE_NOT_RECORDED', 'UNDER_AGE'] as const satisfies HostedReason[];

/** What a decided session means for its link. */
export const createHostedEnd = (
  { store, subjects, clock }: HostedParts,
  writeResult: WriteResult,
): FlowEnd => ({
  async judge({ id, realm, person }) {
    const link = await store.bySession(id);
    if (link?.product !== 'verifyage') return undefined;
    const birthDate = person && (await subjects.birthDate(realm, person.id));
    if (birthDate === undefined) return { refuse: 'AGE_NOT_RECORDED' };
    const { minimumAge = DEFAULT_AGE } = link.page;
    return ageAt(birthDate, clock.now()) >= minimumAge ? undefined : { refuse: 'UNDER_AGE' };
  },
  async decided(tx, session) {
    const link = await store.bySession(session.id, tx);
    if (link) await writeResult(tx, link, resultOf(session), { actor: session.actor });
    return undefined;
  },
});

function resultOf({ decision, reasons, otherPerson, liveness }: DecidedSession): Result {
  switch (decision) {
    case 'approved':
      return { status: 'PASS', reasons: [] };
    case 'expired':
      return { status: 'EXPIRED', reasons: ['EXPIRED'] };
    case 'cancelled':
      return { status: 'FAIL', reasons: ['CANCELLED'] };
    case 'rejected':
    case 'duplicate': {
      const own = ownReasons.find((reason) => reasons.includes(reason));
      if (own) return { status: 'FAIL', reasons: [own] };
      if (otherPerson) return { status: 'FAIL', reasons: ['NOT_RECOGNIZED'] };
      return { status: 'FAIL', reasons: [liveness?.passed ? 'CHECK_FAILED' : 'LIVENESS_FAILED'] };
    }
    default:
      return decision satisfies never;
  }
}
