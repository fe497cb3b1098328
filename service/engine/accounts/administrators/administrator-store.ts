import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';
import { formerSpellings, normalizeEmail } from '../../../storage/email-address.ts';
import {
  isSound,
  protectAsItIs,
  type RowIntegrity,
  withMac,
} from '../../../storage/keys/protected-tables.ts';
import { findsRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Role } from '../access/scope.ts';
import type { Administrator } from './administrator.ts';

/** Detects rows that a writer of the database without keys made or changed. */
export type SignInIntegrity = RowIntegrity;

export { normalizeEmail };

type Row = Selectable<Schema['administrator']>;

/** With the fields that never leave this folder. */
export interface Account extends Administrator {
  /** argon2id; absent: none is set. */
  password?: string;
  /** The password alone does not sign in any more. */
  factorRequired: boolean;
  /** A face is enrolled; an organization that stops allowing it removes the row. */
  face: boolean;
  dueAt: number;
}

export async function insertAccount(tx: Tx, integrity: SignInIntegrity, account: Account): Promise<void> {
  const row = {
    id: account.id,
    organization: account.organization,
    email: account.email,
    name: account.name,
    role: account.role,
    appliance_owner: account.applianceOwner ? 1 : 0,
    password: account.password ?? null,
    created_at: account.createdAt,
    disabled_at: account.disabledAt ?? null,
    last_sign_in_at: null,
    factor_due_at: account.dueAt,
    factor_required: account.factorRequired ? 1 : 0,
  };
  await tx
    .insertInto('administrator')
    .values(withMac(integrity, 'administrator', row))
    .execute();
}

export interface AccountChange {
  name?: string;
  role?: Role;
  applianceOwner?: boolean;
  password?: string | null;
  disabledAt?: number | null;
  factorRequired?: boolean;
}

/** Updates a row that was read and verified, or that an operator accepts unverified. */
export async function updateAccount(
  tx: Tx,
  integrity: SignInIntegrity,
  id: AdministratorId,
  change: AccountChange,
): Promise<void> {
  const { name, role, applianceOwner, password, disabledAt, factorRequired } = change;
  const set = {
    ...(name !== undefined && { name }),
    ...(role !== undefined && { role }),
    ...(applianceOwner !== undefined && { appliance_owner: applianceOwner ? 1 : 0 }),
    ...(password !== undefined && { password }),
    ...(disabledAt !== undefined && { disabled_at: disabledAt }),
    ...(factorRequired !== undefined && { factor_required: factorRequired ? 1 : 0 }),
  };
  if (Object.keys(set).length > 0)
    await tx.updateTable('administrator').set(set).where('id', '=', id).execute();
  await protectAsItIs(tx, integrity, 'administrator', id);
}

export async function updateLastSignIn(tx: Tx, id: AdministratorId, at: number): Promise<void> {
  await tx.updateTable('administrator').set({ last_sign_in_at: at }).where('id', '=', id).execute();
}

/** With everything that belongs to the account but its failures. */
export async function deleteAccount(tx: Tx, id: AdministratorId): Promise<void> {
  for (const table of [
    'administrator_session',
    'passkey',
    'administrator_face',
    'recovery_code',
    'one_time_code',
    'sign_in_ticket',
  ] as const)
    await tx.deleteFrom(table).where('administrator', '=', id).execute();
  await tx.deleteFrom('administrator').where('id', '=', id).execute();
}

const select = (db: Db) =>
  db
    .selectFrom('administrator')
    .selectAll('administrator')
    .select((eb) => [
      countOf(eb, 'passkey').as('passkeys'),
      countOf(eb, 'recovery_code').as('recovery_codes'),
      countOf(eb, 'administrator_face').as('faces'),
    ]);

const countOf = (
  eb: ExpressionBuilder<Schema, 'administrator'>,
  table: 'passkey' | 'recovery_code' | 'administrator_face',
) =>
  eb
    .selectFrom(table)
    .whereRef(`${table}.administrator`, '=', 'administrator.id')
    .select(sql<number>`count(*)`.as('n'));

export async function selectAccount(
  db: Db,
  integrity: SignInIntegrity,
  id: AdministratorId,
): Promise<Account | undefined> {
  const row = await select(db).where('id', '=', id).executeTakeFirst();
  return row && fromRow(row, integrity);
}

/** `email`: normalized. The row keeps the spelling that an earlier version stored: its MAC covers it. */
export async function selectAccountByEmail(
  db: Db,
  integrity: SignInIntegrity,
  email: string,
): Promise<Account | undefined> {
  const spellings = [email, ...formerSpellings(email)];
  const row = await select(db).where('email', 'in', spellings).executeTakeFirst();
  return row && fromRow(row, integrity);
}

/** Organizations that have an administrator with an address of the domain; two at most. */
export async function selectOrganizationsOfDomain(db: Db, domain: string): Promise<OrganizationId[]> {
  const rows = await db
    .selectFrom('administrator')
    .select('organization')
    .distinct()
    .where('email', 'like', `%@${domain}`)
    .where('disabled_at', 'is', null)
    .limit(2)
    .execute();
  return rows.map(({ organization }) => organization as OrganizationId);
}

/** The oldest first. */
export async function selectAccounts(
  db: Db,
  integrity: SignInIntegrity,
  organization: OrganizationId,
): Promise<Account[]> {
  const rows = await select(db).where('organization', '=', organization).orderBy('id').execute();
  return rows.map((row) => fromRow(row, integrity));
}

/** Of all organizations. */
export async function selectAllAccounts(db: Db, integrity: SignInIntegrity): Promise<Account[]> {
  const rows = await select(db).orderBy('id').execute();
  return rows.map((row) => fromRow(row, integrity));
}

export const hasOwner = (db: Db): Promise<boolean> =>
  db.selectFrom('administrator').select('id').where('role', '=', 'owner').limit(1).$call(findsRow);

function fromRow(
  row: Row & { passkeys: number | null; recovery_codes: number | null; faces: number | null },
  integrity: SignInIntegrity,
): Account {
  const passkeys = Number(row.passkeys);
  return {
    id: row.id as AdministratorId,
    organization: row.organization as OrganizationId,
    email: row.email,
    name: row.name,
    role: row.role as Role,
    applianceOwner: row.appliance_owner === 1,
    createdAt: row.created_at,
    ...(row.disabled_at !== null && { disabledAt: row.disabled_at }),
    ...(row.last_sign_in_at !== null && { lastSignInAt: row.last_sign_in_at }),
    passkeys,
    recoveryCodes: Number(row.recovery_codes),
    ...(passkeys === 0 && { factorDueAt: row.factor_due_at }),
    ...(row.password !== null && { password: row.password }),
    factorRequired: row.factor_required === 1,
    face: Number(row.faces) > 0,
    dueAt: row.factor_due_at,
    ...(!isSound(integrity, 'administrator', row) && { altered: true as const }),
  };
}

/** Without the fields of `Account` alone. */
export function shownAccount({
  password: _,
  factorRequired: __,
  dueAt: ___,
  face: ____,
  ...administrator
}: Account): Administrator {
  return administrator;
}
