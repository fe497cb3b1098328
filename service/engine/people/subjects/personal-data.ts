import type { OrganizationId, SubjectId } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import type { Sealer } from '../../../storage/sealing/sealed.ts';
import { toBytes, toVector } from '../../../storage/sealing/template-transform.ts';
import type { Db } from '../../../storage/transaction.ts';
import {
  type ExportOptions,
  type Moment,
  type MomentsOf,
  type Person,
  type PersonalData,
  readPages,
  type SealedValue,
  type Searched,
  textOf,
  vectorText,
} from '../../audit/index.ts';
import { endsOf } from '../retention/due.ts';
import { forgetFormer, formerTimesOf } from './former-address-store.ts';
import { findKept, selectDistinct } from './kept-people-store.ts';
import {
  markContext,
  provisionalContext,
  type TemplateRow,
  vectorContext,
} from './loaded-templates-store.ts';
import { selectProvisional } from './provisional-store.ts';
import { birthDateContext, emailContext, nameContext } from './read-subjects-store.ts';

export interface SubjectDataDeps {
  db: Db;
  sealer: Pick<Sealer, 'transformOf' | 'transforms'>;
}

const mark: Searched = { kind: 'picture mark', forms: (plain) => [plain] };

/** The person's own row, the templates of enrolled pictures, and those of a visit that are provisional. */
export function createSubjectData({ db, sealer }: SubjectDataDeps): PersonalData {
  /** As it is stored, and as it is compared: restored, which is what the model gave but for rounding. */
  const vectorUnder = (organization: OrganizationId, generation: number): Searched => ({
    kind: 'template',
    forms(plain) {
      if (generation === 0) return [plain];
      if (!sealer.transforms.generations(organization).includes(generation)) return [plain];
      return [plain, toBytes(sealer.transformOf(organization, generation).restore(toVector(plain)))];
    },
  });

  return {
    tables: {
      subject: {
        columns: ['id', 'email_hash', 'email_sealed', 'name_sealed', 'birth_date_sealed'],
        record: { in: 'person' },
      },
      former_address: { columns: ['subject', 'email_hash'], record: { in: 'formerAddresses' } },
      distinct_people: { columns: ['subject', 'other'], record: { in: 'notTheSame' } },
      template: { columns: ['subject', 'vector_sealed', 'mark_sealed'], record: { in: 'enrollments' } },
      provisional_template: { columns: ['subject', 'vector_sealed'], record: { in: 'provisionalTemplates' } },
    },
    async forget(tx, subjects) {
      await tx
        .deleteFrom('distinct_people')
        .where((eb) => eb.or([eb('subject', 'in', subjects), eb('other', 'in', subjects)]))
        .execute();
      await tx.deleteFrom('template').where('subject', 'in', subjects).execute();
      await tx.deleteFrom('provisional_template').where('subject', 'in', subjects).execute();
      await forgetFormer(tx, subjects);
      await tx.deleteFrom('subject').where('id', 'in', subjects).execute();
    },
    async sealedValues(person) {
      const { organization, subject } = person;
      const row = await db
        .selectFrom('subject')
        .select(['email_sealed', 'name_sealed', 'birth_date_sealed'])
        .where('id', '=', subject)
        .executeTakeFirst();
      const templates = await db
        .selectFrom('template')
        .select(['id', 'organization', 'world', 'subject', 'transform', 'vector_sealed', 'mark_sealed'])
        .where('subject', '=', subject)
        .execute();
      const provisional = await selectProvisional(db, subject);
      const values: SealedValue[] = [];
      if (row?.email_sealed)
        values.push({ context: emailContext(person, subject), sealed: row.email_sealed });
      if (row?.name_sealed) values.push({ context: nameContext(person, subject), sealed: row.name_sealed });
      if (row?.birth_date_sealed)
        values.push({ context: birthDateContext(person, subject), sealed: row.birth_date_sealed });
      for (const template of provisional) {
        const searched = vectorUnder(organization, template.transform);
        values.push({ context: provisionalContext(template), sealed: template.vector_sealed, searched });
      }
      for (const template of templates) {
        const searched = vectorUnder(organization, template.transform);
        values.push({ context: vectorContext(template), sealed: template.vector_sealed, searched });
        if (template.mark_sealed)
          values.push({ context: markContext(template), sealed: template.mark_sealed, searched: mark });
      }
      return values;
    },
    exportOf: async (person, order) => ({
      person: order.enrolled ? await exportPerson(db, person, order) : undefined,
      enrollments: order.enrolled ? await exportEnrollments({ db, sealer }, person, order) : undefined,
      provisionalTemplates: order.enrolled
        ? await exportProvisional({ db, sealer }, person, order)
        : undefined,
      formerAddresses: (await formerTimesOf(db, person.subject)).map((freedAt) => ({
        freedAt: time(freedAt),
      })),
      notTheSame: order.enrolled ? await exportDistinct(db, person) : undefined,
    }),
    momentsOf: async (whose) => (whose.subject === undefined ? [] : lifeOf(db, whose, whose.subject)),
  };
}

