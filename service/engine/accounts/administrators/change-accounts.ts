import type { AdministratorId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor } from '../../audit/index.ts';
import { type OneTimeCodes, readName, requireAccount, requireRightOver } from './accounts.ts';
import type { Administrator, AdministratorChange } from './administrator.ts';
import {
  type Account,
  deleteAccount,
  selectAccounts,
  selectAllAccounts,
  shownAccount,
  updateAccount,
} from './administrator-store.ts';
import { deleteFace } from './face-store.ts';
import type { Parts } from './parts.ts';
import { deletePasskeys } from './passkey-store.ts';
import {
  type CodePurpose,
  deleteOneTimeCodes,
  deleteSessions,
  deleteTickets,
  replaceRecoveryCodes,
} from './session-store.ts';

export type ChangeAccounts = ReturnType<typeof createChangeAccounts>;

export function createChangeAccounts(parts: Parts, codes: OneTimeCodes) {
  const { inTransaction, integrity, audit, clock, failures } = parts;

  async function take(tx: Tx, account: Account, who: Actor): Promise<void> {
    const { id, organization, email, role, applianceOwner } = account;
    await deleteAccount(tx, id);
    await failures.forget(tx, email);
    const details = { role, applianceOwner };
    await audit.add(tx, { actor: who, action: 'administrator.remove', organization, target: id, details });
  }

  return {
    /**
     * Disabling ends all sessions. Throws NOT_FOUND, and CONFLICT where no enabled owner of the organization, or of the appliance, would
     * be left.
     */
    change: (
      organization: OrganizationId,
      id: AdministratorId,
      wanted: AdministratorChange,
      who: Actor,
    ): Promise<Administrator> =>
      inTransaction(async (tx) => {
        const before = await requireAccount(parts, tx, id, organization);
        const after = changed(before, wanted, clock.now());
        const details = differences(before, after);
        if (Object.keys(details).length === 0) return shownAccount(before);
        await requireRightOver(parts, tx, who, before, after);
        requireSound(before);
        await requireOwnersLeft(parts, tx, before, after);
        const { name, role, applianceOwner, disabledAt = null } = after;
        await updateAccount(tx, integrity, id, { name, role, applianceOwner, disabledAt });
        if (disabledAt !== null) await signOutEverywhere(tx, id);
        await audit.add(tx, {
          actor: who,
          action: 'administrator.change',
          organization,
          target: id,
          details,
        });
        return shownAccount(after);
      }),

    /**
     * The way back in: takes away the password, the factors or both, ends all sessions, forgets failures and gives a one-time code for each
     * that was taken. A row that something else changed is taken as it is when an operator asks, and loses both. Throws NOT_FOUND, CONFLICT.
     */
    reset: (
      id: AdministratorId,
      what: { password?: boolean; factors?: boolean },
      who: Actor,
    ): Promise<{ code: string }> => inTransaction((tx) => reset(parts, codes, tx, { id, what, who })),

    /** Forgets the failed sign-ins of the account, and nothing else. */
    unlock: (id: AdministratorId, who: Actor): Promise<{ failures: number }> =>
      inTransaction(async (tx) => {
        const { email, organization } = await requireAccount(parts, tx, id);
        const details = { failures: await failures.forget(tx, email) };
        await audit.add(tx, {
          actor: who,
          action: 'administrator.unlock',
          organization,
          target: id,
          details,
        });
        return details;
      }),

    /** As `change`. */
    remove: (organization: OrganizationId, id: AdministratorId, who: Actor): Promise<void> =>
      inTransaction(async (tx) => {
        const account = await requireAccount(parts, tx, id, organization);
        await requireRightOver(parts, tx, who, account);
        await requireOwnersLeft(parts, tx, account, undefined);
        await take(tx, account, who);
      }),

    /** Removes all accounts of an organization that is erased, also the last owner. May be called again. */
    forgetOrganization: (organization: OrganizationId, who: Actor): Promise<void> =>
      inTransaction(async (tx) => {
        for (const account of await selectAccounts(tx, integrity, organization)) await take(tx, account, who);
      }),
  };
}

