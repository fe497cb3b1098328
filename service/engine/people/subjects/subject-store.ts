import type { Insertable, Selectable, Updateable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { OrganizationId, SubjectId, TemplateId, World } from '../../../lib/id.ts';
import { notBeingErased } from '../../../storage/legal-holds.ts';
import { changesRow, findsRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Sealer } from '../../../storage/sealing/sealed.ts';
import { type TemplateTransform, toBytes } from '../../../storage/sealing/template-transform.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { createLoadedTemplates, markContext, vectorContext } from './loaded-templates-store.ts';
import { createProvisionalTemplates } from './provisional-store.ts';
import {
  addressHashes,
  birthDateContext,
  createReadSubjects,
  emailContext,
  nameContext,
  type SubjectStoreDeps,
} from './read-subjects-store.ts';
import type { Realm } from './subject.ts';
import { createTemplateCounts, createUpgradeProgress } from './template-counts-store.ts';

export type { SubjectStoreDeps } from './read-subjects-store.ts';
export type SubjectStore = ReturnType<typeof createSubjectStore>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The tables `subject` and `template`, and everything in them that is sealed. */
export function createSubjectStore(deps: SubjectStoreDeps) {
  const { db, sealer } = deps;

  async function known(subjects: readonly SubjectId[]): Promise<Set<string>> {
    const rows = await db
      .selectFrom('subject')
      .select('id')
      .where('id', 'in', [...subjects])
      .execute();
    return new Set(rows.map(({ id }) => id));
  }

  return {
    ...createReadSubjects(deps),
    ...createSubjectRows(db),
    ...createTemplateRows(db),
    ...createTemplateCounts(db),
    ...createSealedTemplates(deps),
    ...createLoadedTemplates(deps),
    ...createProvisionalTemplates(deps),
    ...createUpgradeProgress(deps),
    emailHash: (organization: OrganizationId, email: string) => sealer.emailHash(organization, email),
    /** Under which a person with this address is found; the first is `emailHash`. */
    addressHashes: (realm: Realm, email: string) => addressHashes(sealer, realm, email),
    createKey: (organization: OrganizationId, subject: SubjectId) =>
      sealer.createPerson(organization, subject),
    /** When the organization was erased: it takes no enrollments any more. */
    async erasedAt(organization: OrganizationId, from: Db | Tx = db): Promise<number | undefined> {
      const row = await from
        .selectFrom('organization')
        .select('erased_at')
        .where('id', '=', organization)
        .executeTakeFirst();
      return row?.erased_at ?? undefined;
    },
    destroyKey: (subject: SubjectId) => sealer.destroyPerson(subject),
    sweepKeys: () => sealer.sweepOrphans(known),
    suspiciousKeys: () => sealer.suspiciousOrphans(known),
    keysWithoutPerson: () => sealer.lastSuspicious(),

    /** Needs the person's key. */
    async sealPerson(realm: Realm, subject: SubjectId, email: string | undefined, name: string | undefined) {
      return {
        email_sealed:
          email === undefined ? null : await sealer.seal(emailContext(realm, subject), encoder.encode(email)),
        name_sealed:
          name === undefined
            ? null
            : await sealer.seal(nameContext(realm, subject), encoder.encode(name.normalize('NFC'))),
      };
    },
    /** Needs the person's key. */
    sealBirthDate: (realm: Realm, subject: SubjectId, date: string) =>
      sealer.seal(birthDateContext(realm, subject), encoder.encode(date)),
  };
}

/** The table `subject`, but for reading people (read-subjects-store.ts). */
function createSubjectRows(db: Db) {
  return {
    /** Nothing any more once the erasure has begun. */
    async emailHashOf(subject: SubjectId): Promise<string | undefined> {
      const row = await db
        .selectFrom('subject')
        .select('email_hash')
        .where('id', '=', subject)
        .executeTakeFirst();
      return row?.email_hash ?? undefined;
    },
    sealedOf: (subject: SubjectId): Promise<SealedPerson | undefined> =>
      db
        .selectFrom('subject')
        .select(['name_sealed', 'birth_date_sealed'])
        .where('id', '=', subject)
        .executeTakeFirst(),
    /**
     * False when the e-mail is taken. On PostgreSQL an insert that meets one it cannot see yet is a conflict, which runs the
     * transaction again; without the clause it would be an error of its own.
     */
    insertSubject: (tx: Tx, row: Insertable<Schema['subject']>): Promise<boolean> =>
      tx
        .insertInto('subject')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organization', 'world', 'email_hash']).doNothing())
        .$call(changesRow),
    /** False when the e-mail is not this person's any more: the erasure has begun. */
    touchSubject: (
      tx: Tx,
      subject: SubjectId,
      emailHash: string,
      at: number,
      name: Uint8Array | null,
    ): Promise<boolean> =>
      tx
        .updateTable('subject')
        .set(name === null ? { updated_at: at } : { updated_at: at, name_sealed: name })
        .where('id', '=', subject)
        .where('email_hash', '=', emailHash)
        .$call(changesRow),
    /** When keys enrolled pictures of the person lately, ms since 1970. */
    async keyEnrollments(tx: Tx, subject: SubjectId): Promise<number[]> {
      const row = await tx
        .selectFrom('subject')
        .select('key_enrollments')
        .where('id', '=', subject)
        .executeTakeFirst();
      return (row && parseJson<number[]>(row.key_enrollments)) ?? [];
    },
    async setKeyEnrollments(tx: Tx, subject: SubjectId, times: readonly number[]): Promise<void> {
      await tx
        .updateTable('subject')
        .set({ key_enrollments: JSON.stringify(times) })
        .where('id', '=', subject)
        .execute();
    },
    isThere: (tx: Tx, subject: SubjectId): Promise<boolean> =>
      tx.selectFrom('subject').select('id').where('id', '=', subject).where(notBeingErased).$call(findsRow),
    /** Notes the newest verified use, and whether the person is there; an older use changes nothing. */
    touchUse: (tx: Tx, subject: SubjectId, at: number): Promise<boolean> =>
      tx
        .updateTable('subject')
        .set(({ eb }) => ({
          last_used_at: eb.case().when('last_used_at', '>', at).then(eb.ref('last_used_at')).else(at).end(),
        }))
        .where('id', '=', subject)
        .where(notBeingErased)
        .$call(changesRow),
  };
}

/** The table `template`. */
function createTemplateRows(db: Db) {
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
  };
}

