import type { Insertable, Selectable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SiteId } from '../../../lib/id.ts';
import {
  isSound,
  type RowIntegrity,
  updateProtected,
  withMac,
} from '../../../storage/keys/protected-tables.ts';
import { changesRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Attestation } from '../../consent/index.ts';
import {
  type ConsentLanguage,
  type LogoFacts,
  type Organization,
  RetentionSettings,
  type SetupSteps,
  type Site,
  type UniquenessPolicy,
} from './organization.ts';

export async function insertOrganization(
  tx: Tx,
  integrity: RowIntegrity,
  organization: Organization,
): Promise<void> {
  const row = withMac(integrity, 'organization', toRow(organization));
  await tx.insertInto('organization').values(row).execute();
}

export async function updateOrganization(
  tx: Tx,
  integrity: RowIntegrity,
  organization: Organization,
): Promise<void> {
  const { id, ...changes } = toRow(organization);
  await updateProtected(tx, integrity, 'organization', id, changes);
}

export async function selectOrganizations(db: Db, integrity: RowIntegrity): Promise<Organization[]> {
  const rows = await db.selectFrom('organization').selectAll().orderBy('id').execute();
  return rows.map((row) => fromRow(row, integrity));
}

/** The newest first, older than `before`. */
export async function selectOrganizationPage(
  db: Db,
  integrity: RowIntegrity,
  { before, limit }: { before?: string; limit: number },
): Promise<Organization[]> {
  const rows = await db
    .selectFrom('organization')
    .selectAll()
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => fromRow(row, integrity));
}

export async function selectOrganization(
  db: Db | Tx,
  integrity: RowIntegrity,
  id: OrganizationId,
): Promise<Organization | undefined> {
  const row = await db.selectFrom('organization').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row, integrity);
}

/** Without `png`: none any more. */
export async function replaceLogo(tx: Tx, organization: OrganizationId, png?: Uint8Array): Promise<void> {
  await tx.deleteFrom('organization_logo').where('organization', '=', organization).execute();
  if (png) await tx.insertInto('organization_logo').values({ organization, png }).execute();
}

export async function selectLogo(db: Db, organization: OrganizationId): Promise<Uint8Array | undefined> {
  const row = await db
    .selectFrom('organization_logo')
    .select('png')
    .where('organization', '=', organization)
    .executeTakeFirst();
  return row?.png;
}

export async function insertConsentText(
  tx: Tx,
  { organization, version, content }: { organization: OrganizationId; version: number; content: string },
): Promise<void> {
  await tx.insertInto('consent_text').values({ organization, version, content }).execute();
}

export async function selectConsentText(
  db: Db,
  organization: OrganizationId,
  version: number,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('consent_text')
    .select('content')
    .where('organization', '=', organization)
    .where('version', '=', version)
    .executeTakeFirst();
  return row?.content;
}

export const selectConsentTexts = (from: Db | Tx, organization: OrganizationId, versions: number[]) =>
  from
    .selectFrom('consent_text')
    .select(['version', 'content'])
    .where('organization', '=', organization)
    .where('version', 'in', versions)
    .execute();

export async function insertSite(tx: Tx, site: Site, createdAt: number): Promise<void> {
  const { timeZone, ...columns } = site;
  await tx
    .insertInto('site')
    .values({ ...columns, time_zone: timeZone, created_at: createdAt })
    .execute();
}

/** The newest first, older than `before`; all without a page. */
export async function selectSites(
  db: Db,
  organization: OrganizationId,
  { before, limit }: { before?: string; limit?: number } = {},
): Promise<Site[]> {
  const rows = await db
    .selectFrom('site')
    .selectAll()
    .where('organization', '=', organization)
    .$if(before !== undefined, (query) => query.where('id', '<', before!))
    .$if(limit !== undefined, (query) => query.limit(limit!))
    .orderBy('id', 'desc')
    .execute();
  return rows.map(fromSiteRow);
}

/** Whether a person is enrolled, or was asked for a consent in a live session. */
export async function hasPeople(from: Db | Tx, organization: OrganizationId): Promise<boolean> {
  for (const table of ['subject', 'live_session'] as const) {
    const found = await from
      .selectFrom(table)
      .select('id')
      .where('organization', '=', organization)
      .limit(1)
      .executeTakeFirst();
    if (found) return true;
  }
  return false;
}

