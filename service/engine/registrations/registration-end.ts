import { defined } from '../../lib/defined.ts';
import type { Tx } from '../../storage/transaction.ts';
import { type Actor, readActor } from '../audit/index.ts';
import type { DecidedSession, FlowEnd } from '../sessions/index.ts';
import type { Registration, WholeRegistration } from './registration.ts';
import type { RegistrationParts } from './registration-parts.ts';
import type { Ending } from './registration-store.ts';

/** Ends a registration once, with its event and its audit line; nothing for one that has ended. */
export type WriteEnd = (
  tx: Tx,
  registration: Registration | WholeRegistration,
  ending: Omit<Ending, 'at'>,
  by?: { actor?: Actor; request?: string; unopened?: boolean },
) => Promise<void>;

const decisions = { completed: 'approved', failed: 'rejected' } as const;

export const createWriteEnd =
  ({ store, audit, events, clock }: RegistrationParts): WriteEnd =>
  async (tx, registration, ending, { actor, request, unopened = false } = {}) => {
    const { id, realm, createdBy } = registration;
    const { state, failure, subject } = ending;
    const sealed = 'request' in registration ? registration.request : undefined;
    const ended = await store.end(
      tx,
      registration,
      { ...ending, at: clock.now() },
      { ...defined({ request: sealed }), unopened },
    );
    if (!ended) return;
    // An invitation that expires, or is replaced, sends no event.
    if ((state === 'completed' || state === 'failed') && sealed)
      await events.add(tx, {
        type: 'session.decided',
        ...realm,
        payload: {
          flow: 'registration',
          session: registration.session ?? id,
          decision: failure === 'not-unique' ? 'duplicate' : decisions[state],
        },
        personal: { ...defined({ subject }), values: { reference: sealed.reference } },
      });
    await audit.add(tx, {
      ...defined({ request }),
      actor: actor ?? readActor(createdBy),
      action: 'registration.decide',
      organization: realm.organization,
      target: id,
      details: { world: realm.world, state, ...defined({ failure, subject }) },
    });
  };

/** What a decided session means for its registration. */
export const createRegistrationEnd = (
  { store, humannessOf }: RegistrationParts,
  writeEnd: WriteEnd,
): FlowEnd => ({
  async decided(tx, session) {
    const registration = await store.waiting(tx, session.id);
    const ending = endingOf(session, humannessOf);
    if (registration) await writeEnd(tx, registration, ending, { actor: session.actor });
    return undefined;
  },
});

function endingOf(
  { decision, uniqueness, liveness }: DecidedSession,
  humannessOf: RegistrationParts['humannessOf'],
): Omit<Ending, 'at'> {
  const person = defined({ subject: uniqueness?.subject });
  switch (decision) {
    case 'approved':
      return {
        state: 'completed',
        ...person,
        ...defined({
          humanId: uniqueness?.humanId,
          humanness: liveness && humannessOf(liveness),
        }),
      };
    case 'duplicate':
      return {
        state: 'failed',
        failure: 'not-unique',
        ...defined({ subject: uniqueness?.subject ?? uniqueness?.duplicateOf }),
      };
    case 'expired':
      return { state: 'expired', failure: 'expired' };
    case 'rejected':
    case 'cancelled':
      return { state: 'failed', failure: 'liveness-failed' };
    default:
      return decision satisfies never;
  }
}
