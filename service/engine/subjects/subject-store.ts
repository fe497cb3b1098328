import type { Insertable, Selectable } from 'kysely';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { notBeingErased } from '../../storage/erasure-conditions.ts';
import type { Schema } from '../../storage/schema.ts';
import type { SealedPlace, Sealer, Unsealed } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import { countPeople } from './kept-people-store.ts';
import type { Realm } from './realm.ts';
import type { Subject } from './subject.ts';
import { createTemplateStore } from './template-store.ts';

type SubjectRow = Selectable<Schema['subject']>;

const VERSION = 1;

export const emailPlace = ({ organization, world }: Realm, subject: SubjectId): SealedPlace => ({
  organization,
  world,
  subject,
  field: 'subject.email',
  version: VERSION,
});

export const namePlace = ({ organization, world }: Realm, subject: SubjectId): SealedPlace => ({
  organization,
  world,
  subject,
  field: 'subject.name',
  version: VERSION,
});

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface SubjectStoreDeps {
  db: Db;
  sealer: Sealer;
}

export type SubjectStore = ReturnType<typeof createSubjectStore>;

/** The table `subject` and everything in it that is sealed, and with it all of the table `template` (template-store.ts). */
export function createSubjectStore({ db, sealer }: SubjectStoreDeps) {
  async function toSubjects(rows: readonly (SubjectRow & { enrollments: number })[]): Promise<Subject[]> {
    const values = rows.flatMap((row) => {
      const realm = { organization: row.organization as OrganizationId, world: row.world as World };
      const subject = row.id as SubjectId;
      return [
        { place: emailPlace(realm, subject), sealed: row.email_sealed },
        { place: namePlace(realm, subject), sealed: row.name_sealed },
      ];
    });
    const present = values.flatMap(({ place, sealed }) => (sealed ? [{ place, sealed }] : []));
    const opened = await sealer.openMany(present);
    await sealAnew(present, opened);
    const texts = new Map(
      opened.map((value, i) => {
        const { subject, field } = present[i]!.place;
        if (value.is === 'damaged')
          throw new Error(`The sealed ${field} of ${subject} was changed or belongs elsewhere.`);
        return [`${subject}/${field}`, value.is === 'open' ? decoder.decode(value.plain) : undefined];
      }),
    );
    return rows.map((row) => {
      const email = texts.get(`${row.id}/subject.email`);
      const name = texts.get(`${row.id}/subject.name`);
      return {
        id: row.id as SubjectId,
        organization: row.organization as OrganizationId,
        world: row.world as World,
        ...defined({ email, name }),
        createdAt: row.created_at,
        updatedAt: row.updated_at,
        enrollments: Number(row.enrollments),
      };
    });
  }

  /** The hash is an index that a writer of the database may change; the sealed address is what the person was enrolled under. */
  function requireAddress({ id, organization, email }: Subject, emailHash: string): void {
    if (email !== undefined && sealer.emailHash(organization, email) === emailHash) return;
    throw new Error(
      `The row of ${id} was changed: the address that leads to it is not the address that is sealed in it.`,
    );
  }

  /** Addresses and names that do not name their world yet. */
  async function sealAnew(
    values: readonly { place: SealedPlace; sealed: Uint8Array }[],
    opened: readonly Unsealed[],
  ): Promise<void> {
    for (const [i, value] of opened.entries()) {
      if (value.is !== 'open' || !value.older) continue;
      const { place, sealed } = values[i]!;
      const column = place.field === 'subject.email' ? 'email_sealed' : 'name_sealed';
      await db
        .updateTable('subject')
        .set({ [column]: await sealer.seal(place, value.plain) })
        .where('id', '=', place.subject)
        .where(column, '=', sealed)
        .execute();
    }
  }

  const subjects = ({ organization, world }: Realm) =>
    db
      .selectFrom('subject')
      .selectAll('subject')
      .select((eb) =>
        eb
          .selectFrom('template')
          .whereRef('template.subject', '=', 'subject.id')
          .select((inner) => inner.fn.count<number>('enrollment').distinct().as('n'))
          .as('enrollments'),
      )
      .$castTo<SubjectRow & { enrollments: number }>()
      .where('organization', '=', organization)
      .where('world', '=', world)
      .where(notBeingErased);

  async function everybody(): Promise<Set<string>> {
    const rows = await db.selectFrom('subject').select('id').execute();
    return new Set(rows.map(({ id }) => id));
  }

  return {
    ...createTemplateStore({ db, sealer }),
    emailHash: (organization: OrganizationId, email: string) => sealer.emailHash(organization, email),
    createKey: (organization: OrganizationId, subject: SubjectId) =>
      sealer.createPerson(organization, subject),
    /** When the organization was erased: nobody is enrolled there any more. */
    async erasedAt(organization: OrganizationId, from: Db | Tx = db): Promise<number | undefined> {
      const row = await from
        .selectFrom('organization')
        .select('erased_at')
        .where('id', '=', organization)
        .executeTakeFirst();
      return row?.erased_at ?? undefined;
    },
    destroyKey: (subject: SubjectId) => sealer.destroyPerson(subject),
    sweepKeys: async () => sealer.sweepOrphans(await everybody()),
    suspiciousKeys: async () => sealer.suspiciousOrphans(await everybody()),

    async find(realm: Realm, by: { id: string } | { emailHash: string }): Promise<Subject | undefined> {
      const query = subjects(realm);
      const row = await ('id' in by
        ? query.where('id', '=', by.id)
        : query.where('email_hash', '=', by.emailHash)
      ).executeTakeFirst();
      const found = row && (await toSubjects([row]))[0];
      if (found && 'emailHash' in by) requireAddress(found, by.emailHash);
      return found;
    },
    /** By id; `from` is the last of the page before. */
    async list(
      realm: Realm,
      { limit, from, order = 'asc' }: { limit: number; from?: SubjectId; order?: 'asc' | 'desc' },
    ): Promise<Subject[]> {
      const page = subjects(realm).orderBy('id', order).limit(limit);
      const rest = from === undefined ? page : page.where('id', order === 'asc' ? '>' : '<', from);
      return toSubjects(await rest.execute());
    },
    count: (realm: Realm) => countPeople(db, realm),

    /** Nothing any more once the erasure has begun. */
    async emailHashOf(subject: SubjectId): Promise<string | undefined> {
      const row = await db
        .selectFrom('subject')
        .select('email_hash')
        .where('id', '=', subject)
        .executeTakeFirst();
      return row?.email_hash ?? undefined;
    },
    /** Needs the person's key. */
    async sealPerson(realm: Realm, subject: SubjectId, email: string, name: string | undefined) {
      return {
        email_sealed: await sealer.seal(emailPlace(realm, subject), encoder.encode(email)),
        name_sealed:
          name === undefined ? null : await sealer.seal(namePlace(realm, subject), encoder.encode(name)),
      };
    },
    /**
     * False when the e-mail is taken. On PostgreSQL an insert that meets one it cannot see yet is a conflict, which runs the
     * transaction again; without the clause it would be an error of its own.
     */
    async insertSubject(tx: Tx, row: Insertable<Schema['subject']>): Promise<boolean> {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('subject')
        .values(row)
        .onConflict((conflict) => conflict.columns(['organization', 'world', 'email_hash']).doNothing())
        .executeTakeFirst();
      return numInsertedOrUpdatedRows === 1n;
    },
    /** False when the e-mail is not this person's any more: the erasure has begun. */
    async touchSubject(
      tx: Tx,
      subject: SubjectId,
      emailHash: string,
      at: number,
      name: Uint8Array | null,
    ): Promise<boolean> {
      const { numUpdatedRows } = await tx
        .updateTable('subject')
        .set(name === null ? { updated_at: at } : { updated_at: at, name_sealed: name })
        .where('id', '=', subject)
        .where('email_hash', '=', emailHash)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
    /** When keys enrolled pictures of the person lately, ms since 1970. */
    async keyEnrollments(tx: Tx, subject: SubjectId): Promise<number[]> {
      const row = await tx
        .selectFrom('subject')
        .select('key_enrollments')
        .where('id', '=', subject)
        .executeTakeFirst();
      return row ? (JSON.parse(row.key_enrollments) as number[]) : [];
    },
    async setKeyEnrollments(tx: Tx, subject: SubjectId, times: readonly number[]): Promise<void> {
      await tx
        .updateTable('subject')
        .set({ key_enrollments: JSON.stringify(times) })
        .where('id', '=', subject)
        .execute();
    },
    async isThere(tx: Tx, subject: SubjectId): Promise<boolean> {
      const row = await tx
        .selectFrom('subject')
        .select('id')
        .where('id', '=', subject)
        .where(notBeingErased)
        .executeTakeFirst();
      return row !== undefined;
    },
    /** Notes the newest verified use, and whether the person is there; an older use changes nothing. */
    async touchUse(tx: Tx, subject: SubjectId, at: number): Promise<boolean> {
      const { numUpdatedRows } = await tx
        .updateTable('subject')
        .set(({ eb }) => ({
          last_used_at: eb.case().when('last_used_at', '>', at).then(eb.ref('last_used_at')).else(at).end(),
        }))
        .where('id', '=', subject)
        .where(notBeingErased)
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
  };
}
