import type { Selectable } from 'kysely';
import { defined } from '../../lib/defined.ts';
import type { OrganizationId, ScopeId, World } from '../../lib/id.ts';
import { changesRow, countRows } from '../../storage/rows.ts';
import type { Schema } from '../../storage/schema.ts';
import type { Db, Tx } from '../../storage/transaction.ts';
import type { Realm } from '../people/index.ts';
import type { ErasureRule, Scope, ScopeState } from './scope.ts';

/** `name`: of this name alone. */
type PageRequest = { before?: string; limit: number; name?: string };
type ScopeRow = Selectable<Schema['uniqueness_scope']>;

/** The table `uniqueness_scope`. */
export function createScopeStore(db: Db) {
  const inRealm = (from: Db | Tx, { organization, world }: Realm) =>
    from
      .selectFrom('uniqueness_scope')
      .selectAll()
      .where('organization', '=', organization)
      .where('world', '=', world);

  return {
    async byName(realm: Realm, name: string, from: Db | Tx = db): Promise<Scope | undefined> {
      return toScope(await inRealm(from, realm).where('name', '=', name).executeTakeFirst());
    },
    async byId(realm: Realm, id: string, from: Db | Tx = db): Promise<Scope | undefined> {
      return toScope(await inRealm(from, realm).where('id', '=', id).executeTakeFirst());
    },
    /** The newest first. */
    async page(realm: Realm, { before, limit, name }: PageRequest): Promise<Scope[]> {
      const rows = await inRealm(db, realm)
        .$if(name !== undefined, (query) => query.where('name', '=', name!))
        .$if(before !== undefined, (query) => query.where('id', '<', before!))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => toScope(row)!);
    },
    /** Active ones of both worlds. */
    async activeOf(organization: OrganizationId): Promise<Scope[]> {
      const rows = await db
        .selectFrom('uniqueness_scope')
        .selectAll()
        .where('organization', '=', organization)
        .where('state', '=', 'active')
        .execute();
      return rows.map((row) => toScope(row)!);
    },
    /** Active ones of all organizations whose end has come. */
    async due(now: number): Promise<Scope[]> {
      const rows = await db
        .selectFrom('uniqueness_scope')
        .selectAll()
        .where('state', '=', 'active')
        .where('ends_at', '<=', now)
        .execute();
      return rows.map((row) => toScope(row)!);
    },
    /** All of an organization, whatever their state. */
    async all(organization: OrganizationId): Promise<Scope[]> {
      const rows = await db
        .selectFrom('uniqueness_scope')
        .selectAll()
        .where('organization', '=', organization)
        .execute();
      return rows.map((row) => toScope(row)!);
    },
    count: ({ organization, world }: Realm, from: Db | Tx = db): Promise<number> =>
      from
        .selectFrom('uniqueness_scope')
        .where('organization', '=', organization)
        .where('world', '=', world)
        .$call(countRows),
    /** False where the name is taken. */
    insert: (tx: Tx, scope: Scope): Promise<boolean> =>
      tx
        .insertInto('uniqueness_scope')
        .values(toRow(scope))
        .onConflict((conflict) => conflict.columns(['organization', 'world', 'name']).doNothing())
        .$call(changesRow),
    async update(tx: Tx, scope: Scope): Promise<void> {
      const { id, ...values } = toRow(scope);
      await tx.updateTable('uniqueness_scope').set(values).where('id', '=', id).execute();
    },
  };
}

/** Everything of an erased organization. */
export async function removeScopes(tx: Tx, organization: OrganizationId): Promise<void> {
  for (const table of ['uniqueness_wait', 'uniqueness_member', 'uniqueness_scope'] as const)
    await tx.deleteFrom(table).where('organization', '=', organization).execute();
}

const toRow = (scope: Scope): ScopeRow => ({
  id: scope.id,
  organization: scope.organization,
  world: scope.world,
  name: scope.name,
  state: scope.state,
  epoch: scope.epoch,
  false_flag_rate: scope.falseFlagRate,
  review_rate: scope.reviewRate,
  on_erasure: scope.onErasure,
  retention_days: scope.retentionDays ?? null,
  ends_at: scope.endsAt ?? null,
  created_at: scope.createdAt,
  ended_at: scope.endedAt ?? null,
});

const toScope = (row: ScopeRow | undefined): Scope | undefined =>
  row && {
    id: row.id as ScopeId,
    organization: row.organization as OrganizationId,
    world: row.world as World,
    name: row.name,
    state: row.state as ScopeState,
    epoch: row.epoch,
    falseFlagRate: row.false_flag_rate,
    reviewRate: row.review_rate,
    onErasure: row.on_erasure as ErasureRule,
    createdAt: row.created_at,
    ...defined({
      retentionDays: row.retention_days ?? undefined,
      endsAt: row.ends_at ?? undefined,
      endedAt: row.ended_at ?? undefined,
    }),
  };

export type WaitRow = Selectable<Schema['uniqueness_wait']>;

/** The table `uniqueness_wait`. */
export const createWaitStore = (db: Db) => ({
  insert: async (tx: Tx, row: WaitRow): Promise<void> => {
    await tx.insertInto('uniqueness_wait').values(row).execute();
  },
  ofItem: (item: string, from: Db | Tx = db): Promise<WaitRow | undefined> =>
    from.selectFrom('uniqueness_wait').selectAll().where('item', '=', item).executeTakeFirst(),
  ofSession: (tx: Tx, session: string): Promise<WaitRow | undefined> =>
    tx.selectFrom('uniqueness_wait').selectAll().where('session', '=', session).executeTakeFirst(),
  count: (scope: string): Promise<number> =>
    db.selectFrom('uniqueness_wait').where('scope', '=', scope).$call(countRows),
  due: (now: number, limit: number): Promise<WaitRow[]> =>
    db.selectFrom('uniqueness_wait').selectAll().where('due_at', '<=', now).limit(limit).execute(),
  /** False where another transaction removed it. */
  remove: (tx: Tx, item: string): Promise<boolean> =>
    tx.deleteFrom('uniqueness_wait').where('item', '=', item).$call(changesRow),
});
