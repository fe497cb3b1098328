import type { Clock } from '../../lib/clock.ts';
import { createIdRows, type IdRows } from '../../lib/collections/id-rows.ts';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, describeActor, type Foundation } from '../audit/index.ts';
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
import {
  type ConsentStatus,
  consentStatusAfter,
  consentStatusOf,
  endedAt,
  isWithheld,
  keptUntil,
  type LegalBasis,
  nextMoment,
  noRecords,
  takenAway,
} from './consent-status.ts';
import {
  countWithdrawnByStaff,
  everyConsentStatus,
  insertConsent,
  insertWithdrawals,
  type KeptConsent,
  selectConsents,
  selectWithdrawals,
  updateConsentStatus,
} from './consent-store.ts';
import type { Uniqueness } from './consent-text.ts';

const DAY = 86_400_000;
/** People whose consent administrators withdraw within a day without a second one. */
const MOST_WITHDRAWN = 10;
/** A consent that ends earlier takes uses away, unless the organization's own term is shorter. */
const USUAL = 365 * DAY;

export interface Consents {
  /** Reads what people withhold, in the place of what is known; call it at start, before anything is searched. */
  load(): Promise<void>;
  /** By the clock of this moment: a consent that has run out since the start counts no more. */
  withholds(legalBasis: LegalBasis, subject: SubjectId, purpose: Purpose): boolean;
  /** The purposes that would be withheld once `consent` is recorded for this person, or for a newcomer. */
  withheldAfter(
    legalBasis: LegalBasis,
    subject: SubjectId | undefined,
    consent: Consent | undefined,
  ): Purpose[];
  /**
   * Writes the consent inside the caller's transaction; the person's row is there. Call `settle` with the answer once that is
   * committed, never before.
   */
  record(tx: Tx, person: Person, consent: Consent, actor: Actor): Promise<ConsentStatus>;
  settle(subject: SubjectId, status: ConsentStatus): void;
  /** The organization's term where the consent names none. Throws INVALID_REQUEST for an end that is not in the future. */
  withTerm(terms: ConsentTerms, consent: Consent): Consent;
  /**
   * A consent that came without a picture. What an administrator takes away by it counts as withdrawn. Throws SUBJECT_NOT_FOUND,
   * APPROVAL_REQUIRED as `withdraw`, and CONFLICT where it was found to take nothing away and does.
   */
  give(person: Person, consent: Consent, actor: Actor, order?: ConsentOptions): Promise<ConsentState>;
  /** Whether a consent, as its sender named it, would end uses of this person that the organization's own word allows. */
  takesAway(person: Person, consent: Consent): Promise<boolean>;
  /**
   * Holds from the next use on. What is withdrawn already is not recorded twice. Throws SUBJECT_NOT_FOUND, and APPROVAL_REQUIRED for one
   * by an administrator where `withdrewMany` holds.
   */
  withdraw(
    person: Person,
    purposes: readonly Purpose[],
    actor: Actor,
    order?: ConsentOptions,
  ): Promise<ConsentState & { withdrawn: Purpose[] }>;
  /** Whether administrators withdrew the consent of so many people within a day that a second one has to confirm the next. */
  withdrewMany(organization: OrganizationId): Promise<boolean>;
  /** Audited as a read. The person is there. */
  read(person: Person, actor: Actor, request?: string): Promise<ConsentState>;
  /** Call it when a person is erased. */
  forget(subject: SubjectId): void;
}

export interface ConsentOptions {
  request?: string | undefined;
  /** A second administrator confirmed it. */
  confirmed?: boolean;
  /** What `takesAway` said, by which the call was guarded. */
  takesAway?: boolean;
}

export interface ConsentsDeps extends ConsentStateDeps, RecordConsentDeps {
  inTransaction: InTransaction;
}

