import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import type { SealContext } from '../../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Realm } from '../../people/index.ts';
import { createOwnerSeal, NO_PERSON, type OwnerSealer, undamaged } from './sealed-store.ts';

export interface MovementRow {
  session: string;
  attempt: number;
  organization: string;
  world: string;
  subject: string | null;
  movement_sealed: Uint8Array;
  created_at: number;
}

const VERSION = 1;

export const movementContext = (
  { session, attempt, organization, world }: Omit<MovementRow, 'subject' | 'movement_sealed' | 'created_at'>,
  subject: string,
): SealContext => ({
  organization: organization as OrganizationId,
  world: world as World,
  subject: subject as SubjectId,
  field: `live_movement.movement/${session}/${attempt}`,
  version: VERSION,
});

/** The table `live_movement`: how the face moved in earlier attempts, sealed. */
export const createMovementStore = ({ db, sealer }: { db: Db; sealer: OwnerSealer }) => {
  const owned = createOwnerSeal(sealer);
  const open = async (row: MovementRow) =>
    undamaged(await owned.open(movementContext(row, row.subject ?? NO_PERSON), row.movement_sealed));
  const seal = async (
    of: Omit<MovementRow, 'subject' | 'movement_sealed'>,
    movement: Uint8Array,
    subject?: string,
  ): Promise<MovementRow> => ({
    ...of,
    subject: subject ?? null,
    movement_sealed: await owned.seal(movementContext(of, subject ?? NO_PERSON), movement),
  });
  return {
    open,
    seal,
    /** Newest first: of a realm, or of one person. Without `since` all that is kept, whatever the clock says. */
    async recent(
      { organization, world }: Realm,
      { since, most, person }: { since?: number; most: number; person?: string },
      from: Db | Tx = db,
    ): Promise<MovementRow[]> {
      const rows = from
        .selectFrom('live_movement')
        .selectAll()
        .where('organization', '=', organization)
        .where('world', '=', world)
        .$if(since !== undefined, (query) => query.where('created_at', '>', since!))
        .orderBy('created_at', 'desc')
        .limit(most);
      return (person === undefined ? rows : rows.where('subject', '=', person)).execute();
    },
    /** Of a session, under no person's key. */
    unowned: (session: string): Promise<MovementRow[]> =>
      db
        .selectFrom('live_movement')
        .selectAll()
        .where('session', '=', session)
        .where('subject', 'is', null)
        .execute(),
    /** Under the key of a person. */
    async resealed(rows: readonly MovementRow[], subject: string): Promise<MovementRow[]> {
      const sealed: MovementRow[] = [];
      for (const row of rows) {
        const { subject: _, movement_sealed: __, ...of } = row;
        const movement = await open(row);
        if (movement) sealed.push(await seal(of, movement, subject));
      }
      return sealed;
    },
    async put(tx: Tx, rows: readonly MovementRow[]): Promise<void> {
      for (const row of rows) {
        const { subject, movement_sealed } = row;
        await tx
          .insertInto('live_movement')
          .values(row)
          .onConflict((conflict) =>
            conflict.columns(['session', 'attempt']).doUpdateSet({ subject, movement_sealed }),
          )
          .execute();
      }
    },
    /** Deletes at most `limit` that are older. */
    async removeOld(tx: Tx, before: number, limit: number): Promise<number> {
      const old = await tx
        .selectFrom('live_movement')
        .select(['session', 'attempt'])
        .where('created_at', '<', before)
        .limit(limit)
        .execute();
      for (const { session, attempt } of old)
        await tx
          .deleteFrom('live_movement')
          .where('session', '=', session)
          .where('attempt', '=', attempt)
          .execute();
      return old.length;
    },
  };
};

export type MovementStore = ReturnType<typeof createMovementStore>;

/** Values of one `in` list. */
const AT_ONCE = 400;

/** The table `live_frame`: keyed hashes of frames that earlier sessions showed. */
export const createFrameStore = ({ db }: { db: Db }) => ({
  /** Whether an earlier attempt showed one of these. */
  async seenBefore(organization: OrganizationId, hashes: readonly string[], tx?: Tx): Promise<boolean> {
    for (let start = 0; start < hashes.length; start += AT_ONCE) {
      const row = await (tx ?? db)
        .selectFrom('live_frame')
        .select('session')
        .where('organization', '=', organization)
        .where('hash', 'in', hashes.slice(start, start + AT_ONCE))
        .limit(1)
        .executeTakeFirst();
      if (row) return true;
    }
    return false;
  },
  async add(
    tx: Tx,
    { organization, session, at }: { organization: OrganizationId; session: string; at: number },
    hashes: readonly string[],
  ): Promise<void> {
    if (hashes.length === 0) return;
    await tx
      .insertInto('live_frame')
      .values(hashes.map((hash) => ({ organization, hash, session, created_at: at })))
      .onConflict((conflict) => conflict.columns(['organization', 'hash']).doNothing())
      .execute();
  },
  /** Deletes at most `limit` that are older. */
  async removeOld(tx: Tx, before: number, limit: number): Promise<number> {
    const old = await tx
      .selectFrom('live_frame')
      .select(['organization', 'hash'])
      .where('created_at', '<', before)
      .limit(limit)
      .execute();
    for (const { organization, hash } of old)
      await tx
        .deleteFrom('live_frame')
        .where('organization', '=', organization)
        .where('hash', '=', hash)
        .execute();
    return old.length;
  },
});

export type FrameStore = ReturnType<typeof createFrameStore>;
