import { randomFillSync } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Ids, KeyId, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { ApiKey, Caller, Scope } from './api-key.ts';
import {
  insertKey,
  organizationExists,
  selectKey,
  selectKeyByHash,
  selectKeys,
  updateLastUsed,
  updateRevoked,
} from './api-key-store.ts';
import { hashKey, hasKeyForm, makeKeyText, type Random, sameHash } from './key-text.ts';
import { checkNewKey, type NewKey, parseOrigin } from './new-key.ts';

export interface Access {
  /** The only time the key itself is shown. `<prefix>_<live|test>_<secret>`, secret >= 160 bits. */
  createKey(input: NewKey, actor: Actor): Promise<{ id: KeyId; key: string; record: ApiKey }>;
  listKeys(organization: OrganizationId): Promise<ApiKey[]>;
  /** Refused from the moment it resolves. Revoking twice changes nothing. */
  revokeKey(organization: OrganizationId, key: KeyId, actor: Actor): Promise<ApiKey>;
  /**
   * Throws MISSING_AUTH (no credential), INVALID_API_KEY_FORMAT (not `<prefix>_<live|test>_<secret>`), INVALID_API_KEY
   * (unknown, revoked, expired: indistinguishable), INSUFFICIENT_SCOPE, ORIGIN_NOT_ALLOWED.
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
}: AccessDeps): Access & {
  /** When the last uses seen so far are written; before the database is closed. */
  settled(): Promise<void>;
} {
  /** When this process last wrote a key's use. One entry per key that was ever valid here. */
  const written = new Map<KeyId, number>();
  const writing = new Set<Promise<void>>();

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
        const { world, scopes, prefix, browser, origins, expiresAt } = record;
        await audit.add(tx, {
          actor,
          action: 'key.create',
          organization: record.organization,
          target: id,
          details: { world, scopes, prefix, browser, origins, ...(expiresAt !== undefined && { expiresAt }) },
        });
      });
      return { id, key, record };
    },

    listKeys: (organization) => selectKeys(db, organization),

    revokeKey: (organization, id, actor) =>
      inTransaction(async (tx) => {
        const key = await selectKey(tx, organization, id);
        if (!key) throw new Problem('NOT_FOUND', `The organization has no key with the id ${id}.`);
        if (key.revokedAt !== undefined) return key;
        const revokedAt = clock.now();
        await updateRevoked(tx, id, revokedAt);
        await audit.add(tx, { actor, action: 'key.revoke', organization, target: id });
        return { ...key, revokedAt };
      }),

    async authenticate({ credential, scope, origin, address }) {
      if (credential === undefined || credential === '') {
        throw new Problem(
          'MISSING_AUTH',
          'Send an API key as "Authorization: Bearer <key>" or in the header "x-api-key".',
        );
      }
      if (!hasKeyForm(credential)) {
        throw new Problem('INVALID_API_KEY_FORMAT', 'An API key has the form <prefix>_<live|test>_<secret>.');
      }
      const hash = hashKey(credential);
      const found = await selectKeyByHash(db, hash);
      if (!found || !sameHash(found.secretHash, hash) || !isValid(found.key, clock.now())) {
        throw new Problem('INVALID_API_KEY', 'The API key is not valid.');
      }
      const { key } = found;
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