export function createConsents(deps: ConsentsDeps): Consents {
  const { db, inTransaction, organizations, audit, clock } = deps;
  const { withholds, withheldAfter, settle, forget, replace } = createKnownStatuses(clock);
  const records = createRecordConsent(deps);
  const withTerm = (terms: ConsentTerms, consent: Consent) => applyTerm(terms, consent, clock.now());

  return {
    async load() {
      const read = createIdRows(NUMBERS);
      for await (const page of everyConsentStatus(db)) {
        for (const { subject, status } of page) write(read, subject, status);
      }
      replace(read);
    },
    withholds,
    withheldAfter,
    record: records.record,
    settle,
    withTerm,
    async give(person, consent, actor, order = {}) {
      const terms = await organizations.get(person.organization);
      const now = clock.now();
      const given = applyTerm(terms, consent, now);
      const taken = (before: ConsentStatus) => takenBy(terms, before, consent, now);
      const status = await inTransaction((tx) =>
        records.give(tx, person, { given, taken: isByStaff(actor) ? taken : () => [] }, actor, order),
      );
      settle(person.subject, status);
      return readState(deps, person);
    },
    async takesAway(person, consent) {
      const terms = await organizations.get(person.organization);
      const { status } = await readHistory(db, person.subject);
      const now = clock.now();
      requireFuture(consent, now);
      return takenBy(terms, status, consent, now).length > 0;
    },
    async withdraw(person, asked, actor, order = {}) {
      const { status, withdrawn } = await inTransaction((tx) =>
        records.withdraw(tx, person, asked, actor, order),
      );
      settle(person.subject, status);
      return { ...(await readState(deps, person)), withdrawn };
    },
    withdrewMany: (organization) => withdrewMany(db, organization, clock),
    async read(person, actor, request) {
      await inTransaction((tx) =>
        audit.add(tx, {
          ...lineOf(person, actor, request),
          action: 'consent.read',
          details: { world: person.world },
        }),
      );
      return readState(deps, person);
    },
    forget,
  };
}

const withdrewMany = async (from: Db | Tx, organization: OrganizationId, clock: Clock): Promise<boolean> =>
  (await countWithdrawnByStaff(from, organization, clock.now() - DAY)) >= MOST_WITHDRAWN;

const isByStaff = ({ is }: Actor): boolean => is === 'administrator';

/**
 * `given` as its sender named it: the organization's own term takes nothing away, nor does it without a use that the organization does not
 * make. A day less is as long: the end was chosen before.
 */
function takenBy(terms: ConsentTerms, before: ConsentStatus, given: Consent, now: number): Purpose[] {
  const term = (terms.retention?.consentDays ?? Number.POSITIVE_INFINITY) * DAY;
  const taken = takenAway(before, legalBasisOf(terms), given, now + Math.min(USUAL, term) - DAY);
  return taken.filter((purpose) => purpose !== 'deduplication' || terms.uniquenessPolicy !== 'off');
}

function requireFuture({ expiresAt }: Consent, now: number): void {
  if (expiresAt === undefined || expiresAt > now) return;
  const details = [{ path: 'consent.expiresAt', message: 'It must be in the future.' }];
  throw new Problem('INVALID_REQUEST', 'The consent has run out already: its end must be in the future.', {
    details,
  });
}

function applyTerm({ retention }: ConsentTerms, consent: Consent, now: number): Consent {
  requireFuture(consent, now);
  const consentDays = retention?.consentDays;
  if (consent.expiresAt !== undefined || consentDays === undefined) return consent;
  return { ...consent, expiresAt: now + consentDays * DAY };
}

/** Beside the id of each person with a record: `asOf`, `recorded`, and for each purpose `withheldFrom`, NaN where it is absent. */
const NUMBERS = 2 + purposes.length;

