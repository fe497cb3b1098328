import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { KeyStore } from '../keys/key-store.ts';

/** Keys that are looked at in one go. */
const PAGE = 500;

/** Those of these subjects that are in the database. */
export type KnownSubjects = (subjects: readonly SubjectId[]) => Promise<ReadonlySet<string>>;

/** Keys of people that are not in the database. */
export interface OrphanKeys {
  /**
   * Destroys keys without a person, left by enrollments that were cut short: those older than the grace period. Call it
   * at start. `known`: which of these subjects there are. More than a few are not swept but reported, since then it is likelier that
   * the wrong database lies beside the keys.
   */
  sweepOrphans(known: KnownSubjects): Promise<{ swept: number; suspicious: number }>;
  /** How many it would not sweep, but report. Destroys nothing. */
  suspiciousOrphans(known: KnownSubjects): Promise<number>;
}

export interface OrphanKeysDeps {
  keys: Pick<KeyStore, 'personsAfter'>;
  clock: Clock;
  log: Log;
  /** Age from which a key without a person is an orphan, in milliseconds. */
  grace: number;
  destroy(subjects: readonly SubjectId[]): Promise<{ removed: number }>;
}

export function createOrphanKeys({ keys, clock, log, grace, destroy }: OrphanKeysDeps): OrphanKeys {
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
    return { orphans, there, tooMany: orphans.length > 0 && orphans.length > sweepable(there) };
  }

  return {
    async suspiciousOrphans(known) {
      const { orphans, tooMany } = await findOrphans(known);
      return tooMany ? orphans.length : 0;
    },
    async sweepOrphans(known) {
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
