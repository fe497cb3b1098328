import type { Selectable } from 'kysely';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { notBeingErased } from '../../../storage/legal-holds.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { SealContext, Sealer, Unsealed } from '../../../storage/sealing/sealed.ts';
import type { Db } from '../../../storage/transaction.ts';
import { countPeople } from './kept-people-store.ts';
import { type Realm, requireReadableAddress, type Subject } from './subject.ts';

type SubjectRow = Selectable<Schema['subject']>;

export interface SubjectStoreDeps {
  db: Db;
  sealer: Sealer;
}

const VERSION = 1;

export const emailContext = ({ organization, world }: Realm, subject: SubjectId): SealContext => ({
  organization,
  world,
  subject,
  field: 'subject.email',
  version: VERSION,
});

export const nameContext = ({ organization, world }: Realm, subject: SubjectId): SealContext => ({
  organization,
  world,
  subject,
  field: 'subject.name',
  version: VERSION,
});

export const birthDateContext = ({ organization, world }: Realm, subject: SubjectId): SealContext => ({
  organization,
  world,
  subject,
  field: 'subject.birth-date',
  version: VERSION,
});

const decoder = new TextDecoder();

/** Reads people from the table `subject` and its sealed columns, without those whose erasure has begun. */
export function createReadSubjects(deps: SubjectStoreDeps) {
  const { db, sealer } = deps;
  return {
    async find(realm: Realm, by: { id: string } | { email: string }): Promise<Subject | undefined> {
      const rows = rowsOf(db, realm);
      const hashes = 'id' in by ? [] : addressHashes(sealer, realm, by.email);
      let row = 'id' in by ? await rows.where('id', '=', by.id).executeTakeFirst() : undefined;
      for (const hash of hashes) row ??= await rows.where('email_hash', '=', hash).executeTakeFirst();
      const found = row && (await toSubjects(deps, [row]))[0];
      if (!found) return undefined;
      if (hashes[0] !== undefined) requireAddress(sealer, found, hashes[0]);
      await hashAnew(deps, realm, found);
      return found;
    },
    /** By id; `from` is the last of the page before. `enrolled`: without the members of uniqueness scopes. */
    async list(
      realm: Realm,
      {
        limit,
        from,
        order = 'asc',
        enrolled = false,
      }: { limit: number; from?: SubjectId; order?: 'asc' | 'desc'; enrolled?: boolean },
    ): Promise<Subject[]> {
      const page = rowsOf(db, realm)
        .$if(enrolled, (rows) => rows.where('member_of', 'is', null))
        .orderBy('id', order)
        .limit(limit);
      const rest = from === undefined ? page : page.where('id', order === 'asc' ? '>' : '<', from);
      return toSubjects(deps, await rest.execute());
    },
    /** People without an address, and the part of the galleries that each is in. */
    async members(): Promise<{ subject: SubjectId; memberOf: string }[]> {
      const rows = await db
        .selectFrom('subject')
        .select(['id', 'member_of'])
        .where('member_of', 'is not', null)
        .execute();
      return rows.map(({ id, member_of }) => ({ subject: id as SubjectId, memberOf: member_of! }));
    },
    count: (realm: Realm) => countPeople(db, realm),
    /** The people with these ids, the newest first. */
    async listed(realm: Realm, ids: readonly SubjectId[]): Promise<Subject[]> {
      if (ids.length === 0) return [];
      const rows = rowsOf(db, realm)
        .where('id', 'in', [...ids])
        .orderBy('id', 'desc');
      return toSubjects(deps, await rows.execute());
    },
    /** The date of birth that an operator has approved, `YYYY-MM-DD`; null where it is damaged. */
    async birthDateOf(
      { organization, world }: Realm,
      subject: SubjectId,
    ): Promise<string | null | undefined> {
      const row = await db
        .selectFrom('subject')
        .select('birth_date_sealed')
        .where('id', '=', subject)
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where(notBeingErased)
        .executeTakeFirst();
      if (!row?.birth_date_sealed) return undefined;
      const context = birthDateContext({ organization, world }, subject);
      const [opened] = await sealer.openMany([{ context, sealed: row.birth_date_sealed }]);
      if (opened?.is === 'damaged') return null;
      return opened?.is === 'open' ? decoder.decode(opened.plain) : undefined;
    },
    /** Addresses and names of all people, the newest first, in pages; opened in threads where there are many. */
    everyName: (realm: Realm) => everyName(deps, realm),
  };
}

