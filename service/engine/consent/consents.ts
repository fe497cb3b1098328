import type { Clock } from '../../lib/clock.ts';
import type { Ids, OrganizationId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import {
  type Attestation,
  type Consent,
  type ConsentRecord,
  type Person,
  type Purpose,
  purposes,
  throughOf,
  type Withdrawal,
} from './consent.ts';
import { createConsentStore } from './consent-store.ts';
import {
  endedAt,
  type Ground,
  isWithheld,
  nextMoment,
  noRecords,
  type Standing,
  standingAfter,
  standingOf,
} from './standing.ts';

const DAY = 86_400_000;

/** All that is recorded of one person's will, and what follows. */
export interface ConsentState {
  ground: Ground;
  consents: ConsentRecord[];
  withdrawals: Withdrawal[];
  /** Uses that are refused now. */
  withheld: Purpose[];
  /** The person's own records leave no use at all: what is kept of them has no purpose any more. */
  ended: boolean;
}

/** What of an organization decides about its people's consent. */
export interface ConsentTerms {
  consentPolicy: Ground['is'];
  attestation?: Pick<Attestation, 'purposes'>;
  retention?: { consentDays?: number | undefined };
}

export interface Consents {
  /** Reads what everybody withholds; call it at start, before anything is searched. */
  load(): Promise<void>;
  /** By the clock of this moment: a consent that has run out since the start counts no more. */
  withholds(ground: Ground, subject: SubjectId, purpose: Purpose): boolean;
  /** The purposes that would be withheld once `consent` is recorded for this person, or for a newcomer. */
  withheldAfter(ground: Ground, subject: SubjectId | undefined, consent: Consent | undefined): Purpose[];
  /**
   * Writes the consent inside the caller's transaction; the person's row is there. Call `settle` with the answer once that is
   * committed, never before.
   */
  record(tx: Tx, person: Person, consent: Consent, actor: Actor): Promise<Standing>;
  settle(subject: SubjectId, standing: Standing): void;
  /** The organization's term where the consent names none. Throws INVALID_REQUEST for an end that is not in the future. */
  withTerm(terms: ConsentTerms, consent: Consent): Consent;
  /** A consent that came without a picture. Throws SUBJECT_NOT_FOUND. */
  give(person: Person, consent: Consent, actor: Actor, request?: string): Promise<ConsentState>;
  /** Holds from the next use on. What is withdrawn already is not recorded twice. Throws SUBJECT_NOT_FOUND. */
  withdraw(
    person: Person,
    purposes: readonly Purpose[],
    actor: Actor,
    request?: string,
  ): Promise<ConsentState & { withdrawn: Purpose[] }>;
  /** Audited as a read. The person is there. */
  read(person: Person, actor: Actor, request?: string): Promise<ConsentState>;
  /** Call it when a person is erased. */
  forget(subject: SubjectId): void;
}

export interface ConsentsDeps {
  db: Db;
  inTransaction: InTransaction;
  organizations: { get(id: OrganizationId): Promise<ConsentTerms> };
  audit: Audit;
  events: Events;
  ids: Ids;
  clock: Clock;
}

export function groundOf({ consentPolicy, attestation }: ConsentTerms): Ground {
  return consentPolicy === 'with-call'
    ? { is: 'with-call' }
    : { is: 'attested', purposes: attestation?.purposes ?? purposes };
}

export function createConsents({
  db,
  inTransaction,
  organizations,
  audit,
  events,
  ids,
  clock,
}: ConsentsDeps): Consents {
  const store = createConsentStore(db);
  /** Of everybody of whom something is recorded. */
  const standings = new Map<SubjectId, Standing>();
  const standingNow = (subject: SubjectId | undefined) => (subject && standings.get(subject)) ?? noRecords;

  async function history(from: Db | Tx, subject: SubjectId) {
    const consents = await store.consents(from, subject);
    const withdrawals = await store.withdrawals(from, subject);
    return { consents, withdrawals, standing: standingOf(consents, withdrawals) };
  }

  /** Two changes of one person may be settled in the other order than they were committed. */
  function settle(subject: SubjectId, standing: Standing): void {
    if (standing.asOf > standingNow(subject).asOf) standings.set(subject, standing);
  }

  async function keep(tx: Tx, person: Person, standing: Standing): Promise<void> {
    if (await store.setStanding(tx, person, standing)) return;
    throw new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');
  }

  async function record(tx: Tx, person: Person, consent: Consent, actor: Actor): Promise<Standing> {
    const { standing } = await history(tx, person.subject);
    const at = nextMoment(clock.now(), standing);
    const after = standingAfter(standing, { ...consent, at });
    await keep(tx, person, after);
    await store.insertConsent(tx, person, {
      ...consent,
      id: ids.next('consent'),
      at,
      by: describeActor(actor),
      through: consent.through ?? throughOf(actor),
    });
    return after;
  }

  function withTerm({ retention }: ConsentTerms, consent: Consent): Consent {
    const now = clock.now();
    const consentDays = retention?.consentDays;
    if (consent.expiresAt !== undefined && consent.expiresAt <= now) {
      const message = 'It must be in the future.';
      throw new Problem(
        'INVALID_REQUEST',
        'The consent has run out already: its end must be in the future.',
        {
          details: [{ path: 'consent.expiresAt', message }],
        },
      );
    }
    if (consent.expiresAt !== undefined || consentDays === undefined) return consent;
    return { ...consent, expiresAt: now + consentDays * DAY };
  }

  async function stateOf(person: Person): Promise<ConsentState> {
    const ground = groundOf(await organizations.get(person.organization));
    const { consents, withdrawals, standing } = await history(db, person.subject);
    const now = clock.now();
    const end = endedAt(standing);
    return {
      ground,
      consents,
      withdrawals,
      withheld: purposes.filter((purpose) => isWithheld(standing, purpose, ground, now)),
      ended: end !== undefined && end <= now,
    };
  }

  return {
    async load() {
      for await (const page of store.everyStanding()) {
        for (const { subject, standing } of page) settle(subject, standing);
      }
    },
    withholds: (ground, subject, purpose) => isWithheld(standingNow(subject), purpose, ground, clock.now()),
    withheldAfter(ground, subject, consent) {
      const before = standingNow(subject);
      const now = clock.now();
      const after = consent ? standingAfter(before, { ...consent, at: nextMoment(now, before) }) : before;
      return purposes.filter((purpose) => isWithheld(after, purpose, ground, now));
    },
    record,
    settle,
    withTerm,
    async give(person, consent, actor, request) {
      const given = withTerm(await organizations.get(person.organization), consent);
      const standing = await inTransaction(async (tx) => {
        const after = await record(tx, person, given, actor);
        await audit.add(tx, {
          actor,
          action: 'consent.record',
          organization: person.organization,
          target: person.subject,
          ...(request === undefined ? {} : { request }),
          details: { world: person.world, purposes: given.purposes, textVersion: given.textVersion },
        });
        return after;
      });
      settle(person.subject, standing);
      return stateOf(person);
    },
    async withdraw(person, asked, actor, request) {
      const { standing, withdrawn } = await inTransaction(async (tx) => {
        const { consents, withdrawals, standing } = await history(tx, person.subject);
        const open = [...new Set(asked)].filter((purpose) => !isWithdrawn(purpose, consents, withdrawals));
        const at = nextMoment(clock.now(), standing);
        const records = open.map((purpose) => ({
          id: ids.next('withdrawal'),
          purpose,
          at,
          by: describeActor(actor),
          through: throughOf(actor),
        }));
        const after = standingOf(consents, [...withdrawals, ...records]);
        await keep(tx, person, after);
        if (records.length === 0) return { standing: after, withdrawn: open };
        await store.insertWithdrawals(tx, person, records);
        const { organization, world, subject } = person;
        await audit.add(tx, {
          actor,
          action: 'consent.withdraw',
          organization,
          target: subject,
          ...(request === undefined ? {} : { request }),
          details: { world, purposes: open },
        });
        await events.add(tx, {
          type: 'consent.withdrawn',
          organization,
          world,
          payload: { subject, purposes: open },
        });
        return { standing: after, withdrawn: open };
      });
      settle(person.subject, standing);
      return { ...(await stateOf(person)), withdrawn };
    },
    async read(person, actor, request) {
      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'consent.read',
          organization: person.organization,
          target: person.subject,
          ...(request === undefined ? {} : { request }),
          details: { world: person.world },
        }),
      );
      return stateOf(person);
    },
    forget: (subject) => void standings.delete(subject),
  };
}

/** The last word about this purpose was a withdrawal. */
function isWithdrawn(
  purpose: Purpose,
  consents: readonly ConsentRecord[],
  withdrawals: readonly Withdrawal[],
): boolean {
  const last = withdrawals.findLast((one) => one.purpose === purpose);
  return last !== undefined && !consents.some((one) => one.at > last.at && one.purposes.includes(purpose));
}
