import { setImmediate as pause } from 'node:timers/promises';
import type { Selectable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import { type Realm, realmKey } from '../../people/index.ts';
import type { HoldsFor, Scorer } from '../every-group.ts';

export type CalibrationRow = Selectable<Schema['gallery_calibration']>;

/** Lines of the audit log that are looked through in one go. */
const SLICE = 2_000;

/** The table `gallery_calibration`: figures about a gallery, nothing about a person. */
export function createGalleryCalibrationStore({ db }: { db: Db }) {
  return {
    all: (): Promise<CalibrationRow[]> => db.selectFrom('gallery_calibration').selectAll().execute(),
    async save(tx: Tx, row: CalibrationRow): Promise<void> {
      const { organization, world, scorer, holds_for, ...values } = row;
      await tx
        .insertInto('gallery_calibration')
        .values(row)
        .onConflict((conflict) =>
          conflict.columns(['organization', 'world', 'scorer', 'holds_for']).doUpdateSet(values),
        )
        .execute();
    },
    async remove(tx: Tx, organization: OrganizationId): Promise<void> {
      await tx.deleteFrom('gallery_calibration').where('organization', '=', organization).execute();
    },
    /** Pairs of people that an enrollment found alike: one person twice, or not decided yet. */
    async suspectedPairs(organization: OrganizationId): Promise<[SubjectId, SubjectId][]> {
      const pairs: [SubjectId, SubjectId][] = [];
      for (let after = ''; ; await pause()) {
        const slice = db.selectFrom('audit').where('id', '>', after);
        const end = await slice.select('id').orderBy('id').limit(1).offset(SLICE).executeTakeFirst();
        const rows = await slice
          .$if(end !== undefined, (lines) => lines.where('id', '<=', end!.id))
          .select(['target', 'details'])
          .where('organization', '=', organization)
          .where('action', '=', 'subject.enroll')
          .where('details', 'like', '%"duplicateOf"%')
          .execute();
        for (const { target, details } of rows) {
          const { duplicateOf } = parseJson<{ duplicateOf?: unknown }>(details) ?? {};
          if (target !== null && typeof duplicateOf === 'string')
            pairs.push([target as SubjectId, duplicateOf as SubjectId]);
        }
        if (end === undefined) return pairs;
        after = end.id;
      }
    },
  };
}

interface KeptCalibrationsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit'> {}

/** The rows of the table, in memory too. */
export function createKeptCalibrations({ db, inTransaction, audit }: KeptCalibrationsDeps) {
  const store = createGalleryCalibrationStore({ db });
  const kept = new Map<string, CalibrationRow>();
  const keyOf = (realm: Realm, { id, holdsFor = 'average' }: Pick<Scorer, 'id' | 'holdsFor'>) =>
    `${realmKey(realm)}/${id}/${holdsFor}`;
  /** Thresholds are only ever raised, whatever another program wrote. */
  const keep = ({ shift, ...row }: CalibrationRow) =>
    kept.set(
      keyOf(
        { organization: row.organization as OrganizationId, world: row.world as World },
        { id: row.scorer, holdsFor: row.holds_for as HoldsFor },
      ),
      { ...row, shift: Math.max(0, shift) },
    );

  return {
    of: (realm: Realm, scorer: Pick<Scorer, 'id' | 'holdsFor'>): CalibrationRow | undefined =>
      kept.get(keyOf(realm, scorer)),
    suspectedPairs: store.suspectedPairs,
    async load(): Promise<void> {
      const rows = await store.all();
      kept.clear();
      for (const row of rows) keep(row);
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
