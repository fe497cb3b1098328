import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { findsRow } from '../../storage/rows.ts';
import type { SealContext, Sealer } from '../../storage/sealing/sealed.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Person } from './consent.ts';

/** An active or past hold, without its reason. */
export interface HoldRow {
  id: string;
  subject: SubjectId;
  placedBy: string;
  placedAt: number;
  releasedBy?: string;
  releasedAt?: number;
}

export type HoldSealer = Pick<Sealer, 'seal' | 'openMany'>;

export const reasonContext = (organization: OrganizationId, subject: SubjectId, id: string): SealContext => ({
  organization,
  subject,
  field: `legal_hold.reason/${id}`,
  version: 1,
});

/** Inside or outside a transaction; an erasure calls it inside the one that destroys. */
export const isHeld = (db: Db | Tx, subject: SubjectId): Promise<boolean> =>
  db
    .selectFrom('legal_hold')
    .select('id')
    .where('subject', '=', subject)
    .where('released_at', 'is', null)
    .limit(1)
    .$call(findsRow);

/** People under a hold that was not released, in either world. */
export async function listHeld(db: Db, organization: OrganizationId): Promise<SubjectId[]> {
  const rows = await db
    .selectFrom('legal_hold')
    .select('subject')
    .distinct()
    .where('organization', '=', organization)
    .where('released_at', 'is', null)
    .orderBy('subject')
    .execute();
  return rows.map(({ subject }) => subject as SubjectId);
}

/** When the first of the people under a hold, in any organization, was enrolled; undefined when there is no hold. */
export async function oldestHeld(db: Db): Promise<number | undefined> {
  const { at } = await db
    .selectFrom('legal_hold')
    .innerJoin('subject', 'subject.id', 'legal_hold.subject')
    .select(({ fn }) => fn.min('subject.created_at').as('at'))
    .where('released_at', 'is', null)
    .executeTakeFirstOrThrow();
  return at === null ? undefined : Number(at);
}

/** Active ones whose reason is damaged. */
export async function* damagedHolds(db: Db, sealer: Pick<Sealer, 'openMany'>) {
  const PAGE = 200;
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('legal_hold')
      .select(['id', 'organization', 'subject', 'reason_sealed'])
      .where('released_at', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .execute();
    const opened = await sealer.openMany(
      rows.map(({ id, organization, subject, reason_sealed }) => ({
        context: reasonContext(organization as OrganizationId, subject as SubjectId, id),
        sealed: reason_sealed,
      })),
    );
    yield* rows.filter((_, i) => opened[i]!.is === 'damaged');
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

/** The table `legal_hold`. */
export function createHoldStore({ db, sealer }: { db: Db; sealer: HoldSealer }) {
  return {
    /** Needs the person's key. */
    sealReason: ({ organization, subject }: Person, id: string, reason: string) =>
      sealer.seal(reasonContext(organization, subject, id), new TextEncoder().encode(reason)),

    async insert(
      tx: Tx,
      { organization, subject }: Person,
      hold: { id: string; reason: Uint8Array; by: string; at: number },
    ): Promise<void> {
      await tx
        .insertInto('legal_hold')
        .values({
          id: hold.id,
          organization,
          subject,
          reason_sealed: hold.reason,
          placed_by: hold.by,
          placed_at: hold.at,
        })
        .execute();
    },

    async release(tx: Tx, id: string, by: string, at: number): Promise<void> {
      await tx
        .updateTable('legal_hold')
        .set({ released_by: by, released_at: at })
        .where('id', '=', id)
        .execute();
    },

    async active(tx: Tx | Db, subject: SubjectId): Promise<string[]> {
      const rows = await tx
        .selectFrom('legal_hold')
        .select('id')
        .where('subject', '=', subject)
        .where('released_at', 'is', null)
        .orderBy('id')
        .execute();
      return rows.map(({ id }) => id);
    },

    /** Active ones of a realm, the newest first; `reason` is absent once the person's key is destroyed, and where it is damaged. */
    async page(
      { organization, world }: { organization: OrganizationId; world: World },
      { limit, before }: { limit: number; before?: string },
    ): Promise<(HoldRow & { reason?: string; unreadable?: true })[]> {
      const rows = await db
        .selectFrom('legal_hold')
        .innerJoin('subject', 'subject.id', 'legal_hold.subject')
        .selectAll('legal_hold')
        .where('legal_hold.organization', '=', organization)
        .where('subject.world', '=', world)
        .where('released_at', 'is', null)
        .$if(before !== undefined, (older) => older.where('legal_hold.id', '<', before!))
        .orderBy('legal_hold.id', 'desc')
        .limit(limit)
        .execute();
      const opened = await sealer.openMany(
        rows.map((row) => ({
          context: reasonContext(organization, row.subject as SubjectId, row.id),
          sealed: row.reason_sealed,
        })),
      );
      return rows.map((row, i) => {
        const reason = opened[i]!;
        return {
          id: row.id,
          subject: row.subject as SubjectId,
          placedBy: row.placed_by,
          placedAt: row.placed_at,
          ...(reason.is === 'open' ? { reason: new TextDecoder().decode(reason.plain) } : {}),
          ...(reason.is === 'damaged' && { unreadable: true as const }),
        };
      });
    },
  };
}
