import { z } from 'zod';
import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import { refuseErased } from '../organizations/organization.ts';
import {
  type Administrator,
  FACTOR_TERM,
  lasts,
  makeCode,
  type NewAdministrator,
  readCode,
} from './administrator.ts';
import {
  type Account,
  hasOwner,
  insertAccount,
  normalizeEmail,
  selectAccount,
  selectAccountByEmail,
  selectAccounts,
  selectOrganizationsOfDomain,
  shownAccount,
} from './administrator-store.ts';
import type { Parts } from './parts.ts';
import { requireStrong } from './passwords/password-rules.ts';
import { type CodePurpose, deleteOneTimeCode, putOneTimeCode, selectOneTimeCode } from './session-store.ts';

const Email = z
  .string()
  .max(254)
  .regex(/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u);

/** As it is stored. Throws INVALID_REQUEST. */
function readEmail(typed: string): string {
  const parsed = Email.safeParse(normalizeEmail(typed));
  if (parsed.success) return parsed.data;
  const message = 'Give an e-mail address such as ada@example.com.';
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'email', message }] });
}

export function readName(typed: string): string {
  const name = typed.toWellFormed().trim();
  if (name !== '' && name.length <= 120) return name;
  const message = 'Give a name of 1 to 120 characters.';
  throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'name', message }] });
}

/** Throws NOT_FOUND, also for an administrator of another organization. */
export async function requireAccount(
  { integrity }: Pick<Parts, 'integrity'>,
  from: Db,
  id: AdministratorId,
  organization?: OrganizationId,
): Promise<Account> {
  const account = await selectAccount(from, integrity, id);
  if (account && (organization === undefined || account.organization === organization)) return account;
  throw new Problem('NOT_FOUND', `There is no administrator with the id ${id}.`);
}

export interface Accounts {
  create(input: NewAdministrator, who: Actor): Promise<{ administrator: Administrator; code?: string }>;
  list(organization: OrganizationId): Promise<Administrator[]>;
  get(organization: OrganizationId, id: AdministratorId): Promise<Administrator>;
  ownersExist(): Promise<boolean>;
  /** The organization whose administrators alone have addresses of this domain; undefined also where several have. */
  organizationOfDomain(domain: string): Promise<OrganizationId | undefined>;
}

export function createAccounts(parts: Parts, codes: OneTimeCodes): Accounts {
  const { db, inTransaction, integrity, audit, ids, clock, organizations, hashes } = parts;

  return {
    async organizationOfDomain(domain) {
      // Of no domain are the characters that a search would take for others.
      const normal = normalizeEmail(`a@${domain}`).slice(2);
      if (!/^[^\s@%_\\]{1,253}$/u.test(normal)) return undefined;
      const [only, ...others] = await selectOrganizationsOfDomain(db, normal);
      return others.length === 0 ? only : undefined;
    },
    async create(input, who) {
      const organization = await organizations.get(input.organization);
      refuseErased(organization);
      const email = readEmail(input.email);
      const name = readName(input.name);
      if (input.password !== undefined) requireStrong(input.password, [email, name, organization.name]);
      const password = input.password === undefined ? undefined : await hashes.hash(input.password);
      const now = clock.now();
      const account: Account = {
        id: ids.next('administrator'),
        organization: organization.id,
        email,
        name,
        role: input.role,
        applianceOwner: input.applianceOwner ?? false,
        createdAt: now,
        passkeys: 0,
        recoveryCodes: 0,
        factorDueAt: now + FACTOR_TERM,
        dueAt: now + FACTOR_TERM,
        factorRequired: false,
        face: false,
        ...(password !== undefined && { password }),
      };
      const code = await inTransaction(async (tx) => {
        await requireRightOver(parts, tx, who, account);
        if (await selectAccountByEmail(tx, integrity, email))
          throw new Problem(
            'CONFLICT',
            'An administrator of this appliance has this e-mail address already.',
          );
        await insertAccount(tx, integrity, account);
        const { id, role, applianceOwner } = account;
        await audit.add(tx, {
          actor: who,
          action: 'administrator.create',
          organization: account.organization,
          target: id,
          details: { role, applianceOwner, password: password !== undefined },
        });
        return password === undefined ? codes.make(tx, id, ['password']) : undefined;
      });
      return { administrator: shownAccount(account), ...(code !== undefined && { code }) };
    },

    list: async (organization) => (await selectAccounts(db, integrity, organization)).map(shownAccount),
    get: async (organization, id) => shownAccount(await requireAccount(parts, db, id, organization)),
    ownersExist: () => hasOwner(db),
  };
}

/**
 * An owner of an organization is not one of the appliance: they may not make an appliance owner, nor change, reset or remove one, since
 * the one-time code of a reset would give them the account. Throws INSUFFICIENT_SCOPE.
 */
export async function requireRightOver(
  { integrity }: Pick<Parts, 'integrity'>,
  tx: Tx,
  who: Actor,
  ...accounts: readonly Pick<Account, 'applianceOwner'>[]
): Promise<void> {
  if (!accounts.some(({ applianceOwner }) => applianceOwner)) return;
  if (who.is === 'operator' || who.is === 'appliance') return;
  const actor =
    who.is === 'administrator'
      ? await selectAccount(tx, integrity, who.administrator as Account['id'])
      : undefined;
  if (actor?.applianceOwner && !actor.altered) return;
  throw new Problem(
    'INSUFFICIENT_SCOPE',
    'Only an appliance owner, or the operator with "gatehouse admin", can create, change, reset or remove an appliance owner.',
  );
}

const LIFE = 24 * 3_600_000;
/** 80 bits. */
const GROUPS = [4, 4, 4, 4];

/**
 * Codes that an owner or the operator hands to a person, for one use of each purpose within a day. What is stored is a MAC under a key
 * that the database does not hold: no code can be found from it, and none made by writing a row.
 */
export type OneTimeCodes = ReturnType<typeof createOneTimeCodes>;

export function createOneTimeCodes({
  integrity,
  clock,
  random,
}: Pick<Parts, 'integrity' | 'clock' | 'random'>) {
  const fieldsOf = (
    row: { administrator: AdministratorId; purpose: CodePurpose; createdAt: number; expiresAt: number },
    code: string,
  ) => [row.administrator, row.purpose, row.createdAt, row.expiresAt, readCode(code)];

  async function holds(db: Db, administrator: AdministratorId, purpose: CodePurpose, typed: string) {
    const row = await selectOneTimeCode(db, administrator, purpose);
    if (!row || !lasts(row.createdAt, row.expiresAt, clock.now())) return false;
    return integrity.verify('one-time-code', fieldsOf(row, typed), row.mac);
  }

  return {
    holds,
    /** One code for all purposes; it takes the place of earlier ones. */
    async make(tx: Tx, administrator: AdministratorId, purposes: readonly CodePurpose[]): Promise<string> {
      const code = makeCode(GROUPS, random);
      const createdAt = clock.now();
      for (const purpose of purposes) {
        const row = { administrator, purpose, createdAt, expiresAt: createdAt + LIFE };
        await putOneTimeCode(tx, { ...row, mac: integrity.mac('one-time-code', fieldsOf(row, code)) });
      }
      return code;
    },
    /** As `holds`, once. */
    async use(tx: Tx, administrator: AdministratorId, purpose: CodePurpose, typed: string): Promise<boolean> {
      if (!(await holds(tx, administrator, purpose, typed))) return false;
      await deleteOneTimeCode(tx, administrator, purpose);
      return true;
    },
  };
}