async function reset(
  parts: Parts,
  codes: OneTimeCodes,
  tx: Tx,
  { id, what, who }: { id: AdministratorId; what: { password?: boolean; factors?: boolean }; who: Actor },
): Promise<{ code: string }> {
  const { integrity, audit, clock, failures } = parts;
  const account = await requireAccount(parts, tx, id);
  await requireRightOver(parts, tx, who, account);
  if (account.altered && who.is !== 'operator') requireSound(account);
  const { password = false, factors = false } = account.altered ? { password: true, factors: true } : what;
  const purposes: CodePurpose[] = [
    ...(password ? (['password'] as const) : []),
    ...(factors ? (['enrollment'] as const) : []),
  ];
  if (purposes.length === 0)
    throw new Problem('INVALID_REQUEST', 'Name what to reset: the password, the second factors, or both.');
  await updateAccount(tx, integrity, id, {
    ...(password && { password: null }),
    ...(factors && { factorRequired: true }),
  });
  if (factors) {
    await deletePasskeys(tx, id);
    await deleteFace(tx, id);
    await replaceRecoveryCodes(tx, id, [], clock.now());
  }
  await signOutEverywhere(tx, id);
  const forgotten = await failures.forget(tx, account.email);
  const { organization, role, applianceOwner, altered = false } = account;
  const details = {
    password,
    factors,
    failures: forgotten,
    ...(altered && { altered, role, applianceOwner }),
  };
  await audit.add(tx, { actor: who, action: 'administrator.reset', organization, target: id, details });
  return { code: await codes.make(tx, id, purposes) };
}

async function signOutEverywhere(tx: Tx, id: AdministratorId): Promise<void> {
  await deleteSessions(tx, id);
  await deleteTickets(tx, id);
  await deleteOneTimeCodes(tx, id);
}

function changed(
  before: Account,
  { disabled, name, role, applianceOwner }: AdministratorChange,
  now: number,
): Account {
  const { disabledAt = now, ...enabled } = before;
  const off = disabled ?? before.disabledAt !== undefined;
  return {
    ...enabled,
    ...(off && { disabledAt }),
    ...(name !== undefined && { name: readName(name) }),
    ...(role !== undefined && { role }),
    ...(applianceOwner !== undefined && { applianceOwner }),
  };
}

/** For the audit log: the name is personal, so the line says only that it changed. */
function differences(before: Account, after: Account): Record<string, unknown> {
  const disabled = ({ disabledAt }: Account) => disabledAt !== undefined;
  return {
    ...(before.name !== after.name && { name: 'changed' }),
    ...(before.role !== after.role && { role: { from: before.role, to: after.role } }),
    ...(before.applianceOwner !== after.applianceOwner && {
      applianceOwner: { from: before.applianceOwner, to: after.applianceOwner },
    }),
    ...(disabled(before) !== disabled(after) && {
      disabled: { from: disabled(before), to: disabled(after) },
    }),
  };
}

function requireSound({ id, altered }: Account): void {
  if (!altered) return;
  throw new Problem(
    'CONFLICT',
    `The row of the administrator ${id} was written or changed by another program: remove the account, or let the operator run "gatehouse admin reset ${id}".`,
  );
}

const isEnabled = ({ disabledAt, altered }: Account) => disabledAt === undefined && !altered;
const isOwner = (account: Account) => isEnabled(account) && account.role === 'owner';
const ownsAppliance = (account: Account) => isEnabled(account) && account.applianceOwner;

async function requireOwnersLeft(
  { integrity }: Parts,
  tx: Tx,
  before: Account,
  after: Account | undefined,
): Promise<void> {
  const others = (accounts: Account[]) => accounts.filter(({ id }) => id !== before.id);
  if (isOwner(before) && !(after && isOwner(after))) {
    const left = others(await selectAccounts(tx, integrity, before.organization)).filter(isOwner);
    if (left.length === 0) throw last('the organization');
  }
  if (ownsAppliance(before) && !(after && ownsAppliance(after))) {
    const left = others(await selectAllAccounts(tx, integrity)).filter(ownsAppliance);
    if (left.length === 0) throw last('the appliance');
  }
}

const last = (what: string) =>
  new Problem('CONFLICT', `It is the last enabled owner of ${what}: make another administrator owner first.`);
