import type { Insertable, Selectable } from 'kysely';
import type { SubjectId } from '../../../lib/id.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Sealer } from '../../../storage/sealing/sealed.ts';
import { untransformed } from '../../../storage/sealing/template-transform.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type DamagedRow, openVectors, provisionalContext } from './loaded-templates-store.ts';

/** Rows that are opened in one go. */
const PAGE = 2_000;

export type ProvisionalRow = Selectable<Schema['provisional_template']>;

export const selectProvisional = (db: Db | Tx, subject: SubjectId) =>
  db
    .selectFrom('provisional_template')
    .selectAll()
    .where('subject', '=', subject)
    .orderBy('embedder')
    .execute();

/** The table `provisional_template`. */
export function createProvisionalTemplates({ db, sealer }: { db: Db; sealer: Sealer }) {
  return {
    /** Those of the model files in use (embedder id to SHA-256), with their vectors as the models gave them. */
    async provisionalOf(
      subject: SubjectId,
      files: Readonly<Record<string, string>>,
      damaged: (row: DamagedRow) => void,
    ) {
      const rows = await selectProvisional(db, subject);
      const comparable = rows.filter((row) => files[row.embedder] === row.embedder_sha256);
      return openVectors(sealer, comparable, () => untransformed, damaged, sealer, provisionalContext);
    },
    provisionalRows: selectProvisional,
    /** How many there are and how many open, over all organizations, in pages; those of erased people do not open, and are not damaged. */
    async *everyProvisional(
      damaged: (row: DamagedRow) => void,
    ): AsyncGenerator<{ there: number; opened: number }> {
      for (let after = ''; ; ) {
        const rows = await db
          .selectFrom('provisional_template')
          .select(['id', 'organization', 'world', 'subject', 'vector_sealed', 'transform'])
          .where('id', '>', after)
          .orderBy('id')
          .limit(PAGE)
          .execute();
        if (rows.length === 0) return;
        after = rows.at(-1)!.id;
        const opened = await openVectors(
          sealer,
          rows,
          () => untransformed,
          damaged,
          sealer,
          provisionalContext,
        );
        yield { there: rows.length, opened: opened.length };
      }
    },
    /** Deletes those of an embedder of which the person has a confirmed picture now, unless a legal hold keeps them. */
    async dropSettled(tx: Tx, subject: SubjectId): Promise<void> {
      await tx
        .deleteFrom('provisional_template')
        .where('subject', '=', subject)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('template')
              .select('template.id')
              .whereRef('template.subject', '=', 'provisional_template.subject')
              .whereRef('template.embedder', '=', 'provisional_template.embedder')
              .where('template.anchor', '=', 1),
          ),
        )
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('legal_hold')
                .select('legal_hold.id')
                .whereRef('legal_hold.subject', '=', 'provisional_template.subject')
                .where('legal_hold.released_at', 'is', null),
            ),
          ),
        )
        .execute();
    },
    /** In place of what there was of the person. */
    async putProvisional(
      tx: Tx,
      subject: SubjectId,
      rows: readonly Insertable<Schema['provisional_template']>[],
    ): Promise<void> {
      await tx.deleteFrom('provisional_template').where('subject', '=', subject).execute();
      if (rows.length > 0)
        await tx
          .insertInto('provisional_template')
          .values([...rows])
          .execute();
    },
  };
}
