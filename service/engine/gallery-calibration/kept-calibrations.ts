import type { OrganizationId, World } from '../../lib/id.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { HoldsFor, Scorer } from '../matching/index.ts';
import { type Realm, realmKey } from '../subjects/index.ts';
import { type CalibrationRow, createGalleryCalibrationStore } from './gallery-calibration-store.ts';

export interface KeptCalibrationsDeps {
  db: Db;
  inTransaction: InTransaction;
  audit: Audit;
}

/** The rows of the table, in memory too. */
export function createKeptCalibrations({ db, inTransaction, audit }: KeptCalibrationsDeps) {
  const store = createGalleryCalibrationStore({ db });
  const kept = new Map<string, CalibrationRow>();
  const keyOf = (realm: Realm, { id, holdsFor = 'average' }: Pick<Scorer, 'id' | 'holdsFor'>) =>
    `${realmKey(realm)}/${id}/${holdsFor}`;
  const keep = (row: CalibrationRow) =>
    kept.set(
      keyOf(
        { organization: row.organization as OrganizationId, world: row.world as World },
        { id: row.scorer, holdsFor: row.holds_for as HoldsFor },
      ),
      row,
    );

  return {
    of: (realm: Realm, scorer: Pick<Scorer, 'id' | 'holdsFor'>): CalibrationRow | undefined =>
      kept.get(keyOf(realm, scorer)),
    suspectedPairs: store.suspectedPairs,
    async load(): Promise<void> {
      for (const row of await store.all()) keep(row);
    },
    async save(row: CalibrationRow, actor: Actor): Promise<void> {
      const { world, scorer, holds_for: holdsFor, shift, compared, above, doubtful } = row;
      const organization = row.organization as OrganizationId;
      const details = { world, scorer, holdsFor, shift, compared, above, doubtful };
      await inTransaction(async (tx) => {
        await store.save(tx, row);
        await audit.add(tx, { actor, action: 'organization.calibrate', organization, details });
      });
      keep(row);
    },
    async forget(organization: OrganizationId): Promise<void> {
      await inTransaction((tx) => store.remove(tx, organization));
      for (const [key, row] of kept) if (row.organization === organization) kept.delete(key);
    },
  };
}
