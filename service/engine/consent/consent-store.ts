import { firstIdAt, type OrganizationId, type SubjectId } from '../../lib/id.ts';
import { notBeingErased } from '../../storage/legal-holds.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { ConsentRecord, Person, Purpose, Through, Withdrawal } from './consent.ts';
import { type ConsentStatus, consentStatusText, readConsentStatus } from './consent-status.ts';

/** Rows that are read in one go: some milliseconds of the event loop. */
const PAGE = 5000;

export async function selectConsents(from: Db | Tx, subject: SubjectId): Promise<ConsentRecord[]> {
  const rows = await from
    .selectFrom('consent')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('given_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    textVersion: row.text_version,
    purposes: JSON.parse(row.purposes) as Purpose[],
    method: row.method,
    legalBasis: row.legal_basis,
    at: row.given_at,
    by: row.recorded_by,
    through: row.recorded_through as Through,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
  }));
}

export async function selectWithdrawals(from: Db | Tx, subject: SubjectId): Promise<Withdrawal[]> {
  const rows = await from
    .selectFrom('consent_withdrawal')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('withdrawn_at')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    purpose: row.purpose as Purpose,
    at: row.withdrawn_at,
    by: row.recorded_by,
    through: row.recorded_through as Through,
  }));
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
export async function isEnrolled(tx: Tx, { organization, world, subject }: Person): Promise<boolean> {
  const row = await tx
    .selectFrom('subject')
    .select('id')
    .where((eb) => eb.and({ id: subject, organization, world }))
    .where(notBeingErased)
    .executeTakeFirst();
  return row !== undefined;
}
