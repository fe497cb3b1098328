import type { OrganizationId } from '../../lib/id.ts';
import { time } from '../../lib/time.ts';
import type { Sealer } from '../../storage/sealing/sealed.ts';
import type { Db } from '../../storage/transaction.ts';
import type { PersonalData, SealedValue, Searched } from '../personal-data/index.ts';
import {
  exportDistinct,
  exportEnrollments,
  exportPerson,
  exportProvisional,
} from './exported-person-store.ts';
import { forgetFormer, formerTimesOf } from './former-address-store.ts';
import { selectProvisional } from './provisional-store.ts';
import { birthDatePlace, emailPlace, namePlace } from './read-subjects-store.ts';
import { markPlace, provisionalPlace, vectorPlace } from './template-store.ts';
import { toBytes, toVector } from './vector-bytes.ts';

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
      if (row?.email_sealed) values.push({ place: emailPlace(person, subject), sealed: row.email_sealed });
      if (row?.name_sealed) values.push({ place: namePlace(person, subject), sealed: row.name_sealed });
      if (row?.birth_date_sealed)
        values.push({ place: birthDatePlace(person, subject), sealed: row.birth_date_sealed });
      for (const template of provisional) {
        const searched = vectorUnder(organization, template.transform);
        values.push({ place: provisionalPlace(template), sealed: template.vector_sealed, searched });
      }
      for (const template of templates) {
        const searched = vectorUnder(organization, template.transform);
        values.push({ place: vectorPlace(template), sealed: template.vector_sealed, searched });
        if (template.mark_sealed)
          values.push({ place: markPlace(template), sealed: template.mark_sealed, searched: mark });
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
  };
}
