import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import type { AdministratorId } from '../../../../lib/id.ts';
import { Problem } from '../../../../lib/problem.ts';
import type { Tx } from '../../../../storage/transaction.ts';
import type { Actor } from '../../../audit/index.ts';
import { requireAccount } from '../accounts.ts';
import type { AdministratorSession, From, OpenedSession, Passkey, Site } from '../administrator.ts';
import { type Account, selectAccount, updateAccount } from '../administrator-store.ts';
import type { Parts } from '../parts.ts';
import {
  deletePasskey,
  insertPasskey,
  isRegistered,
  type PasskeyRow,
  selectPasskey,
  selectPasskeys,
  updateName,
  updateUse,
} from '../passkey-store.ts';
import { deletePasswordSessions, updateSession } from '../session-store.ts';
import type { Tickets } from '../sign-in.ts';
import { mayEnter, noteRefused, openSession } from '../sign-in.ts';
import { type Challenges, noChallenge } from './challenges.ts';
import { challengeOf, credentialIdOf, verifyCreation, verifyUse } from './verify-passkey.ts';

/** Per account. */
const MOST_PASSKEYS = 20;

export interface Passkeys extends PasskeyList {
  /** Options for a ticket, or to prove the factor again in a session. Throws SIGN_IN_REFUSED, PASSKEY_REFUSED. */
  passkeyRequestOptions(
    by: { ticket: string } | { session: string },
    site: Site,
  ): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /** Throws SIGN_IN_REFUSED, SIGN_IN_DELAYED, PASSKEY_REFUSED; whatever it is, the challenge is used up. */
  finishWithPasskey(ticket: string, credential: unknown, site: Site, from: From): Promise<OpenedSession>;
  /** Options for a sign-in by passkey alone, in which no account is named. Throws PASSKEY_REFUSED. */
  signInOptions(site: Site, from: From): Promise<PublicKeyCredentialRequestOptionsJSON>;
  /**
   * A passkey that its authenticator keeps with the account and uses after it has verified the person is both factors. Throws
   * PASSKEY_REFUSED, SIGN_IN_DELAYED.
   */
  signInWithPasskey(credential: unknown, site: Site, from: From): Promise<OpenedSession>;
  proveAgain(session: string, credential: unknown, site: Site): Promise<AdministratorSession>;
  passkeyCreationOptions(session: string, site: Site): Promise<PublicKeyCredentialCreationOptionsJSON>;
  /** Ends what the session is limited to, and with the first passkey the sessions that a password alone opened. */
  addPasskey(
    session: string,
    credential: unknown,
    name: string | undefined,
    site: Site,
    who: Actor,
  ): Promise<Passkey>;
}

export function createPasskeys(parts: Parts, tickets: Tickets, challenges: Challenges): Passkeys {
  const { db, inTransaction, integrity, audit, clock, sessions } = parts;
  return {
    async passkeyRequestOptions(by, site) {
      if ('session' in by) {
        const { account } = await sessions.require(db, by.session);
        return challenges.toProve(`prove/${by.session}`, account, site);
      }
      const { row, account } = await tickets.read(db, by.ticket, 'second-factor');
      return challenges.toProve(`ticket/${row.hash}`, account, site);
    },

    finishWithPasskey: (ticket, credential, site, from) =>
      finish(parts, tickets, challenges, { ticket, credential, site, from }),

    signInOptions: (site, { source }) => challenges.toSignIn(site, source),
    signInWithPasskey: (credential, site, from) => signInAlone(parts, challenges, { credential, site, from }),

    async proveAgain(id, credential, site) {
      const { account } = await sessions.require(db, id);
      const challenge = await challenges.take(`prove/${id}`);
      if (challenge === undefined) throw noChallenge();
      const passkey = await prove(parts, account, credential, { challenge, site }).catch(
        async (error: unknown) => {
          await noteRefused(parts, account, 'prove');
          throw error;
        },
      );
      return inTransaction(async (tx) => {
        const held = await sessions.require(tx, id);
        await passkey.use(tx);
        const row = { ...held.row, factorAt: clock.now() };
        await updateSession(tx, integrity, row);
        const { organization, id: target } = account;
        const actor: Actor = { is: 'administrator', administrator: target };
        const details = { session: id };
        await audit.add(tx, { actor, action: 'administrator.prove', organization, target, details });
        return sessions.shown(row, held.account);
      });
    },

    async passkeyCreationOptions(id, site) {
      const { account } = await sessions.require(db, id);
      return challenges.toAdd(`add/${id}`, account, site);
    },

    async addPasskey(id, credential, name, site, who) {
      await sessions.require(db, id);
      const challenge = await challenges.take(`add/${id}`);
      if (challenge === undefined) throw noChallenge();
      const made = await verifyCreation(credential, { challenge, site });
      return inTransaction((tx) =>
        add(parts, tx, id, { ...made, name: readName(name), site: site.rpId }, who),
      );
    },

    ...createPasskeyList(parts),
  };
}

