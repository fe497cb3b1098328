import { randomFillSync } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Ids, KeyId, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import { parseNetwork } from '../organizations/index.ts';
import type { ApiKey, Caller, Scope } from './api-key.ts';
import {
  copyLimits,
  insertKey,
  organizationExists,
  selectHashes,
  selectKey,
  selectKeyByHash,
  selectKeys,
  updateLastUsed,
  updateRestrictions,
  updateRevoked,
  updateSuccessor,
} from './api-key-store.ts';
import { hashKey, hasKeyForm, makeKeyText, type Random, sameHash } from './key-text.ts';
import { type Narrowing, narrowKey } from './narrow-key.ts';
import { checkNewKey, type NewKey, parseOrigin } from './new-key.ts';

export interface Access {
  /** The only time the key itself is shown. `<prefix>_<live|test>_<secret>`, secret >= 160 bits. */
  createKey(input: NewKey, actor: Actor): Promise<{ id: KeyId; key: string; record: ApiKey }>;
  listKeys(organization: OrganizationId): Promise<ApiKey[]>;
  /** Refused from the moment it resolves. Revoking twice changes nothing. */
  revokeKey(organization: OrganizationId, key: KeyId, actor: Actor): Promise<ApiKey>;
  /**
   * Makes a successor with the same lineage, name, prefix, world, scopes, origins, networks and limits, shown this once;
   * the old key works for `overlap` milliseconds more, at most until its own end. The successor has as long a life as the
   * old one was given. Throws NOT_FOUND, CONFLICT for a key that is no longer valid or was rotated already.
   */
  rotateKey(
    organization: OrganizationId,
    key: KeyId,
    overlap: number,
    actor: Actor,
  ): Promise<{ id: KeyId; key: string; record: ApiKey; old: ApiKey }>;
  /** Takes rights away from the next request on; see `narrowKey`. Throws NOT_FOUND, CONFLICT, INVALID_REQUEST. */
  restrictKey(organization: OrganizationId, key: KeyId, change: Narrowing, actor: Actor): Promise<ApiKey>;
  /**
   * Throws MISSING_AUTH (no credential), INVALID_API_KEY_FORMAT (not `<prefix>_<live|test>_<secret>`), INVALID_API_KEY
   * (unknown, revoked, expired: indistinguishable), INSUFFICIENT_SCOPE, ORIGIN_NOT_ALLOWED (origin or network; said only
   * once the secret was right), BURST_LIMIT_EXCEEDED for an address that sent too many refused ones.
   */
  authenticate(input: {
    credential?: string;
    scope: Scope;
    origin?: string;
    address?: string;
  }): Promise<Caller>;
}

export interface AccessDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  log: Log;
  random?: Random;
  /** Where refused credentials are counted by address; absent: they are not. */
  refusals?: {
    /** Seconds until another credential of this address is looked at; 0: now. */
    wait(address: string): number;
    count(address: string): void;
  };
}

/** A key's last use is written at most this often, in milliseconds. */
const LAST_USED_EVERY = 60_000;

