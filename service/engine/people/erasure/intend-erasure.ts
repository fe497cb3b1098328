import { defined } from '../../../lib/defined.ts';
import type { ErasureId, OrganizationId, SubjectId } from '../../../lib/id.ts';
import { Problem, type ProblemCode } from '../../../lib/problem.ts';
import type { Runs } from '../../../storage/runs.ts';
import type { Tx } from '../../../storage/transaction.ts';
import { type Actor, describeActor, type Foundation, type PersonalData } from '../../audit/index.ts';
import { type AgreementsDeps, createAgreements } from '../../consent/index.ts';
import { isPresent, noteFormer, releaseAddress } from '../subjects/former-address-store.ts';
import type { Realm } from '../subjects/subject.ts';
import type { Subjects } from '../subjects/subjects.ts';
import type { ErasureRow, ErasureStore } from './erasure-store.ts';
import type { ErasureReason } from './ledger.ts';

export interface IntendDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  store: Pick<ErasureStore, 'insert'>;
  organizations: AgreementsDeps['organizations'];
  subjects: Pick<Subjects, 'forget'>;
  personalData: readonly PersonalData[];
  sealer: {
    emailHash(organization: OrganizationId, email: string): string;
    formerEmailHashes(organization: OrganizationId, email: string): string[];
  };
  /** Counters of requests about the person, by the keyed hash of the address. */
  forgetUse?(realm: Realm, emailHash: string): Promise<void>;
  /** Whether a legal hold forbids it. */
  isHeld(tx: Tx, subject: SubjectId): Promise<boolean>;
  runs: Pick<Runs, 'own'>;
}

interface IntendOptions {
  /** Of the person: rows that an earlier version wrote are found by another hash of it. */
  email?: string | undefined;
  reason: ErasureReason;
  actor: Actor;
  request?: string;
}

/**
 * Begins an erasure: once it resolves no read finds the person. Throws SUBJECT_NOT_FOUND, and LEGAL_HOLD, which stands in the audit
 * log.
 */
export type Intend = (
  realm: Realm,
  subject: SubjectId,
  order: IntendOptions,
  id?: ErasureId,
) => Promise<ErasureRow>;

export function createIntend(deps: IntendDeps): Intend {
  const { store, inTransaction, subjects, personalData, sealer, isHeld, audit, ids, clock, runs } = deps;
  const agreements = createAgreements(deps);

  const hashesOf = (organization: OrganizationId, email: string | undefined) =>
    email === undefined
      ? []
      : [sealer.emailHash(organization, email), ...sealer.formerEmailHashes(organization, email)];

  const lineOf = (
    { organization }: Realm,
    target: SubjectId,
    { actor, request }: Pick<IntendOptions, 'actor' | 'request'>,
  ) => ({
    actor,
    action: 'subject.erase.intend' as const,
    organization,
    target,
    ...defined({ request }),
  });

  const auditRefusal = (realm: Realm, target: SubjectId, order: IntendOptions) =>
    inTransaction((tx) =>
      audit.add(tx, {
        ...lineOf(realm, target, order),
        outcome: 'refused',
        details: { code: 'LEGAL_HOLD', world: realm.world },
      }),
    );

  /** Gives the keyed hash of the address, by which nothing is known of the person afterwards. */
  async function write(tx: Tx, realm: Realm, subject: SubjectId, row: ErasureRow, order: IntendOptions) {
    if (!(await isPresent(tx, realm, subject))) throw noSuchPerson();
    if (row.reason !== 'restored' && (await isHeld(tx, subject))) throw heldBack(subject);
    await store.insert(tx, row);
    const emailHash = await releaseAddress(tx, subject);
    for (const hash of new Set([emailHash, ...hashesOf(realm.organization, order.email)])) {
      if (hash === undefined) continue;
      for (const one of personalData) await one.address?.forget(tx, realm, hash);
    }
    // The administrator who erases a person must not enroll another face under the address.
    if (emailHash !== undefined && realm.world === 'live' && order.actor.is === 'administrator')
      await noteFormer(tx, realm, { emailHash, subject: undefined, at: clock.now() });
    await audit.add(tx, {
      ...lineOf(realm, subject, order),
      details: { erasure: row.id, world: realm.world, reason: row.reason },
    });
    return emailHash;
  }

  return async (realm, subject, order, id = ids.next('erasure')) => {
    const row = rowOf(realm, subject, order, { id, now: clock.now(), begunBy: runs.own });
    try {
      const emailHash = await subjects.forget(realm, subject, async (tx) => {
        // Its rows go with the person.
        const consents = await agreements(realm.organization, tx, subject);
        if (consents.length > 0) row.consents = JSON.stringify(consents);
        return write(tx, realm, subject, row, order);
      });
      if (emailHash !== undefined) await deps.forgetUse?.(realm, emailHash);
    } catch (error) {
      if (isProblem(error, 'LEGAL_HOLD')) await auditRefusal(realm, subject, order);
      throw error;
    }
    return row;
  };
}

const rowOf = (
  realm: Realm,
  subject: SubjectId,
  { reason, actor, request }: IntendOptions,
  { id, now, begunBy }: { id: ErasureId; now: number; begunBy: string },
): ErasureRow => ({
  id,
  ...realm,
  subject,
  state: 'intended',
  reason,
  actor: describeActor(actor),
  request: request ?? null,
  intended_at: now,
  completed_at: null,
  copies: '[]',
  receipt: null,
  mac: null,
  begun_by: begunBy,
  consents: null,
});

export const noSuchPerson = () => new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');

const heldBack = (subject: SubjectId) =>
  new Problem(
    'LEGAL_HOLD',
    `${subject} is under a legal hold and is not erased: release the hold first (“gatehouse hold list” shows it).`,
  );

export const isProblem = (error: unknown, code: ProblemCode): boolean =>
  error instanceof Problem && error.code === code;
