import type { Selectable } from 'kysely';
import type { Clock } from '../../../lib/clock.ts';
import type { AdministratorId, ApprovalId, OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { isSound, updateProtected, withMac } from '../../../storage/keys/protected-tables.ts';
import { countRows } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, RowIntegrity, Tx } from '../../../storage/transaction.ts';

type Row = Selectable<Schema['approval']>;

const fromRow = (row: Row): Approval => ({
  id: row.id as ApprovalId,
  organization: row.organization as OrganizationId,
  action: row.action as ApprovalAction,
  ...(row.world !== null && { world: row.world as World }),
  ...(row.subject !== null && { subject: row.subject as SubjectId }),
  ...(row.about !== null && { about: row.about }),
  requestedBy: row.requested_by as AdministratorId,
  requestedAt: row.requested_at,
  expiresAt: row.expires_at,
  ...(row.decision !== null && { decision: row.decision as 'confirmed' | 'declined' }),
  ...(row.decided_by !== null && { decidedBy: row.decided_by as AdministratorId }),
  ...(row.decided_at !== null && { decidedAt: row.decided_at }),
});

export async function insertApproval(tx: Tx, integrity: RowIntegrity, approval: Approval): Promise<void> {
  const row = {
    id: approval.id,
    organization: approval.organization,
    world: approval.world ?? null,
    action: approval.action,
    subject: approval.subject ?? null,
    about: approval.about ?? null,
    requested_by: approval.requestedBy,
    requested_at: approval.requestedAt,
    expires_at: approval.expiresAt,
    decision: null,
    decided_by: null,
    decided_at: null,
  };
  await tx
    .insertInto('approval')
    .values(withMac(integrity, 'approval', row))
    .execute();
}

/** None for a row that another program wrote or changed. */
export async function selectApproval(
  db: Db | Tx,
  integrity: RowIntegrity,
  organization: OrganizationId,
  id: string,
): Promise<Approval | undefined> {
  const row = await db
    .selectFrom('approval')
    .selectAll()
    .where('organization', '=', organization)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && isSound(integrity, 'approval', row) ? fromRow(row) : undefined;
}

/** False when it has been decided meanwhile, or has ended. */
export async function updateDecision(
  tx: Tx,
  integrity: RowIntegrity,
  { organization, id }: Pick<Approval, 'organization' | 'id'>,
  { decision, by, at }: { decision: 'confirmed' | 'declined'; by: AdministratorId; at: number },
): Promise<boolean> {
  const open = await selectApproval(tx, integrity, organization, id);
  if (open === undefined || open.decision !== undefined || open.expiresAt <= at) return false;
  return updateProtected(tx, integrity, 'approval', id, { decision, decided_by: by, decided_at: at });
}

export interface ApprovalQuery {
  state?: ApprovalState;
  before?: string;
  limit: number;
}

/** The newest first. */
export async function selectApprovals(
  db: Db,
  integrity: RowIntegrity,
  organization: OrganizationId,
  { state, before, limit }: ApprovalQuery,
  now: number,
): Promise<Approval[]> {
  let query = db.selectFrom('approval').selectAll().where('organization', '=', organization);
  if (before !== undefined) query = query.where('id', '<', before);
  if (state === 'declined') query = query.where('decision', '=', 'declined');
  else if (state === 'open') query = query.where('decision', 'is', null).where('expires_at', '>', now);
  else if (state === 'confirmed')
    query = query.where('decision', '=', 'confirmed').where('expires_at', '>', now);
  else if (state === 'expired')
    query = query
      .where('expires_at', '<=', now)
      .where((eb) => eb.or([eb('decision', 'is', null), eb('decision', '<>', 'declined')]));
  return (await query.orderBy('id', 'desc').limit(limit).execute())
    .filter((row) => isSound(integrity, 'approval', row))
    .map(fromRow);
}

export interface WaitingApprovals {
  /** Requests in this world, and those without a world, that wait for a second administrator. */
  count(realm: { organization: OrganizationId; world: World }): Promise<number>;
}

export const createWaitingApprovals = ({ db, clock }: { db: Db; clock: Clock }): WaitingApprovals => ({
  count: ({ organization, world }) =>
    db
      .selectFrom('approval')
      .where('organization', '=', organization)
      .where((eb) => eb.or([eb('world', '=', world), eb('world', 'is', null)]))
      .where('decision', 'is', null)
      .where('expires_at', '>', clock.now())
      .$call(countRows),
});