export async function countSites(tx: Tx, organization: OrganizationId): Promise<number> {
  const { n } = await tx
    .selectFrom('site')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('organization', '=', organization)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Whether there was one. */
export const deleteSite = (tx: Tx, organization: OrganizationId, site: SiteId): Promise<boolean> =>
  tx.deleteFrom('site').where('organization', '=', organization).where('id', '=', site).$call(changesRow);

const fromSiteRow = ({
  created_at: _,
  time_zone,
  id,
  organization,
  ...columns
}: Selectable<Schema['site']>): Site => ({
  ...columns,
  id: id as SiteId,
  organization: organization as OrganizationId,
  timeZone: time_zone,
});

function toRow(organization: Organization): Insertable<Schema['organization']> {
  return {
    id: organization.id,
    name: organization.name,
    created_at: organization.createdAt,
    match_only: organization.matchOnly ? 1 : 0,
    uniqueness_policy: organization.uniquenessPolicy,
    consent_policy: organization.consentPolicy,
    attestation: organization.attestation ? JSON.stringify(organization.attestation) : null,
    retention: JSON.stringify(organization.retention ?? {}),
    allowed_profiles: organization.allowedProfiles ? JSON.stringify(organization.allowedProfiles) : null,
    erased_at: organization.erasedAt ?? null,
    two_person_review: organization.twoPersonReview ? 1 : 0,
    four_eyes: organization.fourEyes ? 1 : 0,
    face_factor: organization.faceFactor ? 1 : 0,
    sign_in_notice: organization.signInNotice ?? null,
    redirect_targets: organization.redirectTargets ? JSON.stringify(organization.redirectTargets) : null,
    setup_steps: organization.setupSteps ? JSON.stringify(organization.setupSteps) : null,
    consent_language: organization.consentLanguage ?? null,
    color: organization.color ?? null,
    logo: organization.logo ? JSON.stringify(organization.logo) : null,
    consent_text: organization.consentText ? JSON.stringify(organization.consentText) : null,
    former_names: organization.formerNames ? JSON.stringify(organization.formerNames) : null,
  };
}

/**
 * Settings of a row that another program wrote or changed count for nothing: the strictest hold in their place, until an operator has
 * accepted the row.
 */
function fromRow(row: Selectable<Schema['organization']>, integrity: RowIntegrity): Organization {
  if (isSound(integrity, 'organization', row)) return asWritten(row);
  return {
    id: row.id as OrganizationId,
    name: row.name,
    createdAt: row.created_at,
    matchOnly: false,
    uniquenessPolicy: 'block',
    consentPolicy: 'with-call',
    allowedProfiles: [],
    twoPersonReview: true,
    fourEyes: true,
    ...(row.erased_at !== null && { erasedAt: row.erased_at }),
    altered: true,
  };
}

function asWritten(row: Selectable<Schema['organization']>): Organization {
  return {
    id: row.id as OrganizationId,
    name: row.name,
    createdAt: row.created_at,
    matchOnly: row.match_only === 1,
    ...(row.allowed_profiles !== null && { allowedProfiles: JSON.parse(row.allowed_profiles) as string[] }),
    uniquenessPolicy: row.uniqueness_policy as UniquenessPolicy,
    consentPolicy: row.consent_policy as Organization['consentPolicy'],
    ...(row.attestation === null ? {} : { attestation: JSON.parse(row.attestation) as Attestation }),
    ...(row.two_person_review === 1 && { twoPersonReview: true }),
    ...(row.four_eyes === 1 && { fourEyes: true }),
    ...(row.face_factor === 1 && { faceFactor: true }),
    ...(row.redirect_targets !== null && { redirectTargets: JSON.parse(row.redirect_targets) as string[] }),
    ...defined({ setupSteps: row.setup_steps === null ? undefined : parseJson<SetupSteps>(row.setup_steps) }),
    ...(row.consent_language !== null && { consentLanguage: row.consent_language as ConsentLanguage }),
    ...(row.color !== null && { color: row.color }),
    ...(row.logo !== null && { logo: JSON.parse(row.logo) as LogoFacts }),
    ...(row.consent_text !== null && {
      consentText: JSON.parse(row.consent_text) as Organization['consentText'],
    }),
    ...(row.former_names !== null && {
      formerNames: JSON.parse(row.former_names) as Organization['formerNames'],
    }),
    ...(row.sign_in_notice !== null && { signInNotice: row.sign_in_notice }),
    ...(row.erased_at === null ? {} : { erasedAt: row.erased_at }),
    ...(row.retention === '{}' ? {} : { retention: RetentionSettings.parse(JSON.parse(row.retention)) }),
  };
}
