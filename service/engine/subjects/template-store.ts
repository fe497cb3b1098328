import type { Insertable, Selectable } from 'kysely';
import type { OrganizationId, SubjectId, TemplateId, World } from '../../lib/id.ts';
import { unfinishedStates } from '../../storage/erasure-conditions.ts';
import type { Schema } from '../../storage/schema.ts';
import type { SealedPlace, Sealer } from '../../storage/sealing/sealed.ts';
import { type TemplateTransform, untransformed } from '../../storage/sealing/template-transform.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from './realm.ts';
import { toBytes, toVector } from './vector-bytes.ts';

export type TemplateRow = Selectable<Schema['template']>;

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

type SealedRow = Pick<
  TemplateRow,
  'id' | 'organization' | 'world' | 'subject' | 'vector_sealed' | 'transform'
>;
export type DamagedRow = Pick<TemplateRow, 'id' | 'subject'>;
export interface LoadedTemplate {
  row: Pick<TemplateRow, 'id' | 'organization' | 'world' | 'subject' | 'quality' | 'created_at' | 'anchor'>;
  /** Under the transform that was asked for. */
  vector: Float32Array;
}

const VERSION = 1;
/** Rows that are opened in one go at start, and pages under way while the next is read. */
const LARGE_PAGE = 1_000;
const PAGES_AHEAD = 3;

interface TemplatePlace {
  id: string;
  organization: string;
  world: string;
  subject: string;
}

/** The transform is part of the place: a row that claims another one does not open. */
export const vectorPlace = (row: TemplatePlace & { transform: number }): SealedPlace => ({
  organization: row.organization as OrganizationId,
  world: row.world as World,
  subject: row.subject as SubjectId,
  field: `template.vector/${row.id}${row.transform === 0 ? '' : `@${row.transform}`}`,
  version: VERSION,
});

