import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';
import {
  type AdministratorSession,
  type From,
  hashSecret,
  lasts,
  makeSecret,
  type OpenedSession,
  type Random,
} from './administrator.ts';
import {
  type Account,
  type SignInIntegrity,
  selectAccount,
  shownAccount,
  updateLastSignIn,
} from './administrator-store.ts';
import { insertSession, type SessionRow, selectSession, updateLastSeen } from './session-store.ts';

/** Milliseconds. */
export interface SessionTerms {
  idle: number;
  absolute: number;
}

/** The last use is written at most this often, in milliseconds. */
const SEEN_EVERY = 60_000;
const MOST_DEVICE_CHARACTERS = 200;

export interface SessionsDeps extends Pick<Foundation, 'db' | 'ids' | 'clock'> {
  integrity: SignInIntegrity;
  random: Random;
  terms: SessionTerms;
}

/** A valid session and its account. */
export interface OpenAdministratorSession {
  row: SessionRow;
  account: Account;
}

export interface Sessions {
  /** In the transaction that proves who signs in; the secret is new each time. */
  open(
    tx: Tx,
    account: Account,
    from: From,
    more?: { factorAt?: number; limitedTo?: 'enrollment' },
  ): Promise<OpenedSession>;
  /** A valid session as stored, and its account. */
  find(db: Db, by: { id: string } | { secretHash: string }): Promise<OpenAdministratorSession | undefined>;
  /** As `find` by id. Throws SIGN_IN_REFUSED. */
  require(db: Db, id: string): Promise<OpenAdministratorSession>;
  shown(row: SessionRow, account: Account): AdministratorSession;
  /** A use: writes when it was, at most once a minute. */
  touch(found: OpenAdministratorSession): Promise<AdministratorSession>;
  goesOn(row: SessionRow): boolean;
  csrfOf(id: string): string;
}

export function createSessions(deps: SessionsDeps): Sessions {
  const { db, integrity, ids, clock, random, terms } = deps;
  const csrfOf = (id: string) => integrity.mac('administrator-csrf', [id]);
  const goesOn = (row: SessionRow) =>
    lasts(row.lastSeenAt, Math.min(row.expiresAt, row.lastSeenAt + terms.idle), clock.now());

  const find: Sessions['find'] = async (from, by) => {
    const row = await selectSession(from, integrity, by);
    if (!row || !goesOn(row)) return undefined;
    const account = await selectAccount(from, integrity, row.administrator);
    if (!account || account.altered || account.disabledAt !== undefined) return undefined;
    return { row, account };
  };

  function shown(row: SessionRow, account: Account): AdministratorSession {
    const { administrator: _, secretHash: __, ...session } = row;
    const idleUntil = Math.min(row.expiresAt, row.lastSeenAt + terms.idle);
    return { ...session, administrator: shownAccount(account), idleUntil };
  }

  return {
    find,
    shown,
    goesOn,
    csrfOf,
    async require(from, id) {
      const found = await find(from, { id });
      if (found) return found;
      throw new Problem('SIGN_IN_REFUSED', 'The session has ended: sign in again.');
    },
    async touch({ row, account }) {
      const now = clock.now();
      if (now - row.lastSeenAt < SEEN_EVERY) return shown(row, account);
      await updateLastSeen(db, row.id, now);
      return shown({ ...row, lastSeenAt: now }, account);
    },
    async open(tx, account, { source, device }, more = {}) {
      const now = clock.now();
      const secret = makeSecret(random);
      const row: SessionRow = {
        id: ids.next('administratorSession'),
        administrator: account.id,
        secretHash: hashSecret(secret),
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + terms.absolute,
        source,
        ...defined({ device: device?.toWellFormed().slice(0, MOST_DEVICE_CHARACTERS) }),
        ...more,
      };
      await insertSession(tx, integrity, row);
      await updateLastSignIn(tx, account.id, now);
      const session = shown(row, { ...account, lastSignInAt: now });
      return { session, secret, csrf: csrfOf(row.id) };
    },
  };
}
