import { defined } from '../../lib/defined.ts';
import type { Tx } from '../../storage/transaction.ts';
import { type Actor, readActor } from '../audit/index.ts';
import type { EventPayloads } from '../events/index.ts';
import type { FlowProduct } from '../flows/index.ts';
import type { HostedLink, HostedReason, HostedStatus } from './hosted-link.ts';
import type { HostedParts } from './hosted-parts.ts';

type HostedSession = Extract<EventPayloads['session.decided'], { flow: 'hosted' }>;

const proves = {
  verifyhuman: 'human',
  verifyage: 'age',
  verifyidentity: 'identity',
  verifytrust: 'trust',
} as const satisfies Record<FlowProduct, HostedSession['proves']>;

const decisions = {
  PASS: 'approved',
  FAIL: 'rejected',
  EXPIRED: 'expired',
} as const satisfies Record<Exclude<HostedStatus, 'PENDING'>, HostedSession['decision']>;

export interface Result {
  status: Exclude<HostedStatus, 'PENDING'>;
  reasons: readonly HostedReason[];
  /** Only where the page was not opened since. */
  unopened?: true;
}

/** Writes the result of a verification once, with its event and its audit line; nothing for one that has a result. */
export type WriteResult = (
  tx: Tx,
  link: HostedLink,
  result: Result,
  by?: { actor?: Actor; request?: string },
) => Promise<boolean>;

export const createWriteResult =
  ({ store, audit, events, clock }: HostedParts): WriteResult =>
  async (tx, link, { status, reasons, unopened = false }, { actor, request } = {}) => {
    if (!(await store.decide(tx, link.id, { status, reasons, unopened, at: clock.now() }))) return false;
    await events.add(tx, {
      type: 'session.decided',
      ...link.realm,
      payload: {
        flow: 'hosted',
        // A link that was never opened has no session.
        session: link.session ?? link.id,
        verification: link.id,
        proves: proves[link.product],
        decision: decisions[status],
      },
    });
    await audit.add(tx, {
      ...defined({ request }),
      actor: actor ?? readActor(link.createdBy),
      action: 'hosted.decide',
      organization: link.realm.organization,
      target: link.id,
      details: { world: link.realm.world, product: link.product, status, reasons },
    });
    return true;
  };
