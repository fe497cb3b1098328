import type { ErasureId, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { Db } from '../../storage/transaction.ts';
import { listPresent, type Realm } from '../subjects/index.ts';
import type { ErasureStore } from './erasure-store.ts';
import type { Ledger } from './ledger.ts';

export interface ReplayDeps {
  db: Db;
  store: ErasureStore;
  ledger: Ledger;
  sealer: { destroyPersons(subjects: readonly SubjectId[]): Promise<unknown> };
  keys: {
    /** Those of these people who have a key. */
    persons(subjects: readonly SubjectId[]): Promise<{ subject: SubjectId }[]>;
  };
  log: Log;
}

/** Repairs with the signed list of erasures whichever half of the data directory was restored from an older copy. */
export function createReplay({ db, store, ledger, sealer, keys, log }: ReplayDeps) {
  return {
    /** The key store is the older half: the list is completed, and keys of people who were erased are destroyed again. */
    async destroyKeys(): Promise<void> {
      const listed = await ledger.entries();
      const missing = (await store.destroyed()).filter(({ subject }) => !listed.has(subject as SubjectId));
      for (const { id, subject, organization, world, intended_at } of missing) {
        await ledger.append({
          erasure: id as ErasureId,
          subject: subject as SubjectId,
          organization: organization as OrganizationId,
          world: world as World,
          at: new Date(intended_at).toISOString(),
        });
      }
      if (missing.length > 0) {
        log.error(
          { missing: missing.length },
          'the key store is older than the database: its list of erasures lacked people; it was completed and their keys are destroyed again',
        );
      }
      const back = (await keys.persons([...(await ledger.entries()).keys()])).map(({ subject }) => subject);
      if (back.length === 0) return;
      await sealer.destroyPersons(back);
      log.warn({ people: back.length }, 'destroyed keys of people who were erased before');
    },

    /** The database is the older half: begins to erase again the people of the list that it brought back. Returns how many. */
    async peopleRestored(
      intend: (realm: Realm, subject: SubjectId, erasure: ErasureId) => Promise<unknown>,
    ): Promise<number> {
      const listed = await ledger.entries();
      const present = await listPresent(db, [...listed.keys()]);
      for (const subject of present) {
        const { organization, world, erasure, seq } = listed.get(subject)!;
        await intend({ organization, world }, subject, erasure);
        log.warn(
          { subject, erasure, seq },
          'a person who was erased came back with an older database: they are erased again',
        );
      }
      return present.size;
    },
  };
}
