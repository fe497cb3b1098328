import type { Selectable } from 'kysely';
import type { OrganizationId, SubjectId, TemplateId, World } from '../../../lib/id.ts';
import { isUnfinished } from '../../../storage/legal-holds.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { SealContext, Sealer } from '../../../storage/sealing/sealed.ts';
import {
  type TemplateTransform,
  toVector,
  untransformed,
} from '../../../storage/sealing/template-transform.ts';
import { slices } from '../../../storage/slices/slices.ts';
import type { Db, InTransaction } from '../../../storage/transaction.ts';
import type { Realm } from './subject.ts';

export type TemplateRow = Selectable<Schema['template']>;

const VERSION = 1;

interface TemplateIdentity {
  id: string;
  organization: string;
  world: string;
  subject: string;
}

/** The transform is part of the context: a row that claims another one does not open. */
export const vectorContext = (row: TemplateIdentity & { transform: number }): SealContext => ({
  organization: row.organization as OrganizationId,
  world: row.world as World,
  subject: row.subject as SubjectId,
  field: `template.vector/${row.id}${row.transform === 0 ? '' : `@${row.transform}`}`,
  version: VERSION,
});

/** Of a row of `provisional_template`: moved into `template` it does not open. */
export const provisionalContext = (row: TemplateIdentity & { transform: number }): SealContext => ({
  ...vectorContext(row),
  field: vectorContext(row).field.replace('template', 'provisional'),
});

export const markContext = (row: TemplateIdentity): SealContext => ({
  ...vectorContext({ ...row, transform: 0 }),
  field: `template.mark/${row.id}`,
});

/** A template row, opened. */
export interface StoredTemplate {
  id: TemplateId;
  subject: SubjectId;
  enrollment: string;
  embedder: string;
  quality: number;
  createdAt: number;
  anchor: boolean;
  vector: Float32Array;
}

/** A template as the galleries have it. */
export interface LoadedTemplate {
  row: Pick<
    TemplateRow,
    'id' | 'organization' | 'world' | 'subject' | 'embedder' | 'quality' | 'created_at' | 'anchor'
  >;
  /** Under the transform that was asked for. */
  vector: Float32Array;
}

export type DamagedRow = Pick<TemplateRow, 'id' | 'subject'>;
type SealedRow = Pick<
  TemplateRow,
  'id' | 'organization' | 'world' | 'subject' | 'vector_sealed' | 'transform'
>;
type Transform = Pick<TemplateTransform, 'generation' | 'rotate'>;

interface Deps {
  db: Db;
  sealer: Sealer;
}

/** Rows that are opened in one go at start, and pages under way while the next is read. */
const LARGE_PAGE = 1_000;
const PAGES_AHEAD = 3;

/** Reads templates with their vectors. */
export function createLoadedTemplates({ db, sealer }: Deps) {
  /** Templates of these people made by the given model files (embedder id to SHA-256), oldest first. */
  async function templatesOf(
    { organization, world }: Realm,
    people: readonly SubjectId[],
    files: Readonly<Record<string, string>>,
    damaged: (row: DamagedRow) => void,
  ): Promise<StoredTemplate[]> {
    const rows = await db
      .selectFrom('template')
      .selectAll()
      // The realm is compared below: named here it makes SQLite walk the realm's index instead of these people's.
      .where('subject', 'in', [...people])
      .orderBy('id')
      .execute();
    const comparable = rows.filter(
      (row) =>
        row.organization === organization &&
        row.world === world &&
        files[row.embedder] === row.embedder_sha256,
    );
    await sealAnew({ db, sealer }, comparable);
    return (await openVectors(sealer, comparable, () => untransformed, damaged)).map(({ row, vector }) => ({
      id: row.id as TemplateId,
      subject: row.subject as SubjectId,
      enrollment: row.enrollment,
      embedder: row.embedder,
      quality: row.quality,
      createdAt: row.created_at,
      anchor: row.anchor === 1,
      vector,
    }));
  }

  /**
   * Every template that these model files made (embedder id to SHA-256), those of a person one after another, under the transform that `as` names, in pages: at
   * 100,000 people the start waits for this.
   */
  async function* everyTemplate(
    files: Readonly<Record<string, string>>,
    as: (organization: OrganizationId) => Transform,
    damaged: (row: DamagedRow) => void,
  ): AsyncGenerator<LoadedTemplate[]> {
    const unfinished = await db.selectFrom('erasure').select('subject').where(isUnfinished).execute();
    const erasing = new Set(unfinished.map(({ subject }) => subject));
    let rows = await readPage(db, files, { subject: '', id: '' });
    const threads = rows.length === LARGE_PAGE ? sealer.openInThreads() : undefined;
    const ahead: Promise<LoadedTemplate[]>[] = [];
    try {
      while (rows.length > 0) {
        const living = rows.filter(({ subject }) => !erasing.has(subject));
        const page = openVectors(sealer, living, as, damaged, threads);
        // Its failure is thrown where its turn comes.
        page.catch(() => {});
        ahead.push(page);
        if (ahead.length > PAGES_AHEAD) yield ahead.shift()!;
        rows = rows.length < LARGE_PAGE ? [] : await readPage(db, files, rows.at(-1)!);
      }
      while (ahead.length > 0) yield ahead.shift()!;
    } finally {
      await threads?.close();
    }
  }

  return { templatesOf, everyTemplate };
}

