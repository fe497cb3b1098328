import type { Selectable } from 'kysely';
import { defined } from '../../lib/defined.ts';
import type { MemberId, OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { notBeingErased } from '../../storage/legal-holds.ts';
import { countRows, findsRow } from '../../storage/rows.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from '../people/index.ts';
import type { Member, Scope } from './scope.ts';

type MemberRow = Selectable<Schema['uniqueness_member']>;
type Epoch = Pick<Scope, 'id' | 'epoch'>;

/** The table `uniqueness_member`. */
export function createMemberStore(db: Db) {
  const inEpoch = (from: Db | Tx, { id, epoch }: Epoch) =>
    from
      .selectFrom('uniqueness_member')
      .selectAll()
      .where('scope', '=', id)
      .where('epoch', '=', epoch)
      .where('leaving', '=', 0);

  return {
    async ofSubject(scope: Epoch, subject: SubjectId, from: Db | Tx = db): Promise<Member | undefined> {
      return toMember(await inEpoch(from, scope).where('subject', '=', subject).executeTakeFirst());
    },
    async ofAccount(scope: Epoch, account: SubjectId): Promise<Member | undefined> {
      return toMember(await inEpoch(db, scope).where('account', '=', account).executeTakeFirst());
    },
    async byId(scope: Epoch, id: MemberId): Promise<Member | undefined> {
      return toMember(await inEpoch(db, scope).where('id', '=', id).executeTakeFirst());
    },
    /** Ids of all, in pages by id. */
    async ids(scope: Epoch, after: string, limit: number): Promise<MemberId[]> {
      const rows = await inEpoch(db, scope).where('id', '>', after).orderBy('id').limit(limit).execute();
      return rows.map(({ id }) => id as MemberId);
    },
    /** Enrolled people who are members. */
    async accounts(scope: Epoch): Promise<Set<SubjectId>> {
      const rows = await inEpoch(db, scope).where('account', 'is not', null).execute();
      return new Set(rows.map(({ account }) => account as SubjectId));
    },
    count: ({ id, epoch }: Epoch): Promise<number> =>
      db
        .selectFrom('uniqueness_member')
        .where('scope', '=', id)
        .where('epoch', '=', epoch)
        .where('leaving', '=', 0)
        .$call(countRows),
    insert: async (tx: Tx, row: MemberRow): Promise<void> => {
      await tx.insertInto('uniqueness_member').values(row).execute();
    },
    async seen(tx: Tx, id: MemberId, at: number): Promise<void> {
      await tx.updateTable('uniqueness_member').set({ last_seen_at: at }).where('id', '=', id).execute();
    },
    /** All of the epochs up to `epoch`. */
    async leave(tx: Tx, { id, epoch }: Epoch): Promise<void> {
      await tx
        .updateTable('uniqueness_member')
        .set({ leaving: 1 })
        .where('scope', '=', id)
        .where('epoch', '<=', epoch)
        .execute();
    },
  };
}

const DAY = 86_400_000;

/** Members to erase: those who leave, and those whose term is over; without those whose erasure has begun. */
export async function membersToErase(
  db: Db,
  now: number,
  limit: number,
): Promise<{ realm: Realm; subject: SubjectId }[]> {
  const rows = await db
    .selectFrom('uniqueness_member as member')
    .innerJoin('uniqueness_scope as scope', 'scope.id', 'member.scope')
    .innerJoin('subject', 'subject.id', 'member.subject')
    .where(notBeingErased)
    .where((eb) =>
      eb.or([
        eb('member.leaving', '=', 1),
        eb.and([
          eb('scope.on_erasure', '=', 'reopen'),
          eb('scope.retention_days', 'is not', null),
          eb(
            'member.last_seen_at',
            '<=',
            eb(eb.val(now), '-', eb(eb.val(DAY), '*', eb.ref('scope.retention_days'))),
          ),
        ]),
      ]),
    )
    .select(['member.organization', 'member.world', 'member.subject'])
    .orderBy('member.id')
    .limit(limit)
    .execute();
  return rows.map(({ organization, world, subject }) => ({
    realm: { organization: organization as OrganizationId, world: world as World },
    subject: subject as SubjectId,
  }));
}

export const isMember = (db: Db, { organization, world }: Realm, id: string): Promise<boolean> =>
  db
    .selectFrom('uniqueness_member')
    .select('id')
    .where('organization', '=', organization)
    .where('world', '=', world)
    .where('id', '=', id)
    .where('leaving', '=', 0)
    .$call(findsRow);

/** Whether the person is a member of an active scope that keeps its members although they were erased elsewhere. */
export const isHeldByScope = (tx: Tx, subject: SubjectId): Promise<boolean> =>
  tx
    .selectFrom('uniqueness_member as member')
    .innerJoin('uniqueness_scope as scope', (join) =>
      join
        .onRef('scope.id', '=', 'member.scope')
        .onRef('scope.epoch', '=', 'member.epoch')
        .on('scope.state', '=', 'active')
        .on('scope.on_erasure', '=', 'hold'),
    )
    .select('member.id')
    .where('member.subject', '=', subject)
    .where('member.leaving', '=', 0)
    .$call(findsRow);

const toMember = (row: MemberRow | undefined): Member | undefined =>
  row && {
    id: row.id as MemberId,
    subject: row.subject,
    ...defined({
      account: row.account ?? undefined,
      referenceHash: row.reference_hash ?? undefined,
    }),
  };