export function createAccess({
  db,
  inTransaction,
  audit,
  ids,
  clock,
  log,
  random = randomFillSync,
  refusals,
}: AccessDeps): Access & {
  /** When the last uses seen so far are written; before the database is closed. */
  settled(): Promise<void>;
} {
  /** When this process last wrote a key's use. One entry per key that was ever valid here. */
  const written = new Map<KeyId, number>();
  const writing = new Set<Promise<void>>();
  /** Hashes of all keys that were not revoked, read when the first address has to wait. */
  let hashes: Promise<Set<string>> | undefined;

  function noteUse(key: KeyId, address: string | undefined): void {
    const now = clock.now();
    const last = written.get(key);
    // A clock that was set back does not silence the note until it has caught up.
    if (last !== undefined && Math.abs(now - last) < LAST_USED_EVERY) return;
    written.set(key, now);
    const write = updateLastUsed(db, key, now, address)
      .catch((error: unknown) => {
        log.warn({ key, error: String(error) }, 'the last use of a key could not be written');
      })
      .finally(() => writing.delete(write));
    writing.add(write);
  }

  /** Nothing is looked up for an address that has to wait. */
  async function refuseThrottled(address: string | undefined, credential: string): Promise<void> {
    const wait = address === undefined ? 0 : (refusals?.wait(address) ?? 0);
    if (wait === 0) return;
    // A branch behind one address goes on working while somebody there guesses: nobody guesses a key that exists.
    hashes ??= selectHashes(db).then((all) => new Set(all));
    hashes.catch(() => {
      hashes = undefined;
    });
    if ((await hashes).has(hashKey(credential))) return;
    throw new Problem(
      'BURST_LIMIT_EXCEEDED',
      'Too many API keys were refused from this address: check the key, then try again later.',
      { retryAfterSeconds: wait },
    );
  }

  function refused(address: string | undefined, problem: Problem): Problem {
    if (address !== undefined) refusals?.count(address);
    return problem;
  }

  async function keyOf(tx: Tx, organization: OrganizationId, id: KeyId): Promise<ApiKey> {
    const key = await selectKey(tx, organization, id);
    if (!key) throw new Problem('NOT_FOUND', `The organization has no key with the id ${id}.`);
    return key;
  }

  async function validKeyOf(tx: Tx, organization: OrganizationId, id: KeyId): Promise<ApiKey> {
    const key = await keyOf(tx, organization, id);
    if (isValid(key, clock.now())) return key;
    throw new Problem('CONFLICT', `The key ${id} is revoked or past its end: make a new one.`);
  }

  return {
    async createKey(input, actor) {
      const wanted = checkNewKey(input, clock.now());
      const key = makeKeyText(wanted.prefix, wanted.world, random);
      const id = ids.next('key');
      const record: ApiKey = { ...wanted, id, hint: key.slice(-4), lineage: id, createdAt: clock.now() };
      await inTransaction(async (tx) => {
        if (!(await organizationExists(tx, wanted.organization))) {
          throw new Problem('NOT_FOUND', `No organization has the id ${wanted.organization}.`);
        }
        await insertKey(tx, record, hashKey(key));
        const { world, scopes, prefix, browser, origins, cidrs, expiresAt } = record;
        await audit.add(tx, {
          actor,
          action: 'key.create',
          organization: record.organization,
          target: id,
          details: {
            world,
            scopes,
            prefix,
            browser,
            origins,
            cidrs,
            ...(expiresAt !== undefined && { expiresAt }),
          },
        });
      });
      (await hashes)?.add(hashKey(key));
      return { id, key, record };
    },

    listKeys: (organization) => selectKeys(db, organization),

    revokeKey: (organization, id, actor) =>
      inTransaction(async (tx) => {
        const key = await keyOf(tx, organization, id);
        if (key.revokedAt !== undefined) return key;
        const revokedAt = clock.now();
        await updateRevoked(tx, id, revokedAt);
        await audit.add(tx, { actor, action: 'key.revoke', organization, target: id });
        return { ...key, revokedAt };
      }),

    async rotateKey(organization, id, overlap, actor) {
      if (!Number.isSafeInteger(overlap) || overlap < 0) {
        throw new Problem('INVALID_REQUEST', 'The overlap is a number of milliseconds, 0 or more.', {
          details: [{ path: 'overlap', message: 'It must be 0 or more.' }],
        });
      }
      const next = ids.next('key');
      const { old, record, text } = await inTransaction(async (tx) => {
        const old = await validKeyOf(tx, organization, id);
        const successor = old.successor && (await selectKey(tx, organization, old.successor));
        if (successor && successor.revokedAt === undefined) {
          throw new Problem(
            'CONFLICT',
            `The key ${id} was rotated already: its successor is ${successor.id}.`,
          );
        }
        const now = clock.now();
        const { expiresAt, successor: _, lastUsedAt: __, lastUsedAddress: ___, ...same } = old;
        const text = makeKeyText(old.prefix, old.world, random);
        const record: ApiKey = {
          ...same,
          id: next,
          hint: text.slice(-4),
          createdAt: now,
          ...(expiresAt !== undefined && { expiresAt: now + (expiresAt - old.createdAt) }),
        };
        const end = Math.min(now + overlap, expiresAt ?? Number.POSITIVE_INFINITY);
        await insertKey(tx, record, hashKey(text));
        await copyLimits(tx, id, next);
        await updateSuccessor(tx, id, next, end);
        await audit.add(tx, {
          actor,
          action: 'key.rotate',
          organization,
          target: id,
          details: { successor: next, until: end },
        });
        return { old: { ...old, successor: next, expiresAt: end }, record, text };
      });
      (await hashes)?.add(hashKey(text));
      return { id: next, key: text, record, old };
    },

    restrictKey: (organization, id, change, actor) =>
      inTransaction(async (tx) => {
        const before = await validKeyOf(tx, organization, id);
        const after = narrowKey(before, change, clock.now());
        const told = ({ scopes, origins, cidrs, expiresAt }: ApiKey) => ({
          scopes,
          origins,
          cidrs,
          expiresAt,
        });
        if (JSON.stringify(told(before)) === JSON.stringify(told(after))) return before;
        await updateRestrictions(tx, after);
        await audit.add(tx, {
          actor,
          action: 'key.restrict',
          organization,
          target: id,
          details: { from: told(before), to: told(after) },
        });
        return after;
      }),

    async authenticate({ credential, scope, origin, address }) {
      if (credential === undefined || credential === '') {
        throw new Problem(
          'MISSING_AUTH',
          'Send an API key as "Authorization: Bearer <key>" or in the header "x-api-key".',
        );
      }
      await refuseThrottled(address, credential);
      if (!hasKeyForm(credential)) {
        throw refused(
          address,
          new Problem('INVALID_API_KEY_FORMAT', 'An API key has the form <prefix>_<live|test>_<secret>.'),
        );
      }
      const hash = hashKey(credential);
      const found = await selectKeyByHash(db, hash);
      if (!found || !sameHash(found.secretHash, hash) || !isValid(found.key, clock.now())) {
        throw refused(address, new Problem('INVALID_API_KEY', 'The API key is not valid.'));
      }
      const { key } = found;
      requireNetwork(key, address);
      requireOrigin(key, origin);
      if (!key.scopes.includes(scope)) {
        throw new Problem(
          'INSUFFICIENT_SCOPE',
          `The API key lacks the scope "${scope}" that this call needs.`,
        );
      }
      noteUse(key.id, address);
      return {
        key: key.id,
        lineage: key.lineage,
        organization: key.organization,
        world: key.world,
        scopes: key.scopes,
        ...(key.origins.length > 0 && { origins: key.origins }),
      };
    },

    async settled() {
      await Promise.all(writing);
    },
  };
}

function isValid({ revokedAt, expiresAt }: ApiKey, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || now < expiresAt);
}

function requireNetwork({ cidrs }: ApiKey, address: string | undefined): void {
  if (cidrs.length === 0) return;
  if (address !== undefined && cidrs.some((cidr) => parseNetwork(cidr)?.holds(address))) return;
  throw new Problem(
    'ORIGIN_NOT_ALLOWED',
    'This API key may not be used from this network: send it from where its owner allowed it.',
  );
}

/** A browser key needs one of its origins; a server's key that lists origins is held to them when a browser sends one. */
function requireOrigin({ browser, origins }: ApiKey, origin: string | undefined): void {
  if (origin === undefined ? !browser : origins.length === 0 || origins.includes(parseOrigin(origin) ?? ''))
    return;
  throw new Problem(
    'ORIGIN_NOT_ALLOWED',
    origin === undefined
      ? 'This API key is for browsers: it is accepted from its own origins only, and the request names none.'
      : `This API key may not be used from ${origin}.`,
  );
}