const rowsOf = (db: Db, { organization, world }: Realm) =>
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

/** What people are searched by. */
export interface PersonText {
  id: SubjectId;
  email: string;
  name: string;
}

/** So many are there at once; the first page does without a thread, which takes longer to start. */
const FIRST_PAGE = 200;
/** A page is read in one turn of the event loop, and its keys in the next. */
const NAMES_PAGE = 400;

async function* everyName({ db, sealer }: SubjectStoreDeps, realm: Realm): AsyncGenerator<PersonText[]> {
  const read = (limit: number, before?: string) => {
    const page = db
      .selectFrom('subject')
      .select(['id', 'email_sealed', 'name_sealed'])
      .where('organization', '=', realm.organization)
      .where('world', '=', realm.world)
      .where('member_of', 'is', null)
      .where(notBeingErased)
      .orderBy('id', 'desc')
      .limit(limit);
    return (before === undefined ? page : page.where('id', '<', before)).execute();
  };
  let threads: ReturnType<Sealer['openInThreads']> | undefined;
  let limit = FIRST_PAGE;
  let rows = await read(limit);
  try {
    while (rows.length > 0) {
      const values = rows.flatMap(({ id, email_sealed, name_sealed }, row) => [
        { row, context: emailContext(realm, id as SubjectId), sealed: email_sealed },
        { row, context: nameContext(realm, id as SubjectId), sealed: name_sealed },
      ]);
      const present = values.flatMap(({ row, context, sealed }) =>
        sealed ? [{ row, context, sealed }] : [],
      );
      const page = rows.map(({ id }): PersonText => ({ id: id as SubjectId, email: '', name: '' }));
      for (const [i, value] of (await (threads ?? sealer).openMany(present)).entries()) {
        const { row, context } = present[i]!;
        if (value.is === 'open')
          page[row]![context.field === 'subject.email' ? 'email' : 'name'] = decoder.decode(value.plain);
      }
      yield page;
      if (rows.length < limit) return;
      limit = NAMES_PAGE;
      rows = await read(limit, rows.at(-1)!.id);
      if (rows.length === limit) threads ??= sealer.openInThreads();
    }
  } finally {
    await threads?.close();
  }
}

/** What of people is damaged, by their ids; opened in threads where there are many. */
export async function* damagedPeople({
  db,
  sealer,
}: {
  db: Db;
  sealer: Pick<Sealer, 'openMany' | 'openInThreads'>;
}): AsyncGenerator<{ id: SubjectId; organization: OrganizationId; world: World; field: string }> {
  let threads: ReturnType<Sealer['openInThreads']> | undefined;
  try {
    for (let after = ''; ; ) {
      const rows = await db
        .selectFrom('subject')
        .select(['id', 'organization', 'world', 'email_sealed', 'name_sealed', 'birth_date_sealed'])
        .where('id', '>', after)
        .orderBy('id')
        .limit(NAMES_PAGE)
        .execute();
      const present = rows.flatMap((row) => {
        const realm = { organization: row.organization as OrganizationId, world: row.world as World };
        const id = row.id as SubjectId;
        const all = [
          { ...realm, id, context: emailContext(realm, id), sealed: row.email_sealed },
          { ...realm, id, context: nameContext(realm, id), sealed: row.name_sealed },
          { ...realm, id, context: birthDateContext(realm, id), sealed: row.birth_date_sealed },
        ];
        return all.flatMap(({ sealed, ...one }) => (sealed ? [{ ...one, sealed }] : []));
      });
      for (const [i, value] of (await (threads ?? sealer).openMany(present)).entries()) {
        const { id, organization, world, context } = present[i]!;
        if (value.is === 'damaged') yield { id, organization, world, field: context.field };
      }
      if (rows.length < NAMES_PAGE) return;
      after = rows.at(-1)!.id;
      threads ??= sealer.openInThreads();
    }
  } finally {
    await threads?.close();
  }
}