/** Requests for just this by this account that have not ended, the newest first. */
export async function selectRunning(
  db: Db,
  integrity: RowIntegrity,
  {
    organization,
    action,
    world,
    subject,
    about,
    requestedBy,
  }: Omit<Approval, 'id' | 'requestedAt' | 'expiresAt'>,
  now: number,
): Promise<Approval[]> {
  let query = db
    .selectFrom('approval')
    .selectAll()
    .where('organization', '=', organization)
    .where('action', '=', action)
    .where('requested_by', '=', requestedBy)
    .where('expires_at', '>', now);
  query = world === undefined ? query.where('world', 'is', null) : query.where('world', '=', world);
  query = subject === undefined ? query.where('subject', 'is', null) : query.where('subject', '=', subject);
  query = about === undefined ? query.where('about', 'is', null) : query.where('about', '=', about);
  return (await query.orderBy('id', 'desc').execute())
    .filter((row) => isSound(integrity, 'approval', row))
    .map(fromRow);
}

/** Not ended, and not decided. */
export async function countRunning(
  db: Db,
  { organization, requestedBy }: Pick<Approval, 'organization' | 'requestedBy'>,
  now: number,
): Promise<number> {
  const { n } = await db
    .selectFrom('approval')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('organization', '=', organization)
    .where('requested_by', '=', requestedBy)
    .where('decision', 'is', null)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(n);
}

/** Of the organization, ended before `before`. */
export async function deleteEnded(tx: Tx, organization: OrganizationId, before: number): Promise<void> {
  await tx
    .deleteFrom('approval')
    .where('organization', '=', organization)
    .where('expires_at', '<', before)
    .execute();
}

export async function deleteApprovals(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.deleteFrom('approval').where('organization', '=', organization).execute();
}

export async function approvalsAbout(
  db: Db,
  { organization, subject }: { organization: OrganizationId; subject: SubjectId },
): Promise<Approval[]> {
  const rows = await db
    .selectFrom('approval')
    .selectAll()
    .where('organization', '=', organization)
    .where('subject', '=', subject)
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

export async function removePerson(
  tx: Tx,
  integrity: RowIntegrity,
  subjects: readonly SubjectId[],
): Promise<void> {
  const rows = await tx
    .selectFrom('approval')
    .select('id')
    .where('subject', 'in', [...subjects])
    .execute();
  for (const { id } of rows)
    await updateProtected(tx, integrity, 'approval', id, { subject: null, about: null });
}

/** What two administrators have to agree on, where the organization asks for it. */
export const approvalActions = [
  'subject.erase',
  'subject.export',
  'subjects.erase',
  'organization.erase',
  'four-eyes.off',
  'subject.change',
  'subject.rebind',
  'picture.confirm',
  'hold.release',
  'consent.withdraw',
  'retention.sweep',
  'data.destroy',
  'protection.weaken',
] as const;
export type ApprovalAction = (typeof approvalActions)[number];

/** Whether it takes two administrators with four eyes off, too. */
export const isAlwaysAsked = (action: ApprovalAction): boolean =>
  action === 'consent.withdraw' || isAboutOne(action);
/** Whether a request for it is about one address or one picture of the person. */
export const isAboutOne = (action: ApprovalAction): boolean =>
  action === 'subject.rebind' || action === 'picture.confirm';
/** Whether a request for it names one person. */
export const isOfPerson = (action: ApprovalAction): boolean =>
  isAboutOne(action) ||
  ['subject.erase', 'subject.export', 'subject.change', 'hold.release'].includes(action);
/** Whether a request for it names a world. */
export const isOfWorld = (action: ApprovalAction): boolean =>
  isOfPerson(action) || action === 'subjects.erase';

export const approvalStates = ['open', 'confirmed', 'declined', 'expired'] as const;
export type ApprovalState = (typeof approvalStates)[number];

/** One request to a second administrator. It ends 24 hours after it was made, confirmed or not. */
export interface Approval {
  id: ApprovalId;
  organization: OrganizationId;
  action: ApprovalAction;
  /** Of a person or of all people of a world. */
  world?: World;
  subject?: SubjectId;
  /** Keyed hash of the address (`subject.rebind`), or hash of the picture's id (`picture.confirm`) that it is about. */
  about?: string;
  requestedBy: AdministratorId;
  requestedAt: number;
  expiresAt: number;
  decision?: 'confirmed' | 'declined';
  decidedBy?: AdministratorId;
  decidedAt?: number;
}

export function stateOf({ decision, expiresAt }: Approval, now: number): ApprovalState {
  if (decision === 'declined') return 'declined';
  if (expiresAt <= now) return 'expired';
  return decision ?? 'open';
}