/** What is sealed in the table `template`, but for reading vectors (loaded-templates-store.ts). */
function createSealedTemplates({ db, sealer }: { db: Db; sealer: Sealer }) {
  return {
    /** The transform to store templates under; not dropped by a renewal before this is disposed of. */
    borrowTransform: (organization: OrganizationId) => sealer.transforms.borrow(organization),
    transformOf: (organization: OrganizationId) => sealer.transformOf(organization),
    /** `vector` as the model gave it; gives the columns of the row. */
    async sealVector(
      row: { id: TemplateId; organization: OrganizationId; world: World; subject: SubjectId },
      vector: Float32Array,
      { generation, rotate }: Pick<TemplateTransform, 'generation' | 'rotate'>,
      contextOf = vectorContext,
    ) {
      const context = contextOf({ ...row, transform: generation });
      return { vector_sealed: await sealer.seal(context, toBytes(rotate(vector))), transform: generation };
    },
    sealMark: (
      row: { id: TemplateId; organization: OrganizationId; world: World; subject: SubjectId },
      mark: string,
    ) => sealer.seal(markContext(row), encoder.encode(mark)),
    /** The enrollment of this person that was made with the mark. */
    async enrollmentMarked(subject: SubjectId, mark: string): Promise<string | undefined> {
      const rows = await db
        .selectFrom('template')
        .select(['id', 'organization', 'world', 'subject', 'enrollment', 'mark_sealed'])
        .where('subject', '=', subject)
        .where('mark_sealed', 'is not', null)
        .execute();
      const opened = await sealer.openMany(
        rows.map((row) => ({ context: markContext(row), sealed: row.mark_sealed! })),
      );
      const index = opened.findIndex((value) => value.is === 'open' && decoder.decode(value.plain) === mark);
      return rows[index]?.enrollment;
    },
    pictureHash: (organization: OrganizationId, pixelHash: string) =>
      sealer.emailHash(organization, `picture/${pixelHash}`),
  };
}

/** Whether a person of the realm, another than `subject`, has the address with one of these hashes. */
export const hasOwner = (
  tx: Db | Tx,
  { organization, world }: Realm,
  { subject, hashes }: { subject: SubjectId; hashes: readonly string[] },
): Promise<boolean> =>
  tx
    .selectFrom('subject')
    .select('id')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('email_hash', 'in', hashes)
    .where('id', '!=', subject)
    .$call(findsRow);

/** Of a person, what a change replaces. */
export type SealedPerson = Pick<Selectable<Schema['subject']>, 'name_sealed' | 'birth_date_sealed'>;

/** False when the person is not as in `before` any more, or their erasure has begun. */
export const updatePerson = (
  tx: Tx,
  subject: SubjectId,
  before: SealedPerson & { email_hash: string },
  values: Pick<
    Updateable<Schema['subject']>,
    'email_hash' | 'email_sealed' | 'name_sealed' | 'birth_date_sealed'
  >,
): Promise<boolean> =>
  tx
    .updateTable('subject')
    .set(values)
    .where('id', '=', subject)
    .where('email_hash', '=', before.email_hash)
    .where('name_sealed', before.name_sealed === null ? 'is' : '=', before.name_sealed)
    .where('birth_date_sealed', before.birth_date_sealed === null ? 'is' : '=', before.birth_date_sealed)
    .where(notBeingErased)
    .$call(changesRow);

/** All disabled people, over all organizations and worlds. */
export async function selectDisabled(db: Db): Promise<SubjectId[]> {
  const rows = await db.selectFrom('subject').select('id').where('disabled_at', 'is not', null).execute();
  return rows.map(({ id }) => id as SubjectId);
}

/** False where the erasure of the person has begun. */
export const updateDisabled = (tx: Tx, subject: SubjectId, at: number | null): Promise<boolean> =>
  tx
    .updateTable('subject')
    .set({ disabled_at: at })
    .where('id', '=', subject)
    .where(notBeingErased)
    .$call(changesRow);