async function toSubjects(
  deps: SubjectStoreDeps,
  rows: readonly (SubjectRow & { enrollments: number })[],
): Promise<Subject[]> {
  const values = rows.flatMap((row) => {
    const realm = { organization: row.organization as OrganizationId, world: row.world as World };
    const subject = row.id as SubjectId;
    return [
      { context: emailContext(realm, subject), sealed: row.email_sealed },
      { context: nameContext(realm, subject), sealed: row.name_sealed },
    ];
  });
  const present = values.flatMap(({ context, sealed }) => (sealed ? [{ context, sealed }] : []));
  const opened = await deps.sealer.openMany(present);
  await sealAnew(deps, present, opened);
  const found = new Map(
    opened.map((value, i) => {
      const { subject, field } = present[i]!.context;
      return [`${subject}/${field}`, value];
    }),
  );
  const textOf = (value: Unsealed | undefined) =>
    value?.is === 'open' ? decoder.decode(value.plain) : undefined;
  return rows.map((row) => {
    const [email, name] = [found.get(`${row.id}/subject.email`), found.get(`${row.id}/subject.name`)];
    const unreadable = [
      ...(email?.is === 'damaged' ? (['email'] as const) : []),
      ...(name?.is === 'damaged' ? (['name'] as const) : []),
    ];
    return {
      id: row.id as SubjectId,
      organization: row.organization as OrganizationId,
      world: row.world as World,
      ...defined({ email: textOf(email), name: textOf(name), disabledAt: row.disabled_at ?? undefined }),
      ...(unreadable.length > 0 && { unreadable }),
      ...(email?.is === 'damaged' && defined({ addressHash: row.email_hash ?? undefined })),
      ...defined({ memberOf: row.member_of ?? undefined }),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      enrollments: Number(row.enrollments),
    };
  });
}

/** The hash is an index that a writer of the database may change; the sealed address is what the person was enrolled under. */
function requireAddress(sealer: SubjectStoreDeps['sealer'], subject: Subject, emailHash: string): void {
  requireReadableAddress(subject);
  const { id, organization, email } = subject;
  if (email !== undefined && sealer.emailHash(organization, email) === emailHash) return;
  throw new Error(
    `The row of ${id} was changed: the address that leads to it is not the address that is sealed in it.`,
  );
}

/** The hash of the address, and those that earlier versions may have found it by. */
export function addressHashes(
  sealer: Pick<SubjectStoreDeps['sealer'], 'emailHash' | 'formerEmailHashes'>,
  { organization }: Realm,
  email: string,
): string[] {
  return [sealer.emailHash(organization, email), ...sealer.formerEmailHashes(organization, email)];
}

/** For a person of an earlier version, which spelled the address otherwise: found by the hash of this version from now on. */
async function hashAnew(
  { db, sealer }: SubjectStoreDeps,
  realm: Realm,
  { id, email }: Subject,
): Promise<void> {
  const [hash, ...former] = email === undefined ? [] : addressHashes(sealer, realm, email);
  if (hash === undefined || former.length === 0) return;
  await db
    .updateTable('subject')
    .set({ email_hash: hash })
    .where('id', '=', id)
    .where('email_hash', 'in', former)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('subject as other')
            .select('other.id')
            .where('other.organization', '=', realm.organization)
            .where('other.world', '=', realm.world)
            .where('other.email_hash', '=', hash),
        ),
      ),
    )
    .execute();
}

/** Addresses and names that do not name their world yet. */
async function sealAnew(
  { db, sealer }: SubjectStoreDeps,
  values: readonly { context: SealContext; sealed: Uint8Array }[],
  opened: readonly Unsealed[],
): Promise<void> {
  for (const [i, value] of opened.entries()) {
    if (value.is !== 'open' || !value.older) continue;
    const { context, sealed } = values[i]!;
    const column = context.field === 'subject.email' ? 'email_sealed' : 'name_sealed';
    await db
      .updateTable('subject')
      .set({ [column]: await sealer.seal(context, value.plain) })
      .where('id', '=', context.subject)
      .where(column, '=', sealed)
      .execute();
  }
}
