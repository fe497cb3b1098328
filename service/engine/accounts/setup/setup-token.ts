import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../lib/clock.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import type { Locks } from '../../../lib/locks.ts';
import { Problem } from '../../../lib/problem.ts';
import { sourceOf } from '../../../lib/source.ts';
import { isElsewhere, type Runs } from '../../../storage/runs.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { From } from '../administrators/administrator.ts';
import type { Administrators } from '../administrators/administrators.ts';
import type { Organizations } from '../organizations/organizations.ts';
import { deleteSetup, putSetup, type SetupIntegrity, type SetupRow, selectSetup } from './setup-store.ts';

const HOUR = 3_600_000;
const TOKEN_LIFE = 24 * HOUR;
/** A browser that used the token shortly before its end has at least this long. */
const LEAST_CLAIM = HOUR;
/** Milliseconds by which a clock may be set back. */
const PUT_RIGHT = 5 * 60_000;

const actor: Actor = { is: 'appliance', task: 'setup' };
const NEW_TOKEN = 'On the box, "gatehouse admin setup-token" makes a new one.';
const hashOf = (secret: string) => createHash('sha256').update(secret).digest();

export const isOf = (secret: string, hash: string | undefined) =>
  hash !== undefined && timingSafeEqual(hashOf(secret), Buffer.from(hash, 'hex'));
export const closed = () =>
  new Problem('SETUP_CLOSED', 'This box has an owner already: sign in, or ask the owner for an account.');
const refused = (message: string) => new Problem('SETUP_TOKEN_REFUSED', message);

/** The token, and the one browser that used it. One thing at a time. */
export function createSetupToken(deps: SetupDeps) {
  const { db, inTransaction, integrity, audit, clock, administrators, file, runs } = deps;
  // Of all nodes: there is one first owner.
  const turns = deps.locks.of('setup');
  const tries = createSetupTries(clock);
  const read = async (): Promise<SetupRow | undefined> => {
    const row = await selectSetup(db, integrity);
    return row && lasts(row, clock.now()) ? row : undefined;
  };

  async function opening(): Promise<SetupOpening> {
    if (await administrators.ownersExist()) return { is: 'closed' };
    const row = await read();
    if (!row) return { is: 'open' };
    const { expiresAt } = row;
    if (row.claimHash !== undefined) return { is: 'claimed', expiresAt };
    const token = file.read();
    if (token !== undefined && isOf(token, row.tokenHash)) return { is: 'open', token, expiresAt };
    const { begunBy = null } = row;
    return isElsewhere(begunBy, runs.own, await runs.living(db))
      ? { is: 'open', expiresAt, at: begunBy!.split('/')[0]! }
      : { is: 'open' };
  }

  async function make(who: Actor): Promise<SetupOpening> {
    const token = makeSecret(deps);
    const createdAt = clock.now();
    const expiresAt = createdAt + TOKEN_LIFE;
    const tokenHash = hashOf(token).toString('hex');
    await inTransaction(async (tx) => {
      await putSetup(tx, integrity, {
        tokenHash,
        createdAt,
        expiresAt,
        factorOwed: false,
        begunBy: runs.own,
      });
      await audit.add(tx, { actor: who, action: 'setup-token.make', details: { expiresAt } });
    });
    file.write(token);
    return { is: 'open', token, expiresAt };
  }

  const use = (token: string, secret: string) =>
    inTransaction(async (tx) => {
      const row = await selectSetup(tx, integrity);
      const reason = refusalOf(row, token, clock.now());
      if (row && reason === undefined) {
        const expiresAt = Math.max(row.expiresAt, clock.now() + LEAST_CLAIM);
        await putSetup(tx, integrity, { ...row, expiresAt, claimHash: hashOf(secret).toString('hex') });
      }
      const outcome = reason === undefined ? 'done' : 'refused';
      await audit.add(tx, { actor, action: 'setup-token.use', outcome });
      return reason;
    });

  return {
    turns,
    read,
    opening,
    make,
    /** The token that an earlier run on this machine made is that of this run: no other node makes one in its place. */
    keep: () =>
      inTransaction(async (tx) => {
        const row = await selectSetup(tx, integrity);
        if (row && row.begunBy !== runs.own) await putSetup(tx, integrity, { ...row, begunBy: runs.own });
      }),
    async use(token: string, { source }: From): Promise<string> {
      const attempt = tries.begin(source);
      const secret = makeSecret(deps);
      const reason = await use(token, secret);
      if (reason !== undefined) throw refused(reason);
      attempt.right();
      file.remove();
      return secret;
    },
    /** Throws unless this browser has used the token, and there is no owner yet. */
    async requireClaim(claim: string | undefined): Promise<SetupRow> {
      if (await administrators.ownersExist()) throw closed();
      const row = await read();
      if (claim !== undefined && row && isOf(claim, row.claimHash)) return row;
      throw refused(`This browser has not used the setup token, or its time is over. ${NEW_TOKEN}`);
    },
    /** There is an owner: no token and no browser counts any more. */
    async end(): Promise<void> {
      file.remove();
      await inTransaction(async (tx) => endSetup(tx, deps, await selectSetup(tx, integrity)));
    },
  };
}

