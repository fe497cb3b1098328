import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Manifest, ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import { Problem } from '../../lib/problem.ts';
import { isSound, type RowIntegrity, withMac } from '../../storage/keys/protected-tables.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';

export type ModelSettingRow = Omit<Selectable<Schema['model_setting']>, 'mac'>;

/** The table `model_setting`: enabled models, and who accepted a doubtful licence. */
export function createModelSettingStore({ db, integrity }: { db: Db; integrity: RowIntegrity }) {
  return {
    /** Less those that another program wrote: what the model has without a setting holds. */
    async all(): Promise<ModelSettingRow[]> {
      const rows = await db.selectFrom('model_setting').selectAll().execute();
      return rows.filter((row) => isSound(integrity, 'model_setting', row));
    },
    async put(tx: Tx, setting: ModelSettingRow): Promise<void> {
      const row = withMac(integrity, 'model_setting', setting);
      const { model, ...rest } = row;
      await tx
        .insertInto('model_setting')
        .values(row)
        .onConflict((conflict) => conflict.column('model').doUpdateSet(rest))
        .execute();
    },
    async remove(tx: Tx, model: string): Promise<void> {
      await tx.deleteFrom('model_setting').where('model', '=', model).execute();
    },
  };
}

/** An imported model with what came along with it. */
export interface ModelImport {
  entry: ModelEntry;
  scorers: readonly ScorerEntry[];
  padSets: readonly PadSetEntry[];
}

/** Bytes of one row: a model is read and written in pieces that hold nothing up. */
const PART = 4 << 20;

export type SharedModels = ReturnType<typeof createSharedModels>;

/**
 * Imported models of a service of several nodes: the entries and the bytes are in the database, and a node's folder holds copies. The bytes
 * are known by their SHA-256, and a node that reads them compares it.
 */
export function createSharedModels({
  db,
  inTransaction,
  integrity,
}: {
  db: Db;
  inTransaction: InTransaction;
  integrity: RowIntegrity;
}) {
  return {
    /** What is imported, less what another program wrote. */
    async manifest(): Promise<Pick<Manifest, 'models' | 'scorers' | 'padSets'>> {
      const rows = await db
        .selectFrom('model_import')
        .selectAll()
        .orderBy('imported_at')
        .orderBy('id')
        .execute();
      const imports = rows
        .filter((row) => isSound(integrity, 'model_import', row))
        .map(({ kept }) => JSON.parse(kept) as ModelImport);
      return {
        models: imports.map(({ entry }) => entry),
        scorers: newest(imports.flatMap(({ scorers }) => scorers)),
        padSets: newest(imports.flatMap(({ padSets }) => padSets)),
      };
    },
    /** Before the import counts: bytes that no import names are not used. */
    async keepBytes(bytes: Uint8Array): Promise<void> {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      for (let part = 0; part * PART < bytes.length; part++) {
        const piece = bytes.subarray(part * PART, (part + 1) * PART);
        await inTransaction((tx) =>
          tx
            .insertInto('model_part')
            .values({ sha256, part, bytes: piece })
            .onConflict((conflict) => conflict.columns(['sha256', 'part']).doNothing())
            .execute(),
        );
      }
    },
    /** Undefined where they are not whole, or not those of this hash. */
    async bytes(sha256: string): Promise<Uint8Array | undefined> {
      const parts: Uint8Array[] = [];
      for (;;) {
        const row = await db
          .selectFrom('model_part')
          .select('bytes')
          .where('sha256', '=', sha256)
          .where('part', '=', parts.length)
          .executeTakeFirst();
        if (!row) break;
        parts.push(row.bytes);
      }
      const bytes = Buffer.concat(parts);
      return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : undefined;
    },
    /** Throws CONFLICT where another node has dropped the bytes meanwhile. */
    async put(tx: Tx, { entry, scorers, padSets }: ModelImport, at: number): Promise<void> {
      const { id, sha256 } = entry;
      const former = await shaOf(tx, id);
      if (!(await firstPartOf(tx, sha256)))
        throw new Problem(
          'CONFLICT',
          `The file of ${id} was removed while it was imported: import it again.`,
        );
      const kept = JSON.stringify({ entry, scorers, padSets });
      const row = withMac(integrity, 'model_import', { id, sha256, kept, imported_at: at });
      await tx
        .insertInto('model_import')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
      if (former !== undefined) await dropUnused(tx, former);
    },
    async remove(tx: Tx, id: string): Promise<void> {
      const former = await shaOf(tx, id);
      await tx.deleteFrom('model_import').where('id', '=', id).execute();
      if (former !== undefined) await dropUnused(tx, former);
    },
    /** Of an import that did not come about. */
    dropUnused: (sha256: string): Promise<void> => inTransaction((tx) => dropUnused(tx, sha256)),
  };
}

/** Of each id the one that was imported last. */
const newest = <Set extends { id: string }>(sets: readonly Set[]): Set[] => [
  ...new Map(sets.map((one) => [one.id, one])).values(),
];

const shaOf = async (tx: Tx, id: string): Promise<string | undefined> =>
  (await tx.selectFrom('model_import').select('sha256').where('id', '=', id).executeTakeFirst())?.sha256;

const firstPartOf = (tx: Tx, sha256: string) =>
  tx.selectFrom('model_part').select('part').where('sha256', '=', sha256).limit(1).executeTakeFirst();

async function dropUnused(tx: Tx, sha256: string): Promise<void> {
  const used = await tx
    .selectFrom('model_import')
    .select('id')
    .where('sha256', '=', sha256)
    .limit(1)
    .executeTakeFirst();
  if (!used) await tx.deleteFrom('model_part').where('sha256', '=', sha256).execute();
}