async function finish(
  parts: Parts,
  tickets: Tickets,
  challenges: Challenges,
  { ticket, credential, site, from }: { ticket: string; credential: unknown; site: Site; from: From },
): Promise<OpenedSession> {
  const { db, inTransaction, failures, clock } = parts;
  const { row, account } = await tickets.read(db, ticket, 'second-factor', from);
  const attempt = await failures.begin(account.email, from.source);
  const challenge = await challenges.take(`ticket/${row.hash}`);
  if (challenge === undefined) {
    await inTransaction((tx) => attempt.takeBack(tx));
    throw noChallenge();
  }
  const passkey = await prove(parts, account, credential, { challenge, site }).catch(
    async (error: unknown) => {
      await noteRefused(parts, account, 'passkey');
      throw error;
    },
  );
  return inTransaction(async (tx) => {
    const now = await tickets.read(tx, ticket, 'second-factor', from);
    await tickets.use(tx, now.row);
    await passkey.use(tx);
    const by = { account: now.account, attempt, from, by: 'passkey' };
    return openSession(parts, tx, by, { factorAt: clock.now() });
  });
}

const unknownPasskey = () =>
  new Problem(
    'PASSKEY_REFUSED',
    'This passkey signs in to no account here: choose another one, or sign in with your e-mail address and password.',
  );

/** Each attempt counts as one at the account of the passkey; one with an unknown passkey counts for its source. */
async function signInAlone(
  parts: Parts,
  challenges: Challenges,
  { credential, site, from }: { credential: unknown; site: Site; from: From },
): Promise<OpenedSession> {
  const { db, inTransaction, integrity, failures, clock } = parts;
  const id = credentialIdOf(credential);
  const { challenge, keepsAccount } = await challengeOf(credential);
  challenges.readSignIn(challenge, site, from.source);
  const known = await selectPasskey(db, integrity, id);
  const account = known && (await selectAccount(db, integrity, known.administrator));
  const attempt = await failures.begin(account?.email ?? `passkey ${id}`, from.source);
  const refuse = async (error: unknown) => {
    await noteRefused(parts, account, 'passkey-alone');
    throw error;
  };
  if (!mayEnter(account) || !keepsAccount) return refuse(unknownPasskey());
  const passkey = await prove(parts, account, credential, { challenge, site }).catch(refuse);
  return inTransaction(async (tx) => {
    const now = await selectAccount(tx, integrity, account.id);
    if (!mayEnter(now)) throw unknownPasskey();
    await challenges.useSignIn(tx, challenge);
    await passkey.use(tx);
    const by = { account: now, attempt, from, by: 'passkey-alone' };
    return openSession(parts, tx, by, { factorAt: clock.now() });
  });
}

