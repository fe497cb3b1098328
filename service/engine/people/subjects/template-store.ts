import type { Insertable, Selectable } from 'kysely';
import type { OrganizationId, SubjectId, TemplateId, World } from '../../../lib/id.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { SealedPlace, Sealer } from '../../../storage/sealing/sealed.ts';
import type { TemplateTransform } from '../../../storage/sealing/template-transform.ts';
import { type Slice, slices } from '../../../storage/slices/slices.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Realm } from './subject.ts';

export type TemplateRow = Selectable<Schema['template']>;

const VERSION = 1;

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

/** Of a row of `provisional_template`: moved into `template` it does not open. */
export const provisionalPlace = (row: TemplatePlace & { transform: number }): SealedPlace => ({
  ...vectorPlace(row),
  field: vectorPlace(row).field.replace('template', 'provisional'),
});

export const markPlace = (row: TemplatePlace): SealedPlace => ({
  ...vectorPlace({ ...row, transform: 0 }),
  field: `template.mark/${row.id}`,
});

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What is sealed in the table `template`, but for reading vectors (loaded-templates-store.ts). */
export function createSealedTemplates({ db, sealer }: { db: Db; sealer: Sealer }) {
  return {
    /** The transform to store templates under; not dropped by a renewal before this is disposed of. */
    borrowTransform: (organization: OrganizationId) => sealer.transforms.borrow(organization),
    transformOf: (organization: OrganizationId) => sealer.transformOf(organization),
    /** `vector` as the model gave it; gives the columns of the row. */
    async sealVector(
      row: { id: TemplateId; organization: OrganizationId; world: World; subject: SubjectId },
      vector: Float32Array,
      { generation, rotate }: Pick<TemplateTransform, 'generation' | 'rotate'>,
      placeOf = vectorPlace,
    ) {
      const place = placeOf({ ...row, transform: generation });
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
  };
}

/** The table `template`. */
export function createTemplateRows(db: Db) {
  return {
    /** The person with an enrolled picture of one of these hashes. */
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
        .select(['id', 'enrollment', 'embedder', 'embedder_sha256', 'picture_hash', 'quality'])
        .select(['created_at', 'anchor'])
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
    countComparable: (...sets: readonly Readonly<Record<string, string>>[]) => countComparable(db, sets),
    /** People with templates, over all organizations and worlds. */
    countEnrolled: () =>
      countInSlices(db, (slice) =>
        templatesIn(db, slice).select((eb) => eb.fn.count<number>('subject').distinct().as('n')),
      ),
  };
}

/** Over all organizations and worlds: people with a template of each model file (embedder id to SHA-256) of one of these sets. */
async function countComparable(db: Db, sets: readonly Readonly<Record<string, string>>[]): Promise<number> {
  const [first, ...others] = sets.filter((files) => Object.keys(files).length > 0);
  if (first === undefined) return 0;
  return countInSlices(db, (slice) =>
    db
      .selectFrom(
        others
          .reduce((all, files) => all.union(withAll(db, slice, files)), withAll(db, slice, first))
          .as('comparable'),
      )
      .select((eb) => eb.fn.countAll<number>().as('n')),
  );
}

/** Templates whose people are counted in one go. */
const SLICE = 5_000;

async function countInSlices(
  db: Db,
  count: (slice: Slice) => { executeTakeFirstOrThrow(): Promise<{ n: number }> },
): Promise<number> {
  let counted = 0;
  const endAfter = async (after: string) =>
    (
      await db
        .selectFrom('template')
        .select('subject')
        .where('subject', '>', after)
        .orderBy('subject')
        .limit(1)
        .offset(SLICE)
        .executeTakeFirst()
    )?.subject;
  for await (const slice of slices(endAfter))
    counted += Number((await count(slice).executeTakeFirstOrThrow()).n);
  return counted;
}

const templatesIn = (db: Db, { after, through }: Slice) =>
  db
    .selectFrom('template')
    .where('subject', '>', after)
    .$if(through !== undefined, (all) => all.where('subject', '<=', through!));

function withAll(db: Db, slice: Slice, files: Readonly<Record<string, string>>) {
  const wanted = Object.entries(files);
  return templatesIn(db, slice)
    .select('subject')
    .where(({ eb, and, or }) =>
      or(
        wanted.map(([embedder, sha256]) =>
          and([eb('embedder', '=', embedder), eb('embedder_sha256', '=', sha256)]),
        ),
      ),
    )
    .groupBy('subject')
    .having((eb) => eb.fn.count('embedder').distinct(), '=', wanted.length);
}

/** A vector as it is sealed: 32-bit floats, little-endian (every machine that runs this is). */
export function toBytes(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** Shares the bytes where they are aligned, else copies them. */
export function toVector(bytes: Uint8Array): Float32Array {
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const vector = new Float32Array(bytes.length / 4);
  new Uint8Array(vector.buffer).set(bytes);
  return vector;
}
