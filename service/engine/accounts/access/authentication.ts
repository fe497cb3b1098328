import type { KeyId } from '../../../lib/id.ts';
import { parseNetwork } from '../../../lib/network.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Foundation } from '../../audit/index.ts';
import { type ApiKey, hashKey, hasKeyForm, isValid, sameHash } from './api-key.ts';
import { createKeyReads, type KeyIntegrity, selectHashes, updateLastUsed } from './api-key-store.ts';
import type { KeyCaller } from './caller.ts';
import { parseOrigin } from './new-key.ts';
import { holdsScope, type Scope } from './scope.ts';

export interface Credential {
  credential?: string | undefined;
  /** Needed; absent where no API key may call. */
  scope?: Scope | undefined;
  /** Each is enough in its place. */
  orScopes?: readonly Scope[] | undefined;
  /** The refusal of a valid key where no key may call. */
  refusal?: string | undefined;
  origin?: string | undefined;
  address?: string | undefined;
}

export interface AuthenticationDeps extends Pick<Foundation, 'db' | 'clock' | 'log'> {
  /** Detects rows that a writer of the database without keys made or changed. */
  integrity: KeyIntegrity;
  /** Counts refused credentials by address; absent: not counted. */
  refusals?: {
    /** Seconds until another credential of this address is checked; 0: now. */
    wait(address: string): Promise<number>;
    count(address: string): void;
  };
}

/** A key's last use is written at most this often, in milliseconds. */
const LAST_USED_EVERY = 60_000;

export function createAuthentication(deps: AuthenticationDeps) {
  const { db, integrity, clock, log, refusals } = deps;
  const lastUses = createLastUses(deps);
  /** Hashes of all keys that are not revoked. */
  const hashes = createKnownSet(() => selectHashes(db));
  const keyWithHash = createKeyReads(db, integrity);

  /**
   * No key is looked up for an address that has to wait. Existing keys are not counted as guesses, so other callers behind the
   * same address keep working.
   */
  async function refuseThrottled(wait: number, credential: string): Promise<void> {
    if (await hashes.has(hashKey(credential))) return;
    throw new Problem(
      'BURST_LIMIT_EXCEEDED',
      'Too many API keys were refused from this address: check the key, then try again later.',
      { retryAfterSeconds: wait },
    );
  }

  /** The valid key with this text; a refused one is counted by its address. */
  async function findKey(text: string, address: string | undefined): Promise<ApiKey> {
    const refused = (problem: Problem): Problem => {
      if (address !== undefined) refusals?.count(address);
      return problem;
    };
    if (!hasKeyForm(text)) {
      throw refused(
        new Problem('INVALID_API_KEY_FORMAT', 'An API key has the form <prefix>_<live|test>_<secret>.'),
      );
    }
    const hash = hashKey(text);
    const found = await keyWithHash(hash);
    if (found?.key.altered) {
      log.error(
        { key: found.key.id, organization: found.key.organization },
        'an API key is refused because another program wrote or changed its row in the database: compare it with "gatehouse key list" and the audit log, revoke it and make a new one',
      );
    }
    if (!found || !sameHash(found.secretHash, hash) || !isValid(found.key, clock.now())) {
      throw refused(new Problem('INVALID_API_KEY', 'The API key is not valid.'));
    }
    return found.key;
  }

  async function authenticate({
    credential,
    scope,
    orScopes = [],
    refusal,
    origin,
    address,
  }: Credential): Promise<KeyCaller> {
    if (credential === undefined || credential === '') {
      throw new Problem(
        'MISSING_AUTH',
        'Send an API key as "Authorization: Bearer <key>" or in the header "x-api-key".',
      );
    }
    const wait = address === undefined || !refusals ? 0 : await refusals.wait(address);
    if (wait > 0) await refuseThrottled(wait, credential);
    const key = await findKey(credential, address);
    requireNetwork(key, address);
    requireOrigin(key, origin);
    if (!orScopes.some((one) => holdsScope(key.scopes, one))) requireScope(key, scope, refusal);
    lastUses.note(key.id, address);
    return callerOf(key);
  }

  return {
    authenticate,
    /** A key that was made just now. */
    know: (text: string) => hashes.add(hashKey(text)),
    /** Keys were made by another node. */
    forgetRead: hashes.forget,
    /** When the last uses seen so far are written. */
    settled: lastUses.settled,
  };
}

function createLastUses({ db, clock, log }: AuthenticationDeps) {
  /** When this process last wrote a key's use. One entry per key that was ever valid here. */
  const written = new Map<KeyId, number>();
  const writing = new Set<Promise<void>>();

  return {
    note(key: KeyId, address: string | undefined): void {
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
    },
    async settled(): Promise<void> {
      await Promise.all(writing);
    },
  };
}

const callerOf = ({
  id,
  lineage,
  organization,
  world,
  scopes,
  browser,
  origins,
  profiles,
}: ApiKey): KeyCaller => ({
  is: 'key',
  key: id,
  lineage,
  organization,
  world,
  scopes,
  ...(browser && { browser: true as const }),
  ...(origins.length > 0 && { origins }),
  ...(profiles.length > 0 && { profiles }),
});

function requireScope({ scopes }: ApiKey, scope: Scope | undefined, refusal: string | undefined): void {
  if (scope === undefined) {
    throw new Problem(
      'INSUFFICIENT_SCOPE',
      refusal ?? 'No API key may do this: it takes a signed-in administrator.',
    );
  }
  if (!holdsScope(scopes, scope)) {
    throw new Problem('INSUFFICIENT_SCOPE', `The API key lacks the scope "${scope}" that this call needs.`);
  }
}

function requireNetwork({ cidrs }: ApiKey, address: string | undefined): void {
  if (cidrs.length === 0) return;
  if (address !== undefined && cidrs.some((cidr) => parseNetwork(cidr)?.holds(address))) return;
  throw new Problem(
    'ORIGIN_NOT_ALLOWED',
    'This API key may not be used from this network: send it from an allowed network.',
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
      : `This API key may not be used from ${origin}: use the key that is bound to this origin, or make one (gatehouse key create ${browser ? '--browser ' : ''}--origin ${origin}).`,
  );
}

/** What `read` gives, read at the first question, and again after `forget` or a failure. */
export function createKnownSet(read: () => Promise<string[]>) {
  let known: Promise<Set<string>> | undefined;
  return {
    async has(one: string): Promise<boolean> {
      known ??= read().then((all) => new Set(all));
      known.catch(() => {
        known = undefined;
      });
      return (await known).has(one);
    },
    /** Adds a later one. */
    async add(one: string): Promise<void> {
      await known?.then(
        (all) => all.add(one),
        () => {},
      );
    },
    forget(): void {
      known = undefined;
    },
  };
}
