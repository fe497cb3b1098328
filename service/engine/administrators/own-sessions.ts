import type { AdministratorId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Actor } from '../audit/index.ts';
import type { AdministratorSession, OpenedSession } from './administrator.ts';
import { type Account, selectAccount } from './administrator-store.ts';
import type { Parts } from './parts.ts';
import { hashSecret } from './secret-text.ts';
import { deleteSession, selectSession, selectSessions } from './session-store.ts';

/** The sessions there are: who holds one, and how they end. */
export interface OwnSessions {
  /** Counts as a use. Undefined: unknown, ended, over, or of an account that is disabled. */
  sessionOf(secret: string): Promise<OpenedSession | undefined>;
  /** As `sessionOf`, for a token that names its session. */
  sessionById(id: string): Promise<AdministratorSession | undefined>;
  checkCsrf(id: string, sent: string | undefined): boolean;
  /** One that has ended already is left alone. */
  signOut(id: string, who: Actor): Promise<void>;
  /** The newest first. */
  listSessions(administrator: AdministratorId): Promise<AdministratorSession[]>;
  /** Throws NOT_FOUND, also for the session of another administrator. */
  endSession(administrator: AdministratorId, id: string, who: Actor): Promise<void>;
}

export function createOwnSessions({ db, inTransaction, integrity, audit, sessions }: Parts): OwnSessions {
  async function end(id: string, who: Actor, action: string, account: Account): Promise<void> {
    await inTransaction(async (tx) => {
      if (!(await deleteSession(tx, id))) return;
      const { organization, id: target } = account;
      await audit.add(tx, { actor: who, action, organization, target, details: { session: id } });
    });
  }

  return {
    async sessionOf(secret) {
      const found = await sessions.find(db, { secretHash: hashSecret(secret) });
      if (!found) return undefined;
      return { session: await sessions.touch(found), secret, csrf: sessions.csrfOf(found.row.id) };
    },
    async sessionById(id) {
      const found = await sessions.find(db, { id });
      return found && sessions.touch(found);
    },
    checkCsrf: (id, sent) => sent !== undefined && integrity.verify('administrator-csrf', [id], sent),
    async signOut(id, who) {
      const row = await selectSession(db, integrity, { id });
      const account = row && (await selectAccount(db, integrity, row.administrator));
      if (account) await end(id, who, 'administrator.sign-out', account);
    },
    async listSessions(administrator) {
      const account = await selectAccount(db, integrity, administrator);
      if (!account) return [];
      const rows = await selectSessions(db, integrity, administrator);
      return rows.filter(sessions.goesOn).map((row) => sessions.shown(row, account));
    },
    async endSession(administrator, id, who) {
      const row = await selectSession(db, integrity, { id });
      const account = await selectAccount(db, integrity, administrator);
      if (!row || !account || row.administrator !== administrator)
        throw new Problem('NOT_FOUND', `There is no session ${id}: it may have ended.`);
      await end(id, who, 'administrator.end-session', account);
    },
  };
}
