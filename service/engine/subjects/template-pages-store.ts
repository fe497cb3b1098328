import type { OrganizationId } from '../../lib/id.ts';
import type { Sealer } from '../../storage/sealing/sealed.ts';
import { slices } from '../../storage/slices/slices.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { provisionalPlace, vectorPlace } from './template-store.ts';
import { toBytes, toVector } from './vector-bytes.ts';

/** Rows that are counted in one go. */
const COUNTED = 2_000;

export interface TemplatePagesDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: Pick<Sealer, 'sealAnew' | 'transformOf' | 'transforms'>;
}

/** The templates of an organization in one of their tables, put under another rotation a page at a time. */
export function createTemplatePages(
  { db, inTransaction, sealer }: TemplatePagesDeps,
  name: 'template' | 'provisional_template' = 'template',
) {
  // The columns that are read here are the same in both.
  const table = name as 'template';
  const placeOf = name === 'template' ? vectorPlace : provisionalPlace;
  const older = (organization: OrganizationId, generation: number) =>
    db.selectFrom(table).where('organization', '=', organization).where('transform', '<', generation);

  return {
    /** How many are not under `generation` yet. */
    async count(organization: OrganizationId, generation: number): Promise<number> {
      let counted = 0;
      const endAfter = async (after: string) =>
        (
          await db
            .selectFrom(table)
            .select('id')
            .where('organization', '=', organization)
            .where('id', '>', after)
            .orderBy('id')
            .limit(1)
            .offset(COUNTED)
            .executeTakeFirst()
        )?.id;
      for await (const { after, through } of slices(endAfter)) {
        const { n } = await older(organization, generation)
          .where('id', '>', after)
          .$if(through !== undefined, (all) => all.where('id', '<=', through!))
          .select((eb) => eb.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow();
        counted += Number(n);
      }
      return counted;
    },
    /**
     * Rotates the next `limit` after the row `after` anew. Undefined when there are no more. What does not open, because the person was
     * erased or the row is damaged, is left as it is and counted.
     */
    async renew(organization: OrganizationId, generation: number, after: string, limit: number) {
      const rows = await older(organization, generation)
        .select(['id', 'organization', 'world', 'subject', 'transform', 'vector_sealed'])
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute();
      const last = rows.at(-1);
      if (!last) return undefined;
      const known = new Set([0, ...sealer.transforms.generations(organization)]);
      const { rotate } = sealer.transformOf(organization, generation);
      const anew = await sealer.sealAnew(
        rows.map((row) => ({ place: placeOf(row), sealed: row.vector_sealed })),
        (plain, i) => {
          const row = rows[i]!;
          if (!known.has(row.transform)) return undefined;
          const vector = sealer.transformOf(organization, row.transform).restore(toVector(plain));
          return { place: placeOf({ ...row, transform: generation }), plain: toBytes(rotate(vector)) };
        },
      );
      const renewed = rows.flatMap(({ id, transform }, i) => {
        const sealed = anew[i];
        return sealed ? [{ id, transform, sealed }] : [];
      });
      await inTransaction(async (tx) => {
        for (const { id, transform, sealed } of renewed) {
          await tx
            .updateTable(table)
            .set({ vector_sealed: sealed, transform: generation })
            .where('id', '=', id)
            .where('transform', '=', transform)
            .execute();
        }
      });
      return { last: last.id, done: renewed.length, left: rows.length - renewed.length };
    },
  };
}
