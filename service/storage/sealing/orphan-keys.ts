import type { Clock } from '../../lib/clock.ts';
import type { SubjectId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { KeyStore } from '../keys/key-store.ts';

/** Keys of people that are not in the database. */
export interface OrphanKeys {
  /**
   * Destroys keys without a person, left by enrollments that were cut short: those older than the grace period. Call it
   * at start with every subject there is. More than a few are not swept but reported, since then it is likelier that
   * the wrong database lies beside the keys.
   */
  sweepOrphans(knownSubjects: ReadonlySet<string>): Promise<{ swept: number; suspicious: number }>;
  /** How many it would not sweep, but report. Destroys nothing. */
  suspiciousOrphans(knownSubjects: ReadonlySet<string>): Promise<number>;
}

export interface OrphanKeysDeps {
  keys: Pick<KeyStore, 'personsBefore' | 'countPersons'>;
  clock: Clock;
  log: Log;
  /** Age from which a key without a person is an orphan, in milliseconds. */
  grace: number;
  destroy(subjects: readonly SubjectId[]): Promise<{ removed: number }>;
}

export function createOrphanKeys({ keys, clock, log, grace, destroy }: OrphanKeysDeps): OrphanKeys {
  async function findOrphans(knownSubjects: ReadonlySet<string>) {
    const aged = await keys.personsBefore(clock.now() - grace);
    const orphans = aged.filter((subject) => !knownSubjects.has(subject));
    const tooMany = orphans.length > 0 && orphans.length > sweepable(await keys.countPersons());
    return { orphans, tooMany };
  }

  return {
    async suspiciousOrphans(knownSubjects) {
      const { orphans, tooMany } = await findOrphans(knownSubjects);
      return tooMany ? orphans.length : 0;
    },
    async sweepOrphans(knownSubjects) {
      const { orphans, tooMany } = await findOrphans(knownSubjects);
      if (orphans.length === 0) return { swept: 0, suspicious: 0 };
      if (tooMany) {
        log.warn(
          { orphans: orphans.length, subjects: knownSubjects.size },
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
