import { randomFillSync } from 'node:crypto';
import type { KeyId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import { refuseErased } from '../organizations/organization.ts';
import type { Organizations } from '../organizations/organizations.ts';
import { type ApiKey, hashKey, isValid, makeKeyText, type Random } from './api-key.ts';
import {
  copyLimits,
  insertKey,
  selectAltered,
  selectKey,
  selectKeyNames,
  selectKeys,
  selectLineage,
  selectOrigins,
  selectOwner,
  updateRestrictions,
  updateRevoked,
  updateSuccessor,
} from './api-key-store.ts';
import {
  type AuthenticationDeps,
  type Credential,
  createAuthentication,
  createKnownSet,
} from './authentication.ts';
import type { KeyCaller } from './caller.ts';
import { checkNewKey, type Narrowing, type NewKey, narrowKey, parseOrigin } from './new-key.ts';

export interface Access {
  /** The only time the key itself is shown. `<prefix>_<live|test>_<secret>`, secret >= 160 bits. */
  createKey(input: NewKey, actor: Actor): Promise<{ id: KeyId; key: string; record: ApiKey }>;
  /** All of them, the oldest first. */
  listKeys(organization: OrganizationId): Promise<ApiKey[]>;
  /** At most `limit`, the newest first, of those older than the key `before`. */
  pageKeys(organization: OrganizationId, page: { before?: string; limit: number }): Promise<ApiKey[]>;
  /** Of these keys, also revoked ones. */
  namesOf(organization: OrganizationId, keys: readonly string[]): Promise<{ id: string; name: string }[]>;
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
   * (unknown, revoked, expired: indistinguishable), INSUFFICIENT_SCOPE (also for every key where no scope is named), ORIGIN_NOT_ALLOWED (origin or network; said only
   * once the secret was right), BURST_LIMIT_EXCEEDED for an address that sent too many refused ones.
   */
  authenticate(input: Credential): Promise<KeyCaller>;
  /**
   * Origins whose pages may frame or open what this caller ordered: those of the key and of the keys of its lineage, as far as they
   * are valid now. None for any other caller, and none once all of these keys are revoked or expired.
   */
  originsOf(organization: OrganizationId, actor: Actor): Promise<readonly string[]>;
  /** Whether a key of any organization is or was bound to this origin, as a browser sends it. */
  knowsOrigin(origin: string): Promise<boolean>;
  /** What is remembered of rows is read again. */
  forgetRead(): void;
}

export interface AccessDeps extends AuthenticationDeps, Pick<Foundation, 'inTransaction' | 'audit' | 'ids'> {
  random?: Random;
  /** Whose assistant asks for a live key until there is one. */
  organizations?: Pick<Organizations, 'endSetupStep'>;
}

export function createAccess(deps: AccessDeps): Access & {
  /** When the last uses seen so far are written; before the database is closed. */
  settled(): Promise<void>;
  /** At start: the keys that are refused because something else than this service made or changed their rows; logged too. */
  alteredKeys(): Promise<KeyId[]>;
} {
  const { db, inTransaction, integrity, audit, ids, clock, organizations, random = randomFillSync } = deps;
  const authentication = createAuthentication(deps);
  const origins = createKnownSet(() => selectOrigins(db));

  return {
    forgetRead() {
      authentication.forgetRead();
      origins.forget();
    },
    async createKey(input, actor) {
      const { organization } = input;
      const wanted = checkNewKey(input, clock.now());
      const key = makeKeyText(wanted.prefix, wanted.world, random);
      const id = ids.next('key');
      const record: ApiKey = { ...wanted, id, hint: key.slice(-4), lineage: id, createdAt: clock.now() };
      await inTransaction(async (tx) => {
        const owner = await selectOwner(tx, organization);
        if (!owner) throw new Problem('NOT_FOUND', `No organization has the id ${organization}.`);
        refuseErased(owner);
        await insertKey(tx, integrity, record, hashKey(key));
        const { world, scopes, prefix, browser, origins, cidrs, profiles, expiresAt } = record;
        const details = { world, scopes, prefix, browser, origins, cidrs, profiles, expiresAt };
        await audit.add(tx, { actor, action: 'key.create', organization, target: id, details });
        if (world === 'live') await organizations?.endSetupStep(tx, organization, 'keys', actor);
      });
      await authentication.know(key);
      origins.forget();
      return { id, key, record };
    },

    listKeys: async (organization) => (await selectKeys(db, integrity, organization)).reverse(),
    namesOf: (organization, keys) => selectKeyNames(db, organization, keys),
    pageKeys: (organization, page) => selectKeys(db, integrity, organization, page),

    revokeKey: (organization, id, actor) =>
      inTransaction(async (tx) => {
        const key = await requireKey(deps, tx, organization, id);
        if (key.revokedAt !== undefined) return key;
        const revokedAt = clock.now();
        await updateRevoked(tx, integrity, key.id, revokedAt);
        await audit.add(tx, { actor, action: 'key.revoke', organization, target: id });
        return { ...key, revokedAt };
      }),

    async rotateKey(organization, id, overlap, actor) {
      const made = await rotateKey(deps, organization, id, overlap, actor);
      await authentication.know(made.key);
      return made;
    },

    async restrictKey(organization, id, change, actor) {
      const restricted = await inTransaction(async (tx) => {
        const before = await requireValidKey(deps, tx, organization, id);
        const after = narrowKey(before, change, clock.now());
        const details = { from: rightsOf(before), to: rightsOf(after) };
        if (JSON.stringify(details.from) === JSON.stringify(details.to)) return before;
        await updateRestrictions(tx, integrity, after);
        await audit.add(tx, { actor, action: 'key.restrict', organization, target: id, details });
        return after;
      });
      origins.forget();
      return restricted;
    },

    authenticate: authentication.authenticate,
    async knowsOrigin(origin) {
      const canonical = parseOrigin(origin);
      return canonical !== undefined && origins.has(canonical);
    },
    originsOf: (organization, actor) => originsOf(deps, organization, actor),
    alteredKeys: () => alteredKeys(deps),
    settled: authentication.settled,
  };
}

async function originsOf(
  { db, integrity, clock }: AccessDeps,
  organization: OrganizationId,
  actor: Actor,
): Promise<string[]> {
  if (actor.is !== 'key') return [];
  const lineage = await selectLineage(db, integrity, organization, actor.key);
  const valid = lineage.filter((key) => isValid(key, clock.now()));
  return [...new Set(valid.flatMap((key) => key.origins))];
}

const rightsOf = ({ scopes, origins, cidrs, profiles, expiresAt }: ApiKey) => ({
  scopes,
  origins,
  cidrs,
  profiles,
  expiresAt,
});

async function requireKey(
  { integrity }: AccessDeps,
  tx: Tx,
  organization: OrganizationId,
  id: KeyId,
): Promise<ApiKey> {
  const key = await selectKey(tx, integrity, organization, id);
  if (key) return key;
  throw new Problem('NOT_FOUND', `The organization has no key with the id ${id}.`);
}

async function requireValidKey(
  deps: AccessDeps,
  tx: Tx,
  organization: OrganizationId,
  id: KeyId,
): Promise<ApiKey> {
  const key = await requireKey(deps, tx, organization, id);
  if (isValid(key, deps.clock.now())) return key;
  throw new Problem(
    'CONFLICT',
    key.altered
      ? `The row of the key ${id} was written or changed by another program, so the key is refused: revoke it and create a new one.`
      : `The key ${id} is revoked or expired: create a new one.`,
  );
}

async function rotateKey(
  deps: AccessDeps,
  organization: OrganizationId,
  id: KeyId,
  overlap: number,
  actor: Actor,
): Promise<{ id: KeyId; key: string; record: ApiKey; old: ApiKey }> {
  const { inTransaction, integrity, audit, ids, clock, random = randomFillSync } = deps;
  if (!Number.isSafeInteger(overlap) || overlap < 0) {
    throw new Problem('INVALID_REQUEST', 'The overlap is a number of milliseconds, 0 or more.', {
      details: [{ path: 'overlap', message: 'It must be 0 or more.' }],
    });
  }
  const next = ids.next('key');
  return inTransaction(async (tx) => {
    const old = await requireValidKey(deps, tx, organization, id);
    const now = clock.now();
    const earlier = old.successor && (await selectKey(tx, integrity, organization, old.successor));
    if (earlier && earlier.revokedAt === undefined) {
      throw new Problem('CONFLICT', `The key ${id} was rotated already: its successor is ${earlier.id}.`);
    }
    const key = makeKeyText(old.prefix, old.world, random);
    const record = successorOf(old, { id: next, hint: key.slice(-4), createdAt: now });
    const end = Math.min(now + overlap, old.expiresAt ?? Number.POSITIVE_INFINITY);
    await insertKey(tx, integrity, record, hashKey(key));
    await copyLimits(tx, id, next);
    await updateSuccessor(tx, integrity, id, next, end);
    const details = { successor: next, until: end };
    await audit.add(tx, { actor, action: 'key.rotate', organization, target: id, details });
    return { id: next, key, record, old: { ...old, successor: next, expiresAt: end } };
  });
}

/** It may do what the old key may, for as long a life as the old key was given. */
function successorOf(
  { expiresAt, successor: _, lastUsedAt: __, lastUsedAddress: ___, ...same }: ApiKey,
  own: Pick<ApiKey, 'id' | 'hint' | 'createdAt'>,
): ApiKey {
  const end = expiresAt !== undefined && { expiresAt: own.createdAt + (expiresAt - same.createdAt) };
  return { ...same, ...own, ...end };
}

async function alteredKeys({ db, integrity, log }: AccessDeps): Promise<KeyId[]> {
  const altered = await selectAltered(db, integrity);
  if (altered.length > 0) {
    log.error(
      { keys: altered },
      'API keys are refused because their rows in the database were written or changed by another program: revoke them and create new ones',
    );
  }
  return altered;
}
