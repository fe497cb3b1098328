import { type ExpressionBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import { z } from 'zod';
import { parseJson } from '../../lib/canonical-json.ts';
import { firstIdAt, type OrganizationId, type SubjectId, type World } from '../../lib/id.ts';
import { notBeingErased } from '../../storage/legal-holds.ts';
import { findsRow } from '../../storage/rows.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import {
  type ConsentRecord,
  type Person,
  type Purpose,
  purposes,
  type Through,
  type Withdrawal,
} from './consent.ts';
import { type ConsentStatus, consentStatusText, readConsentStatus } from './consent-status.ts';

/** Rows that are read in one go: some milliseconds of the event loop. */
const PAGE = 5000;

const Purposes = z.array(z.enum(purposes));

/** `unread`: its purposes are damaged on disk, and any may be among them. */
export type KeptConsent = ConsentRecord & { unread?: true };

export async function selectConsents(from: Db | Tx, subject: SubjectId): Promise<KeptConsent[]> {
  const rows = await from
    .selectFrom('consent')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('given_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ ...toRecord(row), ...(!purposesOf(row) && { unread: true }) }));
}

function purposesOf(row: Selectable<Schema['consent']>): Purpose[] | undefined {
  return Purposes.safeParse(parseJson(row.purposes)).data;
}

const toRecord = (row: Selectable<Schema['consent']>): ConsentRecord => ({
  id: row.id,
  textVersion: row.text_version,
  purposes: purposesOf(row) ?? [],
  method: row.method,
  legalBasis: row.legal_basis,
  at: row.given_at,
  by: row.recorded_by,
  through: row.recorded_through as Through,
  ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  ...(row.shown === 1 && { shown: true }),
});

/** What is left of a consent: all of it, or something was withdrawn, or its term is over. */
export const consentStates = ['valid', 'withdrawn', 'expired'] as const;
export type AgreementState = (typeof consentStates)[number];

export interface ConsentFilter {
  subject?: SubjectId | undefined;
  state?: AgreementState | undefined;
  purpose?: Purpose | undefined;
  through?: Through | undefined;
  /** The whole version, or how it begins. */
  textVersion?: string | undefined;
  from?: number | undefined;
  until?: number | undefined;
}

type ConsentPage = ConsentFilter & { limit: number; before?: string | undefined; now: number };

/** Of people who are enrolled, the newest first. */
export async function pageOfConsents(
  db: Db,
  { organization, world }: { organization: OrganizationId; world: World },
  { limit, before, now, ...filter }: ConsentPage,
): Promise<{ subject: SubjectId; record: ConsentRecord }[]> {
  const { subject, state, purpose, through, textVersion, from, until } = filter;
  const rows = await db
    .selectFrom('consent')
    .selectAll('consent')
    .where('consent.organization', '=', organization)
    // Not `exists`: PostgreSQL would read all people of the world first.
    .where('consent.subject', '=', ({ selectFrom }) =>
      selectFrom('subject')
        .select('subject.id')
        .whereRef('subject.id', '=', 'consent.subject')
        .where('subject.world', '=', world)
        .where('subject.member_of', 'is', null)
        .where(notBeingErased),
    )
    .$if(subject !== undefined, (query) => query.where('consent.subject', '=', subject!))
    .$if(state !== undefined, (query) => query.where(standsAs(state!, now)))
    .$if(purpose !== undefined, (query) => query.where('consent.purposes', 'like', `%"${purpose}"%`))
    .$if(through !== undefined, (query) => query.where('consent.recorded_through', '=', through!))
    .$if(textVersion !== undefined, (query) =>
      query.where(sql<SqlBool>`substr(consent.text_version, 1, length(${textVersion!})) = ${textVersion!}`),
    )
    .$if(from !== undefined, (query) => query.where('consent.given_at', '>=', from!))
    .$if(until !== undefined, (query) => query.where('consent.given_at', '<', until!))
    .$if(before !== undefined, (query) => query.where('consent.id', '<', before!))
    .orderBy('consent.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ subject: row.subject as SubjectId, record: toRecord(row) }));
}

/** Something of it was withdrawn since: the purpose stands between quotes in the list of purposes. */
const withdrawnSince = sql<SqlBool>`exists (select 1 from consent_withdrawal where consent_withdrawal.subject = consent.subject and consent_withdrawal.withdrawn_at >= consent.given_at and consent.purposes like '%"' || consent_withdrawal.purpose || '"%')`;

const standsAs =
  (state: AgreementState, now: number) =>
  ({ eb, and, or, not }: ExpressionBuilder<Schema, 'consent'>) => {
    if (state === 'withdrawn') return withdrawnSince;
    return and([
      not(withdrawnSince),
      state === 'expired'
        ? eb('consent.expires_at', '<=', now)
        : or([eb('consent.expires_at', 'is', null), eb('consent.expires_at', '>', now)]),
    ]);
  };

export const selectWithdrawals = async (from: Db | Tx, subject: SubjectId): Promise<Withdrawal[]> =>
  (await withdrawalsOf(from, [subject])).get(subject) ?? [];

/** Of each person the oldest first. */
export async function withdrawalsOf(
  from: Db | Tx,
  subjects: readonly SubjectId[],
): Promise<Map<SubjectId, Withdrawal[]>> {
  const rows =
    subjects.length === 0
      ? []
      : await from
          .selectFrom('consent_withdrawal')
          .selectAll()
          .where('subject', 'in', subjects)
          .orderBy('withdrawn_at')
          .orderBy('id')
          .execute();
  const found = new Map<SubjectId, Withdrawal[]>();
  for (const row of rows) {
    const of = found.get(row.subject as SubjectId) ?? [];
    of.push({
      id: row.id,
      purpose: row.purpose as Purpose,
      at: row.withdrawn_at,
      by: row.recorded_by,
      through: row.recorded_through as Through,
    });
    found.set(row.subject as SubjectId, of);
  }
  return found;
}

/** People of the organization whose consent administrators withdrew since then. */
export async function countWithdrawnByStaff(
  db: Db,
  organization: OrganizationId,
  since: number,
): Promise<number> {
  const { n } = await db
    .selectFrom('consent_withdrawal')
    .select((eb) => eb.fn.count<number>('subject').distinct().as('n'))
    .where('id', '>=', firstIdAt('withdrawal', since))
    .where('organization', '=', organization)
    .where('recorded_by', 'like', 'administrator:%')
    .executeTakeFirstOrThrow();
  return Number(n);
}

export async function insertConsent(
  tx: Tx,
  { organization, subject }: Person,
  record: ConsentRecord,
): Promise<void> {
  await tx
    .insertInto('consent')
    .values({
      id: record.id,
      organization,
      subject,
      text_version: record.textVersion,
      purposes: JSON.stringify(record.purposes),
      method: record.method,
      legal_basis: record.legalBasis,
      given_at: record.at,
      recorded_by: record.by,
      recorded_through: record.through,
      expires_at: record.expiresAt ?? null,
      shown: record.shown ? 1 : 0,
    })
    .execute();
}

export async function insertWithdrawals(
  tx: Tx,
  { organization, subject }: Person,
  records: readonly Withdrawal[],
): Promise<void> {
  const rows = records.map(({ id, purpose, at, by, through }) => ({
    id,
    organization,
    subject,
    purpose,
    withdrawn_at: at,
    recorded_by: by,
    recorded_through: through,
  }));
  await tx.insertInto('consent_withdrawal').values(rows).execute();
}

/** What consents and withdrawals come to, beside the person. False when there is no such person (any more). */
export async function updateConsentStatus(tx: Tx, person: Person, status: ConsentStatus): Promise<boolean> {
  if (!(await isEnrolled(tx, person))) return false;
  await tx
    .updateTable('subject')
    .set({ withheld: consentStatusText(status) })
    .where('id', '=', person.subject)
    .execute();
  return true;
}

/** All people with a record, in pages. */
export async function* everyConsentStatus(
  db: Db,
): AsyncGenerator<{ subject: SubjectId; status: ConsentStatus }[]> {
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('subject')
      .select(['id', 'withheld'])
      .where('id', '>', after)
      .where('withheld', '<>', '[]')
      .orderBy('id')
      .limit(PAGE)
      .execute();
    if (rows.length === 0) return;
    after = rows.at(-1)!.id;
    yield rows.map((row) => ({ subject: row.id as SubjectId, status: readConsentStatus(row.withheld) }));
  }
}

/** False too once the erasure of the person has begun: nothing is recorded of them any more, and no hold stops it. */
export const isEnrolled = (tx: Tx, { organization, world, subject }: Person): Promise<boolean> =>
  tx
    .selectFrom('subject')
    .select('id')
    .where('id', '=', subject)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where(notBeingErased)
    .$call(findsRow);
