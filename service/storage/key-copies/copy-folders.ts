import type { Kysely, Transaction } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { Opened } from '../connection.ts';
import type { KeySchema, Touched } from '../keys/key-store-schema.ts';
import type { KeyWriter } from '../keys/key-writer.ts';

/** A folder that should hold a copy of the store. */
export interface StoredCopy {
  place: string;
  /** Id of the copy; absent until a copy from before there were ids is reached. */
  copy?: string;
  addedAt: number;
  behindSince: number | undefined;
}

/** A copy that is no longer updated: it may still have keys that were destroyed since. */
export interface FormerCopy {
  place: string;
  copy?: string;
  /** `left`: as it was. `wiped`: overwritten and deleted by us. `attested`: an operator says that its medium is destroyed. */
  fate: 'left' | 'wiped' | 'attested';
  /** Who attested it, else empty. */
  by: string;
  at: number;
  /** Since when it missed writes when it was taken out; absent when it had them all. */
  behindSince?: number;
}

/** The places of the copies, as the store itself remembers them. */
export type CopyFolders = ReturnType<typeof createCopyFolders>;

export function createCopyFolders(
  { db }: Pick<Opened<KeySchema>, 'db'>,
  { write }: Pick<KeyWriter, 'write'>,
  clock: Clock,
  /** In the transaction that adds the place. */
  nodeCopies: { take(tx: Transaction<KeySchema>, place: string): Promise<void> },
) {
  return {
    async places(): Promise<StoredCopy[]> {
      const rows = await db.selectFrom('copy_place').selectAll().orderBy('place').execute();
      return rows.map(({ place, copy, added_at, behind_since }) => ({
        place,
        ...(copy !== '' && { copy }),
        addedAt: added_at,
        behindSince: behind_since ?? undefined,
      }));
    },
    /** A copy that was kept before is a former one no longer. */
    addCopy: (place: string, copy: string): Promise<void> =>
      write(async (tx) => {
        await tx
          .insertInto('copy_place')
          .values({ place, added_at: clock.now(), behind_since: null, copy })
          .execute();
        await nodeCopies.take(tx, place);
        const known = await tx
          .deleteFrom('former_copy')
          .where('copy', '=', copy)
          .returning('place')
          .execute();
        const touched: Touched[] = [
          { table: 'copy_place', keys: [[place]] },
          { table: 'former_copy', keys: known.map((former) => [copy, former.place]) },
        ];
        return { touched, result: undefined };
      }),
    /** The id of a copy from before there were ids. */
    setCopyId: (place: string, copy: string): Promise<void> =>
      write(async (tx) => {
        await tx.updateTable('copy_place').set({ copy }).where('place', '=', place).execute();
        return { touched: { table: 'copy_place', keys: [[place]] }, result: undefined };
      }),
    /** `former`: what became of its copy; without, nothing is known of it any more. */
    removeCopy: (place: string, former?: FormerCopy): Promise<void> =>
      write(async (tx) => {
        await tx.deleteFrom('copy_place').where('place', '=', place).execute();
        const touched: Touched[] = [
          { table: 'copy_place', keys: [[place]] },
          ...(former ? [await putFormer(tx, former)] : []),
        ];
        return { touched, result: undefined };
      }),
    async formerCopies(): Promise<FormerCopy[]> {
      const rows = await db
        .selectFrom('former_copy')
        .selectAll()
        .orderBy('noted_at')
        .orderBy('copy')
        .execute();
      return rows.map(({ place, copy, fate, noted_by, noted_at, behind_since }) => ({
        place,
        ...(copy !== '' && { copy }),
        fate,
        by: noted_by,
        at: noted_at,
        ...(behind_since > 0 && { behindSince: behind_since }),
      }));
    },
    setFormerCopy: (former: FormerCopy): Promise<void> =>
      write(async (tx) => ({ touched: await putFormer(tx, former), result: undefined })),
    /** For this store alone: not written to the copies. */
    async setCopyBehind(place: string, since: number | undefined): Promise<void> {
      await db
        .updateTable('copy_place')
        .set({ behind_since: since ?? null })
        .where('place', '=', place)
        .execute();
    },
  };
}

async function putFormer(
  tx: Kysely<KeySchema>,
  { place, copy = '', fate, by, at, behindSince = 0 }: FormerCopy,
): Promise<Touched> {
  const values = { fate, noted_by: by, noted_at: at, behind_since: behindSince };
  await tx
    .insertInto('former_copy')
    .values({ copy, place, ...values })
    .onConflict((conflict) => conflict.columns(['copy', 'place']).doUpdateSet(values))
    .execute();
  return { table: 'former_copy', keys: [[copy, place]] };
}