/** What people withhold, in memory, for all people with a record. Every search reads it. */
function createKnownStatuses(clock: Clock) {
  let statuses = createIdRows(NUMBERS);

  /** Without what the staff did, which no search asks for. */
  function statusNow(subject: SubjectId | undefined): ConsentStatus {
    const row = subject === undefined ? -1 : statuses.rowOf(subject);
    if (row === -1) return noRecords;
    const numbers = statuses.numbersAt(row);
    const withheldFrom: { [P in Purpose]?: number } = {};
    for (const [i, purpose] of purposes.entries())
      if (!Number.isNaN(numbers[2 + i])) withheldFrom[purpose] = numbers[2 + i]!;
    return { asOf: numbers[0]!, recorded: numbers[1] === 1, withheldFrom };
  }

  return {
    replace(read: IdRows): void {
      statuses = read;
    },
    withholds: (legalBasis: LegalBasis, subject: SubjectId, purpose: Purpose): boolean =>
      isWithheld(statusNow(subject), purpose, legalBasis, clock.now()),
    withheldAfter(
      legalBasis: LegalBasis,
      subject: SubjectId | undefined,
      consent: Consent | undefined,
    ): Purpose[] {
      const before = statusNow(subject);
      const now = clock.now();
      const after = consent
        ? consentStatusAfter(before, { ...consent, at: nextMoment(now, before) })
        : before;
      return purposes.filter((purpose) => isWithheld(after, purpose, legalBasis, now));
    },
    /** Two changes of one person may be settled in the other order than they were committed: the later one holds. */
    settle(subject: SubjectId, status: ConsentStatus): void {
      if (status.asOf >= statusNow(subject).asOf) write(statuses, subject, status);
    },
    forget(subject: SubjectId): void {
      const row = statuses.rowOf(subject);
      if (row !== -1) statuses.remove(row);
    },
  };
}

function write(statuses: IdRows, subject: SubjectId, { asOf, recorded, withheldFrom }: ConsentStatus): void {
  const known = statuses.rowOf(subject);
  const from = purposes.map((purpose) => withheldFrom[purpose] ?? Number.NaN);
  statuses.numbersAt(known === -1 ? statuses.add(subject) : known).set([asOf, Number(recorded), ...from]);
}

interface RecordConsentDeps extends Pick<Foundation, 'audit' | 'ids' | 'clock'> {
  events: Events;
}

/** Writes consents and withdrawals inside the caller's transaction. Each throws SUBJECT_NOT_FOUND. */
function createRecordConsent({ audit, events, ids, clock }: RecordConsentDeps) {
  async function record(tx: Tx, person: Person, consent: Consent, actor: Actor): Promise<ConsentStatus> {
    const { consents, withdrawals, status } = await readHistory(tx, person.subject);
    const at = nextMoment(clock.now(), status);
    const after = consentStatusOf([...consents, { ...consent, at, by: describeActor(actor) }], withdrawals);
    await keep(tx, person, after);
    await insertConsent(tx, person, {
      ...consent,
      id: ids.next('consent'),
      at,
      by: describeActor(actor),
      through: consent.through ?? throughOf(actor),
    });
    return after;
  }

  /** Throws APPROVAL_REQUIRED: in the transaction, so that many at once are no more than one after another. */
  async function requireFew(
    tx: Tx,
    { organization }: Person,
    actor: Actor,
    { confirmed }: ConsentOptions,
  ): Promise<void> {
    if (confirmed || !isByStaff(actor) || !(await withdrewMany(tx, organization, clock))) return;
    throw new Problem(
      'APPROVAL_REQUIRED',
      `Nothing was done: administrators withdrew the consent of ${MOST_WITHDRAWN} people within a day, so a second administrator has to confirm this one first.`,
      { approval: { action: 'consent.withdraw' } },
    );
  }

  async function writeWithdrawn(
    tx: Tx,
    person: Person,
    records: readonly Withdrawal[],
    actor: Actor,
    { request }: ConsentOptions,
  ): Promise<void> {
    const { organization, world, subject } = person;
    const withdrawn = records.map(({ purpose }) => purpose);
    await insertWithdrawals(tx, person, records);
    await audit.add(tx, {
      ...lineOf(person, actor, request),
      action: 'consent.withdraw',
      details: { world, purposes: withdrawn },
    });
    await events.add(tx, {
      type: 'consent.withdrawn',
      organization,
      world,
      payload: { subject, purposes: withdrawn },
    });
  }

  const recordsOf = (withdrawn: readonly Purpose[], at: number, actor: Actor) =>
    withdrawn.map((purpose) => ({
      id: ids.next('withdrawal'),
      purpose,
      at,
      by: describeActor(actor),
      through: throughOf(actor),
    }));

  return {
    record,
    /** As `record`, with an audit line of its own. What it takes away is withdrawn before. */
    async give(
      tx: Tx,
      person: Person,
      { given, taken }: { given: Consent; taken(before: ConsentStatus): Purpose[] },
      actor: Actor,
      order: ConsentOptions,
    ): Promise<ConsentStatus> {
      const { status } = await readHistory(tx, person.subject);
      const withdrawn = taken(status);
      if (withdrawn.length > 0) {
        if (order.takesAway === false)
          throw new Problem(
            'CONFLICT',
            'What the person may be used for has changed at the same time: try again.',
          );
        await requireFew(tx, person, actor, order);
        const records = recordsOf(withdrawn, nextMoment(clock.now(), status), actor);
        await writeWithdrawn(tx, person, records, actor, order);
      }
      const after = await record(tx, person, given, actor);
      const { purposes: agreed, textVersion } = given;
      await audit.add(tx, {
        ...lineOf(person, actor, order.request),
        action: 'consent.record',
        details: { world: person.world, purposes: agreed, textVersion },
      });
      return after;
    },
    /** Purposes that are withdrawn already are not recorded again. */
    async withdraw(
      tx: Tx,
      person: Person,
      asked: readonly Purpose[],
      actor: Actor,
      order: ConsentOptions,
    ): Promise<{ status: ConsentStatus; withdrawn: Purpose[] }> {
      const { consents, withdrawals, status } = await readHistory(tx, person.subject);
      const withdrawn = [...new Set(asked)].filter((purpose) => !isWithdrawn(purpose, consents, withdrawals));
      const records = recordsOf(withdrawn, nextMoment(clock.now(), status), actor);
      const after = consentStatusOf(consents, [...withdrawals, ...records]);
      await keep(tx, person, after);
      if (records.length === 0) return { status: after, withdrawn };
      await requireFew(tx, person, actor, order);
      await writeWithdrawn(tx, person, records, actor, order);
      return { status: after, withdrawn };
    },
  };
}