const lasts = ({ createdAt, expiresAt }: SetupRow, now: number) =>
  now < expiresAt && now >= createdAt - PUT_RIGHT;

/** 256 bits. */
function makeSecret({ random }: Pick<SetupDeps, 'random'>): string {
  const bytes = new Uint8Array(32);
  random(bytes);
  return Buffer.from(bytes).toString('base64url');
}

function refusalOf(row: SetupRow | undefined, token: string, now: number): string | undefined {
  if (!row || !isOf(token.trim(), row.tokenHash)) return `The setup token is wrong. ${NEW_TOKEN}`;
  if (!lasts(row, now)) return `The setup token has ended. ${NEW_TOKEN} So does a new start of the service.`;
  return row.claimHash === undefined
    ? undefined
    : `Another browser has used this setup token: continue there. If it was not yours, another person has read the token. ${NEW_TOKEN}`;
}

/** Keeps only that the owner owes a second factor. */
async function endSetup(
  tx: Tx,
  { integrity }: Pick<SetupDeps, 'integrity'>,
  row: SetupRow | undefined,
): Promise<void> {
  if (!row?.factorOwed) return deleteSetup(tx);
  const { tokenHash, createdAt } = row;
  await putSetup(tx, integrity, { tokenHash, createdAt, expiresAt: createdAt, factorOwed: true });
}

/** Wrong tokens of a source that cost nothing: a person mistypes. */
const FREE = 5;
const LONGEST = 60_000;
const MOST_SOURCES = 1000;

/**
 * Wrong setup tokens by source. In memory: the token has too many bits to be guessed, this keeps the log and the box calm.
 */
function createSetupTries(clock: Clock) {
  const sources = new Map<string, { wrong: number; last: number }>();
  return {
    /** Counts a try as a wrong one until `right`. Throws SIGN_IN_DELAYED. */
    begin(address: string): { right(): void } {
      const source = sourceOf(address);
      const now = clock.now();
      const before = sources.get(source) ?? { wrong: 0, last: now };
      const pause = before.wrong < FREE ? 0 : Math.min(LONGEST, 1000 * 2 ** (before.wrong - FREE));
      const since = now - before.last;
      const wait = since < 0 ? pause : pause - since;
      if (wait > 0) {
        throw new Problem('SIGN_IN_DELAYED', 'Too many wrong setup tokens: wait before the next one.', {
          retryAfterSeconds: Math.ceil(wait / 1000),
        });
      }
      sources.delete(source);
      sources.set(source, { wrong: before.wrong + 1, last: now });
      // The source that tried longest ago makes room.
      for (const oldest of sources.keys()) {
        if (sources.size <= MOST_SOURCES) break;
        sources.delete(oldest);
      }
      return { right: () => void sources.delete(source) };
    },
  };
}

/** What the operator of the box reads. */
export interface SetupOpening {
  /** `closed`: the box has an owner. `claimed`: a browser has used the token. */
  is: 'closed' | 'open' | 'claimed';
  /** Only while it can be used. */
  token?: string;
  expiresAt?: number;
  /** Another node, in whose data directory the token is. */
  at?: string;
}

/** The token for who can read the data directory. */
export interface TokenFile {
  read(): string | undefined;
  write(token: string): void;
  remove(): void;
}

export interface SetupDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'clock'> {
  integrity: SetupIntegrity;
  organizations: Pick<Organizations, 'list' | 'create' | 'set'>;
  administrators: Pick<Administrators, 'create' | 'list' | 'ownersExist' | 'signIn'>;
  hasPeople(realm: { organization: OrganizationId; world: 'live' | 'test' }): Promise<boolean>;
  file: TokenFile;
  random(into: Uint8Array): void;
  locks: Locks;
  runs: Pick<Runs, 'own' | 'living'>;
}
