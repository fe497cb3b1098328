import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { Consent, Person, Purpose } from './consent.ts';
import { type ConsentState, type ConsentStateDeps, type ConsentTerms, readState } from './consent-state.ts';
import { countWithdrawnByStaff, everyStanding } from './consent-store.ts';
import { createKnownStandings } from './known-standings.ts';
import { createRecordConsent, lineOf, type RecordConsentDeps } from './record-consent.ts';
import type { Ground, Standing } from './standing.ts';

const DAY = 86_400_000;
/** People whose consent administrators withdraw within a day without a second one. */
const MOST_WITHDRAWN = 10;

export interface Consents {
  /** Reads what people withhold; call it at start, before anything is searched. */
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
  /** Whether administrators withdrew the consent of so many people within a day that a second one has to confirm the next. */
  withdrewMany(organization: OrganizationId): Promise<boolean>;
  /** Audited as a read. The person is there. */
  read(person: Person, actor: Actor, request?: string): Promise<ConsentState>;
  /** Call it when a person is erased. */
  forget(subject: SubjectId): void;
}

export interface ConsentsDeps extends ConsentStateDeps, RecordConsentDeps {
  inTransaction: InTransaction;
}

export function createConsents(deps: ConsentsDeps): Consents {
  const { db, inTransaction, organizations, audit, clock } = deps;
  const { withholds, withheldAfter, settle, forget } = createKnownStandings(clock);
  const records = createRecordConsent(deps);
  const withTerm = (terms: ConsentTerms, consent: Consent) => applyTerm(terms, consent, clock.now());

  return {
    async load() {
      for await (const page of everyStanding(db)) {
        for (const { subject, standing } of page) settle(subject, standing);
      }
    },
    withholds,
    withheldAfter,
    record: records.record,
    settle,
    withTerm,
    async give(person, consent, actor, request) {
      const given = withTerm(await organizations.get(person.organization), consent);
      settle(person.subject, await inTransaction((tx) => records.give(tx, person, given, actor, request)));
      return readState(deps, person);
    },
    async withdraw(person, asked, actor, request) {
      const { standing, withdrawn } = await inTransaction((tx) =>
        records.withdraw(tx, person, asked, actor, request),
      );
      settle(person.subject, standing);
      return { ...(await readState(deps, person)), withdrawn };
    },
    withdrewMany: async (organization) =>
      (await countWithdrawnByStaff(db, organization, clock.now() - DAY)) >= MOST_WITHDRAWN,
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

function applyTerm({ retention }: ConsentTerms, consent: Consent, now: number): Consent {
  const consentDays = retention?.consentDays;
  if (consent.expiresAt !== undefined && consent.expiresAt <= now) {
    const details = [{ path: 'consent.expiresAt', message: 'It must be in the future.' }];
    throw new Problem('INVALID_REQUEST', 'The consent has run out already: its end must be in the future.', {
      details,
    });
  }
  if (consent.expiresAt !== undefined || consentDays === undefined) return consent;
  return { ...consent, expiresAt: now + consentDays * DAY };
}