const readPage = (db: Db, files: Readonly<Record<string, string>>, after: { subject: string; id: string }) =>
  db
    .selectFrom('template')
    .select(['id', 'organization', 'world', 'subject', 'embedder', 'quality', 'created_at', 'anchor'])
    .select(['vector_sealed', 'transform'])
    .where('embedder', 'in', Object.keys(files))
    .where('embedder_sha256', 'in', Object.values(files))
    // The first condition alone lets the index over `subject` be used.
    .where('subject', '>=', after.subject)
    .where((eb) => eb.or([eb('subject', '>', after.subject), eb('id', '>', after.id)]))
    .orderBy('subject')
    .orderBy('id')
    .limit(LARGE_PAGE)
    .execute();

/**
 * The rows whose vectors open, under the transform that `as` names for their organization; those of erased people are left
 * out, and so are damaged ones, which are reported.
 */
export async function openVectors<Row extends SealedRow>(
  sealer: Sealer,
  rows: readonly Row[],
  as: (organization: OrganizationId) => Transform,
  damaged: (row: DamagedRow) => void,
  opener: Pick<Sealer, 'openMany'> = sealer,
  contextOf = vectorContext,
) {
  const values = rows.map((row) => ({ context: contextOf(row), sealed: row.vector_sealed }));
  const opened = await opener.openMany(values);
  const found: { row: Row; vector: Float32Array }[] = [];
  for (const [i, value] of opened.entries()) {
    const row = rows[i]!;
    if (value.is === 'erased') continue;
    const vector = value.is === 'open' ? convert(sealer, row, toVector(value.plain), as) : undefined;
    if (vector) found.push({ row, vector });
    else damaged(row);
  }
  return found;
}

/** Undefined if the secret of its transform was destroyed: the row is older than a completed renewal. */
function convert(
  sealer: Sealer,
  { organization: id, transform: from }: SealedRow,
  vector: Float32Array,
  as: (organization: OrganizationId) => Transform,
): Float32Array | undefined {
  const organization = id as OrganizationId;
  const to = as(organization);
  if (from === to.generation) return vector;
  if (from !== 0 && !sealer.transforms.generations(organization).includes(from)) return undefined;
  return to.rotate(sealer.transformOf(organization, from).restore(vector));
}

/** Templates that do not name their world yet; of one that is renewed meanwhile the renewed value stays. */
async function sealAnew({ db, sealer }: Deps, rows: readonly SealedRow[]): Promise<void> {
  const older = rows.filter(({ vector_sealed }) => vector_sealed[0] === 1);
  if (older.length === 0) return;
  const values = older.map((row) => ({ context: vectorContext(row), sealed: row.vector_sealed }));
  for (const [i, value] of (await sealer.openMany(values)).entries()) {
    if (value.is !== 'open' || !value.older) continue;
    const { context, sealed } = values[i]!;
    await db
      .updateTable('template')
      .set({ vector_sealed: await sealer.seal(context, value.plain) })
      .where('id', '=', older[i]!.id)
      .where('vector_sealed', '=', sealed)
      .execute();
  }
}

/** Rows that are counted in one go. */
const COUNTED = 2_000;

interface TemplatePagesDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: Pick<Sealer, 'openRotation'>;
}

/** The templates of an organization in one of their tables, put under another rotation a page at a time. */
export function createTemplatePages(
  { db, inTransaction, sealer }: TemplatePagesDeps,
  name: 'template' | 'provisional_template' = 'template',
) {
  // The columns that are read here are the same in both.
  const table = name as 'template';
  const contextOf = name === 'template' ? vectorContext : provisionalContext;
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
    begin(organization: OrganizationId, generation: number, limit: number) {
      const { rotate, close } = sealer.openRotation(organization, generation, limit);
      return {
        /**
         * Rotates the next `limit` after the row `after` anew. Undefined when there are no more. What does not open, because the person was
         * erased or the row is damaged, is left as it is and counted.
         */
        async renew(after: string) {
          const rows = await older(organization, generation)
            .select(['id', 'organization', 'world', 'subject', 'transform', 'vector_sealed'])
            .where('id', '>', after)
            .orderBy('id')
            .limit(limit)
            .execute();
          const last = rows.at(-1);
          if (!last) return undefined;
          const anew = await rotate(
            rows.map((row) => ({
              context: contextOf(row),
              sealed: row.vector_sealed,
              from: row.transform,
              anew: contextOf({ ...row, transform: generation }),
            })),
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
        end: close,
      };
    },
  };
}