/** `use` writes that it was used, in the transaction of what it proves. Throws PASSKEY_REFUSED. */
async function prove(
  { db, integrity, clock }: Parts,
  account: Account,
  credential: unknown,
  expected: { challenge: string; site: Site },
): Promise<{ use(tx: Tx): Promise<void> }> {
  const all = await selectPasskeys(db, integrity, account.id);
  const id = credentialIdOf(credential);
  const passkey = all.find((one) => one.id === id && one.site === expected.site.rpId);
  if (!passkey)
    throw new Problem(
      'PASSKEY_REFUSED',
      'The browser sent a passkey that is none of this account, or was removed from it: choose another one.',
    );
  const counter = await verifyUse(credential, { ...expected, passkey });
  return {
    async use(tx) {
      if (await updateUse(tx, integrity, passkey, { counter, lastUsedAt: clock.now() })) return;
      throw new Problem('PASSKEY_REFUSED', 'The passkey was used or removed meanwhile: try again.');
    },
  };
}

async function add(
  { integrity, audit, clock, sessions }: Parts,
  tx: Tx,
  id: string,
  made: Omit<PasskeyRow, 'administrator' | 'createdAt'>,
  who: Actor,
): Promise<Passkey> {
  const { row: session, account } = await sessions.require(tx, id);
  const now = clock.now();
  if (account.passkeys >= MOST_PASSKEYS)
    throw new Problem(
      'CONFLICT',
      `An account has at most ${MOST_PASSKEYS} passkeys: remove one that is not used.`,
    );
  if (await isRegistered(tx, made.id))
    throw new Problem('PASSKEY_REFUSED', 'This passkey is registered already.');
  const row: PasskeyRow = { ...made, administrator: account.id, createdAt: now };
  await insertPasskey(tx, integrity, row);
  await updateAccount(tx, integrity, account.id, { factorRequired: true });
  const { limitedTo: _, ...free } = session;
  await updateSession(tx, integrity, { ...free, factorAt: now });
  const ended = account.passkeys === 0 ? await deletePasswordSessions(tx, account.id, id) : 0;
  await audit.add(tx, {
    actor: who,
    action: 'passkey.add',
    organization: account.organization,
    target: account.id,
    details: { passkey: row.id, session: id, endedSessions: ended },
  });
  return shownPasskey(row);
}

const MOST_NAME = 64;

/** The passkeys that an account has. */
type PasskeyList = ReturnType<typeof createPasskeyList>;

function createPasskeyList(parts: Parts) {
  const { db, inTransaction, integrity, audit } = parts;
  return {
    /** The oldest first. */
    listPasskeys: async (administrator: AdministratorId): Promise<Passkey[]> =>
      (await selectPasskeys(db, integrity, administrator)).map(shownPasskey),

    /** Throws NOT_FOUND. */
    renamePasskey: (administrator: AdministratorId, id: string, name: string, who: Actor): Promise<Passkey> =>
      inTransaction(async (tx) => {
        const { organization } = await requireAccount(parts, tx, administrator);
        const all = await selectPasskeys(tx, integrity, administrator);
        const passkey = requireOne(all, id);
        const renamed = { ...passkey, name: readName(name) };
        await updateName(tx, id, renamed.name);
        const line = { actor: who, action: 'passkey.rename', organization, target: administrator } as const;
        await audit.add(tx, { ...line, details: { passkey: id } });
        return shownPasskey(renamed);
      }),

    /** Throws NOT_FOUND, LAST_FACTOR. */
    removePasskey: (administrator: AdministratorId, id: string, who: Actor): Promise<void> =>
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
        const line = { actor: who, action: 'passkey.remove', organization, target: administrator } as const;
        await audit.add(tx, { ...line, details });
      }),
  };
}

function requireOne(all: readonly PasskeyRow[], id: string): PasskeyRow {
  const found = all.find((passkey) => passkey.id === id);
  if (found) return found;
  throw new Problem('NOT_FOUND', 'The account has no such passkey.');
}

const shownPasskey = ({ id, name, createdAt, lastUsedAt }: PasskeyRow): Passkey => ({
  id,
  name,
  createdAt,
  ...(lastUsedAt !== undefined && { lastUsedAt }),
});

const readName = (name: string | undefined): string =>
  name?.toWellFormed().trim().slice(0, MOST_NAME) || 'Passkey';
