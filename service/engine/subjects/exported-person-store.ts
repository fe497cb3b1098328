import type { OrganizationId } from '../../lib/id.ts';
import { time } from '../../lib/time.ts';
import type { Sealer } from '../../storage/sealing/sealed.ts';
import type { Db } from '../../storage/transaction.ts';
import { type ExportOrder, type Person, readPages, textOf, vectorText } from '../personal-data/index.ts';
import { selectDistinct } from './distinct-people-store.ts';
import { selectProvisional } from './provisional-store.ts';
import { birthDatePlace, emailPlace, namePlace } from './read-subjects-store.ts';
import { markPlace, provisionalPlace, type TemplateRow, vectorPlace } from './template-store.ts';
import { toVector } from './vector-bytes.ts';

export async function exportPerson(db: Db, person: Person, { open }: ExportOrder) {
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
    { place: emailPlace(person, subject), sealed: row.email_sealed },
    { place: namePlace(person, subject), sealed: row.name_sealed },
    { place: birthDatePlace(person, subject), sealed: row.birth_date_sealed },
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
export const exportDistinct = async (db: Db, { subject }: Person) =>
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
export async function exportEnrollments(
  { db, sealer }: { db: Db; sealer: Pick<Sealer, 'transformOf' | 'transforms'> },
  { organization, subject }: Person,
  { withTemplates, open }: ExportOrder,
) {
  const templates: { row: TemplateRow; vector: string | undefined; mark: string | undefined }[] = [];
  for await (const page of templatePages(db, subject)) {
    const vectors = await open(
      page.map((row) => ({ place: vectorPlace(row), sealed: withTemplates ? row.vector_sealed : null })),
    );
    const marks = await open(page.map((row) => ({ place: markPlace(row), sealed: row.mark_sealed })));
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
export async function exportProvisional(
  { db, sealer }: { db: Db; sealer: Pick<Sealer, 'transformOf' | 'transforms'> },
  { organization, subject }: Person,
  { withTemplates, open }: ExportOrder,
) {
  const rows = await selectProvisional(db, subject);
  const vectors = await open(
    rows.map((row) => ({ place: provisionalPlace(row), sealed: withTemplates ? row.vector_sealed : null })),
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