/** Enrolled pictures, and when the person is due to be erased. */
async function lifeOf(db: Db, { most, terms, ...realm }: MomentsOf, subject: SubjectId): Promise<Moment[]> {
  const person = await findKept(db, realm, subject);
  if (!person) return [];
  const pictures = await db
    .selectFrom('template')
    .select((eb) => ['enrollment', eb.fn.min('created_at').as('at')])
    .where('subject', '=', subject)
    .groupBy('enrollment')
    .orderBy('at', 'desc')
    .limit(most)
    .execute();
  const { at, reason } = endsOf(person, terms).toSorted((a, b) => a.at - b.at)[0]!;
  return [
    ...pictures.map((row) => ({ at: Number(row.at), kind: 'enrolled' as const })),
    ...(person.disabledAt === undefined ? [] : [{ at: person.disabledAt, kind: 'disabled' as const }]),
    { at, kind: 'deletion', says: person.held ? 'held' : reason },
  ];
}

async function exportPerson(db: Db, person: Person, { open }: ExportOptions) {
  const { organization, world, subject } = person;
  const row = await db
    .selectFrom('subject')
    .selectAll()
    .where('id', '=', subject)
    .where('organization', '=', organization)
    .where('world', '=', world)
    .executeTakeFirst();
  if (!row) return undefined;
  const [email, name, birthDate] = await open([
    { context: emailContext(person, subject), sealed: row.email_sealed },
    { context: nameContext(person, subject), sealed: row.name_sealed },
    { context: birthDateContext(person, subject), sealed: row.birth_date_sealed },
  ]);
  return {
    userId: row.id,
    email: textOf(email),
    name: textOf(name),
    birthDate: textOf(birthDate),
    createdAt: time(row.created_at),
    updatedAt: time(row.updated_at),
    lastVerifiedAt: time(row.last_used_at),
    disabledAt: time(row.disabled_at),
  };
}

/** That this is another person than some who look alike; who they are is theirs. */
const exportDistinct = async (db: Db, { subject }: Person) =>
  (await selectDistinct(db, subject)).map(({ markedAt, markedBy }) => ({
    person: '(another person)',
    markedAt: time(markedAt),
    markedBy,
  }));

const templatePages = (db: Db, subject: string) =>
  readPages((after, limit) =>
    db
      .selectFrom('template')
      .selectAll()
      .where('subject', '=', subject)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute(),
  );

/** Enrolled pictures: each with the templates that the models made of it. */
async function exportEnrollments(
  { db, sealer }: { db: Db; sealer: Pick<Sealer, 'transformOf' | 'transforms'> },
  { organization, subject }: Person,
  { withTemplates, open }: ExportOptions,
) {
  const templates: { row: TemplateRow; vector: string | undefined; mark: string | undefined }[] = [];
  for await (const page of templatePages(db, subject)) {
    const vectors = await open(
      page.map((row) => ({ context: vectorContext(row), sealed: withTemplates ? row.vector_sealed : null })),
    );
    const marks = await open(page.map((row) => ({ context: markContext(row), sealed: row.mark_sealed })));
    for (const [i, row] of page.entries()) {
      const vector = vectors[i] && restoredText(sealer, organization, vectors[i], row.transform);
      templates.push({ row, vector, mark: textOf(marks[i]) });
    }
  }
  return [...Map.groupBy(templates, ({ row }) => row.enrollment)].map(([id, of]) => ({
    id,
    enrolledAt: time(of[0]!.row.created_at),
    quality: of[0]!.row.quality,
    pictureSha256: of[0]!.mark,
    templates: of.map(({ row, vector }) => ({
      id: row.id,
      model: row.embedder,
      modelSha256: row.embedder_sha256,
      vector,
    })),
  }));
}

/** Templates of a verified visit, kept until the next one agrees. */
async function exportProvisional(
  { db, sealer }: { db: Db; sealer: Pick<Sealer, 'transformOf' | 'transforms'> },
  { organization, subject }: Person,
  { withTemplates, open }: ExportOptions,
) {
  const rows = await selectProvisional(db, subject);
  const vectors = await open(
    rows.map((row) => ({
      context: provisionalContext(row),
      sealed: withTemplates ? row.vector_sealed : null,
    })),
  );
  return rows.map((row, i) => ({
    id: row.id,
    keptAt: time(row.created_at),
    quality: row.quality,
    model: row.embedder,
    modelSha256: row.embedder_sha256,
    vector: vectors[i] && restoredText(sealer, organization, vectors[i], row.transform),
  }));
}

/** The vector as the model returned it; undefined if the secret of its transform was destroyed. */
function restoredText(
  sealer: Pick<Sealer, 'transformOf' | 'transforms'>,
  organization: OrganizationId,
  plain: Uint8Array,
  generation: number,
): string | undefined {
  if (generation !== 0 && !sealer.transforms.generations(organization).includes(generation)) return undefined;
  return vectorText(sealer.transformOf(organization, generation).restore(toVector(plain)));
}
