import { createHmac } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { putBack, secretBound, writeWrapped } from '../keys/wrapped-key.ts';
import type { MasterKey } from '../master/master-key.ts';
import type { Random } from './aes-gcm.ts';

/**
 * Secret keys of an organization by name, from which keyed values are made and nothing is sealed: they lie in the key store, wrapped by
 * the master key. Once a key is destroyed no value of it is made or recognized again.
 */
export interface ScopeKeys {
  /** Those there are. */
  names(organization: OrganizationId): string[];
  /** A new key, on disk when it resolves; nothing where there is one. */
  make(organization: OrganizationId, name: string): Promise<void>;
  /** HMAC-SHA-256 of the text, hex. Throws SEALED without the key. */
  mac(organization: OrganizationId, name: string, text: string): string;
  /** Unreadable in the key store and its current copies when it resolves. */
  destroy(organization: OrganizationId, name: string): Promise<void>;
  /** Those of these secrets that are keys of scopes, as the store has them now: another node changed them. */
  reload(names: readonly string[]): Promise<void>;
}

interface ScopeKeysDeps {
  keys: Pick<KeyStore, 'secrets' | 'addSecret' | 'removeSecret' | 'places'>;
  master: MasterKey;
  random: Random;
}

const LENGTH = 32;
const isScope = (name: string) => name.startsWith('scope/');
const secretName = (organization: string, name: string) => `scope/${organization}/${name}`;

/** Opens the keys there are. Throws SEALED when one does not open. */
export async function openScopeKeys({ keys, master, random }: ScopeKeysDeps): Promise<ScopeKeys> {
  const opened = new Map<string, Uint8Array>();
  for (const { name, wrapped } of await keys.secrets())
    if (isScope(name)) opened.set(name, await unwrap(name, wrapped));

  async function unwrap(name: string, wrapped: Uint8Array): Promise<Uint8Array> {
    const secret = await master.unwrap(wrapped, secretBound(name));
    if (secret) return secret;
    throw new Problem(
      'SEALED',
      `The secret "${name}" does not open with this master key: it is damaged, or another master key wrapped it. ${await putBack(keys)}`,
    );
  }

  function forget(name: string): void {
    opened.get(name)?.fill(0);
    opened.delete(name);
  }

  async function reload(names: readonly string[]): Promise<void> {
    const wanted = names.filter(isScope);
    if (wanted.length === 0) return;
    const now = new Map((await keys.secrets()).map(({ name, wrapped }) => [name, wrapped]));
    for (const name of wanted) {
      const wrapped = now.get(name);
      const secret = wrapped && (await unwrap(name, wrapped));
      forget(name);
      if (secret) opened.set(name, secret);
    }
  }

  return {
    reload,
    names(organization) {
      const prefix = secretName(organization, '');
      return [...opened.keys()].flatMap((name) =>
        name.startsWith(prefix) ? [name.slice(prefix.length)] : [],
      );
    },
    async make(organization, name) {
      const full = secretName(organization, name);
      if (opened.has(full)) return;
      const secret = new Uint8Array(LENGTH);
      random(secret);
      const added = await writeWrapped(master, async (id) =>
        keys.addSecret({
          name: full,
          master: id,
          wrapped: await master.wrap(secret, secretBound(full)),
          details: '{}',
        }),
      );
      if (added) opened.set(full, secret);
      else await reload([full]);
    },
    mac(organization, name, text) {
      const secret = opened.get(secretName(organization, name));
      if (!secret)
        throw new Problem(
          'SEALED',
          `The key store lacks the key "${name}" of the organization ${organization}: put back the newest copy of the key store.`,
        );
      return createHmac('sha256', secret).update(text).digest('hex');
    },
    async destroy(organization, name) {
      const full = secretName(organization, name);
      await keys.removeSecret(full);
      forget(full);
    },
  };
}

/** Keys that are looked at in one go. */
const PAGE = 500;

/** Those of these subjects that are in the database. */
type KnownSubjects = (subjects: readonly SubjectId[]) => Promise<ReadonlySet<string>>;

/** Keys of people that are not in the database. */
export type OrphanKeys = ReturnType<typeof createOrphanKeys>;

interface OrphanKeysDeps {
  keys: Pick<KeyStore, 'personsAfter'>;
  clock: Clock;
  log: Log;
  /** Age from which a key without a person is an orphan, in milliseconds. */
  grace: number;
  destroy(subjects: readonly SubjectId[]): Promise<{ removed: number }>;
}

export function createOrphanKeys({ keys, clock, log, grace, destroy }: OrphanKeysDeps) {
  let suspicious = 0;

  /** Page by page: there may be a million, and others have a turn in between. */
  async function findOrphans(known: KnownSubjects) {
    const before = clock.now() - grace;
    const orphans: SubjectId[] = [];
    let there = 0;
    for (let after = ''; ; await turn()) {
      const page = await keys.personsAfter(after, PAGE);
      there += page.length;
      const aged = page.filter(({ createdAt }) => createdAt < before).map(({ subject }) => subject);
      const found = aged.length === 0 ? new Set<string>() : await known(aged);
      orphans.push(...aged.filter((subject) => !found.has(subject)));
      if (page.length < PAGE) break;
      after = page.at(-1)!.subject;
    }
    const tooMany = orphans.length > 0 && orphans.length > sweepable(there);
    suspicious = tooMany ? orphans.length : 0;
    return { orphans, there, tooMany };
  }

  return {
    /** How many it would not sweep, but report. Destroys nothing. */
    async suspiciousOrphans(known: KnownSubjects): Promise<number> {
      await findOrphans(known);
      return suspicious;
    },
    /** The same, as it was last counted. */
    lastSuspicious: () => suspicious,
    /**
     * Destroys keys without a person, left by enrollments that were cut short: those older than the grace period. Call it
     * at start. `known`: which of these subjects there are. More than a few are not swept but reported, since then it is likelier that
     * the wrong database lies beside the keys.
     */
    async sweepOrphans(known: KnownSubjects): Promise<{ swept: number; suspicious: number }> {
      const { orphans, there, tooMany } = await findOrphans(known);
      if (orphans.length === 0) return { swept: 0, suspicious: 0 };
      if (tooMany) {
        log.warn(
          { orphans: orphans.length, keys: there },
          'many keys have no person: they are kept, because the database may not be the one they belong to',
        );
        return { swept: 0, suspicious: orphans.length };
      }
      return { swept: (await destroy(orphans)).removed, suspicious: 0 };
    },
  };
}

/** One in a hundred keys, and ten in any case. */
function sweepable(keys: number): number {
  return Math.max(10, Math.floor(keys / 100));
}
