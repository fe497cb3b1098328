import { time } from '../../lib/time.ts';
import type { Db } from '../../storage/transaction.ts';
import type { PersonalData } from '../audit/index.ts';

/** Who counts in which scope. Templates and consents of members are those of every person (engine/subjects, engine/consent). */
export const createUniquenessData = ({ db }: { db: Db }): PersonalData => ({
  tables: {
    uniqueness_member: { columns: ['subject', 'account', 'reference_hash'], record: { in: 'uniqueness' } },
  },
  async forget(tx, subjects) {
    await tx.deleteFrom('uniqueness_member').where('subject', 'in', subjects).execute();
    // The account is gone. In a scope that reopens its member goes too, by the next sweep; in one that holds, the pseudonym stays.
    await tx
      .updateTable('uniqueness_member')
      .set({ leaving: 1 })
      .where('account', 'in', subjects)
      .where('scope', 'in', (from) =>
        from.selectFrom('uniqueness_scope').select('id').where('on_erasure', '=', 'reopen'),
      )
      .execute();
    await tx
      .updateTable('uniqueness_member')
      .set({ account: null, reference_hash: null })
      .where('account', 'in', subjects)
      .execute();
  },
  async exportOf({ subject, organization }) {
    const rows = await db
      .selectFrom('uniqueness_member as member')
      .innerJoin('uniqueness_scope as scope', 'scope.id', 'member.scope')
      .select(['member.id', 'scope.name', 'member.epoch', 'member.joined_at', 'member.last_seen_at'])
      .select(['scope.on_erasure', 'scope.ends_at'])
      .where('member.organization', '=', organization)
      .where((eb) => eb.or([eb('member.subject', '=', subject), eb('member.account', '=', subject)]))
      .orderBy('member.id')
      .execute();
    return {
      uniqueness: rows.map(({ id, name, epoch, on_erasure, ...row }) => ({
        id,
        scope: name === '' ? 'the organization' : name,
        epoch,
        joinedAt: time(row.joined_at),
        lastSeenAt: time(row.last_seen_at),
        onErasure: on_erasure,
        scopeEndsAt: time(row.ends_at),
      })),
    };
  },
  async auditTargets({ subject }) {
    const rows = await db
      .selectFrom('uniqueness_member')
      .select('id')
      .where((eb) => eb.or([eb('subject', '=', subject), eb('account', '=', subject)]))
      .execute();
    return rows.map(({ id }) => id);
  },
});