export const markPlace = (row: TemplatePlace): SealedPlace => ({
  ...vectorPlace({ ...row, transform: 0 }),
  field: `template.mark/${row.id}`,
});

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The table `template`, and everything in it that is sealed. */
export function createTemplateStore({ db, sealer }: { db: Db; sealer: Sealer }) {
  /**
   * The rows whose vectors open, under the transform that `as` names for their organization; those of erased people are left
   * out, and so are damaged ones, which are told.
   */
  async function openVectors<Row extends SealedRow>(
    rows: readonly Row[],
    as: (organization: OrganizationId) => Pick<TemplateTransform, 'generation' | 'rotate'>,
    damaged: (row: DamagedRow) => void,
    opener: Pick<Sealer, 'openMany'> = sealer,
  ) {
    const values = rows.map((row) => ({ place: vectorPlace(row), sealed: row.vector_sealed }));
    const opened = await opener.openMany(values);
    const found: { row: Row; vector: Float32Array }[] = [];
    for (const [i, value] of opened.entries()) {
      const row = rows[i]!;
      if (value.is === 'erased') continue;
      const organization = row.organization as OrganizationId;
      const vector =
        value.is === 'open'
          ? convert(organization, toVector(value.plain), row.transform, as(organization))
          : undefined;
      if (vector) found.push({ row, vector });
      else damaged(row);
    }
    return found;
  }

  /** Templates that do not name their world yet; of one that is renewed meanwhile the renewed value stays. */
  async function sealAnew(rows: readonly SealedRow[]): Promise<void> {
    const older = rows.filter(({ vector_sealed }) => vector_sealed[0] === 1);
    if (older.length === 0) return;
    const values = older.map((row) => ({ place: vectorPlace(row), sealed: row.vector_sealed }));
    for (const [i, value] of (await sealer.openMany(values)).entries()) {
      if (value.is !== 'open' || !value.older) continue;
      const { place, sealed } = values[i]!;
      await db
        .updateTable('template')
        .set({ vector_sealed: await sealer.seal(place, value.plain) })
        .where('id', '=', older[i]!.id)
        .where('vector_sealed', '=', sealed)
        .execute();
    }
  }

  /** Undefined when the secret of its transform is gone: the row is older than a renewal that was completed. */
  function convert(
    organization: OrganizationId,
    vector: Float32Array,
    from: number,
    to: Pick<TemplateTransform, 'generation' | 'rotate'>,
  ): Float32Array | undefined {
    if (from === to.generation) return vector;
    if (from !== 0 && !sealer.transforms.generations(organization).includes(from)) return undefined;
    return to.rotate(sealer.transformOf(organization, from).restore(vector));
  }

  return {
    /** The transform to store templates under; not dropped by a renewal before this is disposed of. */
    borrowTransform: (organization: OrganizationId) => sealer.transforms.borrow(organization),
    transformOf: (organization: OrganizationId) => sealer.transformOf(organization),
    /** `vector` as the model gave it; gives the columns of the row. */
    async sealVector(
      row: { id: TemplateId; organization: OrganizationId; world: World; subject: SubjectId },
      vector: Float32Array,
      { generation, rotate }: Pick<TemplateTransform, 'generation' | 'rotate'>,
    ) {
      const place = vectorPlace({ ...row, transform: generation });
      return { vector_sealed: await sealer.seal(place, toBytes(rotate(vector))), transform: generation };
    },
    sealMark: (
      row: { id: TemplateId; organization: OrganizationId; world: World; subject: SubjectId },
      mark: string,
    ) => sealer.seal(markPlace(row), encoder.encode(mark)),
    /** The enrollment of this person that was made with the mark. */
    async enrollmentMarked(subject: SubjectId, mark: string): Promise<string | undefined> {
      const rows = await db
        .selectFrom('template')
        .select(['id', 'organization', 'world', 'subject', 'enrollment', 'mark_sealed'])
        .where('subject', '=', subject)
        .where('mark_sealed', 'is not', null)
        .execute();
      const opened = await sealer.openMany(
        rows.map((row) => ({ place: markPlace(row), sealed: row.mark_sealed! })),
      );
      const index = opened.findIndex((value) => value.is === 'open' && decoder.decode(value.plain) === mark);
      return rows[index]?.enrollment;
    },
    pictureHash: (organization: OrganizationId, pixelHash: string) =>
      sealer.emailHash(organization, `picture/${pixelHash}`),
    /** Whose enrolled picture has one of these hashes. */
    async ownerOfPicture(
      { organization, world }: Realm,
      hashes: readonly string[],
    ): Promise<SubjectId | undefined> {
      const row = await db
        .selectFrom('template')
        .select('subject')
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('picture_hash', 'in', [...hashes])
        .limit(1)
        .executeTakeFirst();
      return row?.subject as SubjectId | undefined;
    },
    async insertTemplates(tx: Tx, rows: readonly Insertable<Schema['template']>[]): Promise<void> {
      await tx
        .insertInto('template')
        .values([...rows])
        .execute();
    },
    /** Without their vectors. */
    async templateRows(tx: Db, subject: SubjectId) {
      return tx
        .selectFrom('template')
        .select(['id', 'enrollment', 'embedder', 'embedder_sha256', 'quality', 'created_at', 'anchor'])
        .where('subject', '=', subject)
        .orderBy('enrollment')
        .execute();
    },
    async setAnchor(tx: Tx, subject: SubjectId, enrollment: string, anchor: boolean): Promise<void> {
      await tx
        .updateTable('template')
        .set({ anchor: anchor ? 1 : 0 })
        .where('subject', '=', subject)
        .where('enrollment', '=', enrollment)
        .execute();
    },
    async deleteTemplates(tx: Tx, ids: readonly string[]): Promise<void> {
      if (ids.length > 0)
        await tx
          .deleteFrom('template')
          .where('id', 'in', [...ids])
          .execute();
    },
    /** People with templates, over all organizations and worlds. */
    async countEnrolled(): Promise<number> {
      const { n } = await db
        .selectFrom('template')
        .select((eb) => eb.fn.count<number>('subject').distinct().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    },

    /** Templates of these people made by the given model files (embedder id to SHA-256), oldest first. */
    async templatesOf(
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
      await sealAnew(comparable);
      return (await openVectors(comparable, () => untransformed, damaged)).map(({ row, vector }) => ({
        id: row.id as TemplateId,
        subject: row.subject as SubjectId,
        enrollment: row.enrollment,
        embedder: row.embedder,
        quality: row.quality,
        createdAt: row.created_at,
        anchor: row.anchor === 1,
        vector,
      }));
    },
    /**
     * Every template that one model file made, those of a person one after another, under the transform that `as` names, in pages: at
     * 100,000 people the start waits for this.
     */
    async *everyTemplate(
      embedder: string,
      sha256: string,
      as: (organization: OrganizationId) => Pick<TemplateTransform, 'generation' | 'rotate'>,
      damaged: (row: DamagedRow) => void,
    ): AsyncGenerator<LoadedTemplate[]> {
      const unfinished = await db
        .selectFrom('erasure')
        .select('subject')
        .where('state', 'in', unfinishedStates)
        .execute();
      const erasing = new Set(unfinished.map(({ subject }) => subject));
      const readPage = (after: { subject: string; id: string }) =>
        db
          .selectFrom('template')
          .select([
            'id',
            'organization',
            'world',
            'subject',
            'quality',
            'created_at',
            'anchor',
            'vector_sealed',
            'transform',
          ])
          .where('embedder', '=', embedder)
          .where('embedder_sha256', '=', sha256)
          // The first condition alone lets the index over `subject` be used.
          .where('subject', '>=', after.subject)
          .where((eb) => eb.or([eb('subject', '>', after.subject), eb('id', '>', after.id)]))
          .orderBy('subject')
          .orderBy('id')
          .limit(LARGE_PAGE)
          .execute();
      let rows = await readPage({ subject: '', id: '' });
      const threads = rows.length === LARGE_PAGE ? sealer.openInThreads() : undefined;
      const ahead: Promise<LoadedTemplate[]>[] = [];
      try {
        while (rows.length > 0) {
          const living = rows.filter(({ subject }) => !erasing.has(subject));
          const page = openVectors(living, as, damaged, threads);
          // Its failure is thrown where its turn comes.
          page.catch(() => {});
          ahead.push(page);
          if (ahead.length > PAGES_AHEAD) yield ahead.shift()!;
          rows = rows.length < LARGE_PAGE ? [] : await readPage(rows.at(-1)!);
        }
        while (ahead.length > 0) yield ahead.shift()!;
      } finally {
        await threads?.close();
      }
    },
  };
}