/** Whose consent a line of the audit log is about, and who acted. */
const lineOf = ({ organization, subject }: Person, actor: Actor, request: string | undefined) => ({
  actor,
  organization,
  target: subject,
  ...defined({ request }),
});

async function keep(tx: Tx, person: Person, status: ConsentStatus): Promise<void> {
  if (await updateConsentStatus(tx, person, status)) return;
  throw new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');
}

/** The last word about this purpose was a withdrawal. */
function isWithdrawn(
  purpose: Purpose,
  consents: readonly KeptConsent[],
  withdrawals: readonly Withdrawal[],
): boolean {
  const last = withdrawals.findLast((one) => one.purpose === purpose);
  return (
    last !== undefined &&
    !consents.some((one) => one.at > last.at && (one.unread || one.purposes.includes(purpose)))
  );
}

/** All that is recorded of one person's will, and what follows. */
export interface ConsentState {
  legalBasis: LegalBasis;
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
  consentPolicy: LegalBasis['is'];
  uniquenessPolicy: Uniqueness;
  attestation?: Pick<Attestation, 'purposes'>;
  retention?: { consentDays?: number | undefined };
}

export interface ConsentStateDeps extends Pick<Foundation, 'db' | 'clock'> {
  organizations: { get(id: OrganizationId): Promise<ConsentTerms> };
}

export function legalBasisOf({ consentPolicy, attestation }: ConsentTerms): LegalBasis {
  return consentPolicy === 'with-call'
    ? { is: 'with-call' }
    : { is: 'attested', purposes: attestation?.purposes ?? purposes };
}

async function readHistory(from: Db | Tx, subject: SubjectId) {
  const consents = await selectConsents(from, subject);
  const withdrawals = await selectWithdrawals(from, subject);
  return { consents, withdrawals, status: consentStatusOf(consents, withdrawals) };
}

export async function readState(
  { db, organizations, clock }: ConsentStateDeps,
  { organization, subject }: Person,
): Promise<ConsentState> {
  const legalBasis = legalBasisOf(await organizations.get(organization));
  const { consents, withdrawals, status } = await readHistory(db, subject);
  const now = clock.now();
  const end = endedAt(status);
  const ended = end !== undefined && end <= now;
  const erasedFrom = keptUntil(status, Number.POSITIVE_INFINITY);
  return {
    legalBasis,
    consents: consents.map(({ unread: _, ...consent }) => consent),
    withdrawals,
    withheld: purposes.filter((purpose) => isWithheld(status, purpose, legalBasis, now)),
    ended,
    ...(ended && erasedFrom > now && { erasedFrom }),
  };
}
