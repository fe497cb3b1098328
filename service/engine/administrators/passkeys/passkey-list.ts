import type { AdministratorId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import { requireAccount } from '../accounts.ts';
import type { Passkey } from '../administrator.ts';
import type { Parts } from '../parts.ts';
import { deletePasskey, type PasskeyRow, selectPasskeys, updateName } from '../passkey-store.ts';

const MOST_NAME = 64;

/** The passkeys that an account has. */
export interface PasskeyList {
  /** The oldest first. */
  listPasskeys(administrator: AdministratorId): Promise<Passkey[]>;
  /** Throws NOT_FOUND. */
  renamePasskey(administrator: AdministratorId, id: string, name: string, who: Actor): Promise<Passkey>;
  /** Throws NOT_FOUND, LAST_FACTOR. */
  removePasskey(administrator: AdministratorId, id: string, who: Actor): Promise<void>;
}

export function createPasskeyList(parts: Parts): PasskeyList {
  const { db, inTransaction, integrity, audit } = parts;
  return {
    listPasskeys: async (administrator) =>
      (await selectPasskeys(db, integrity, administrator)).map(shownPasskey),

    renamePasskey: (administrator, id, name, who) =>
      inTransaction(async (tx) => {
        const { organization } = await requireAccount(parts, tx, administrator);
        const all = await selectPasskeys(tx, integrity, administrator);
        const passkey = requireOne(all, id);
        const renamed = { ...passkey, name: readName(name) };
        await updateName(tx, id, renamed.name);
        const line = { actor: who, action: 'passkey.rename', organization, target: administrator };
        await audit.add(tx, { ...line, details: { passkey: id } });
        return shownPasskey(renamed);
      }),

    removePasskey: (administrator, id, who) =>
      inTransaction(async (tx) => {
        const { organization } = await requireAccount(parts, tx, administrator);
        const all = await selectPasskeys(tx, integrity, administrator);
        requireOne(all, id);
        if (all.length === 1)
          throw new Problem(
            'LAST_FACTOR',
            'It is the last second factor of the account: add another one first.',
          );
        await deletePasskey(tx, administrator, id);
        const details = { passkey: id, left: all.length - 1 };
        const line = { actor: who, action: 'passkey.remove', organization, target: administrator };
        await audit.add(tx, { ...line, details });
      }),
  };
}

function requireOne(all: readonly PasskeyRow[], id: string): PasskeyRow {
  const found = all.find((passkey) => passkey.id === id);
  if (found) return found;
  throw new Problem('NOT_FOUND', 'The account has no such passkey.');
}

export const shownPasskey = ({ id, name, createdAt, lastUsedAt }: PasskeyRow): Passkey => ({
  id,
  name,
  createdAt,
  ...(lastUsedAt !== undefined && { lastUsedAt }),
});

export const readName = (name: string | undefined): string =>
  name?.toWellFormed().trim().slice(0, MOST_NAME) || 'Passkey';
