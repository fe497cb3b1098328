import { type Kysely, sql, type Transaction } from 'kysely';
import type { Timer } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { createRecurring } from '../../lib/recurring.ts';
import { coalesce } from '../../lib/turns.ts';
import type { Opened } from '../connection.ts';
import { removed } from '../position/position.ts';
import { makeOwn } from '../postgres/make-own.ts';
import type { CopiedTable, CopiedValue, KeySchema, Touched } from './key-store-schema.ts';
import { type KeyFollower, readChanges } from './read-changes.ts';

/** Tables of the key store of which a node keeps rows opened, known by their organization and by their name. */
const followedKeys = ['organization_key', 'appliance_secret'] as const;
export type FollowedKeys = (typeof followedKeys)[number];
export const isFollowed = (table: CopiedTable): table is FollowedKeys =>
  followedKeys.some((one) => one === table);

/** Opens anew what changed since the read `silentFor` milliseconds before, and forgets what is gone. It may be called for what this node wrote itself. */
type ApplyKeys = (keys: readonly string[], silentFor: number) => Promise<void>;

/**
 * How far this node has followed the key store. `store_state.revision` grows by one with each write, in the order of the commits, so all
 * changes up to a revision are those that were made before it.
 */
export interface KeyPosition {
  /** Before `begin`. */
  follow(table: FollowedKeys, apply: ApplyKeys): void;
  /** Polls from now on, so that what is idle does not keep a destroyed key. */
  begin(): void;
  /**
   * Resolves when every key that was changed or destroyed before the call is so here. Throws STORAGE_UNAVAILABLE where the key store does
   * not answer, where this node was removed, and, until it is restarted, where the store was older than what it has read before.
   */
  catchUp(): Promise<void>;
  /** Of the only service: how often it found the store to be older than what it had written. */
  returns(): number;
  /** Throws STORAGE_UNAVAILABLE, until this node is restarted, where the store was older than what it has read before. */
  requireCurrent(): void;
  /** Gives the follower what changed, whichever node wrote it. */
  feed(follower: KeyFollower): void;
  /** Resolves when the follower has all that was written before the call: with the revision up to which it has it. */
  fed(): Promise<number>;
  /** Up to which all changes are applied here. */
  revision(): number;
  /** Keys of people are never remembered then: each use asks the store whether there still is one. */
  readonly shared: boolean;
  close(): Promise<void>;
}

/** What the only service knows of its own writes (key-writer.ts). */
interface OwnWrites {
  fed(): Promise<number>;
  returns(): number;
  touched(table: FollowedKeys): readonly string[];
}

/** Of the one service of a key store, which asks for it where it is not sure what it has written, or whether that is there. */
export function createOwnKeys(db: Kysely<KeySchema>, { fed, returns, touched }: OwnWrites): KeyPosition {
  const appliers: Record<FollowedKeys, ApplyKeys[]> = { organization_key: [], appliance_secret: [] };
  return {
    follow: (table, apply) => void appliers[table].push(apply),
    begin: () => {},
    async catchUp() {
      await fed();
      const organizations = await db.selectFrom('organization_key').select('organization as name').execute();
      const secrets = await db.selectFrom('appliance_secret').select('name').execute();
      const there = { organization_key: organizations, appliance_secret: secrets };
      for (const table of followedKeys) {
        const names = new Set([...touched(table), ...there[table].map(({ name }) => name)]);
        for (const apply of appliers[table]) await apply([...names], 0);
      }
    },
    returns,
    requireCurrent: () => {},
    feed: () => {},
    fed,
    revision: () => 0,
    shared: false,
    close: async () => {},
  };
}

/** Beside the tables of the migrations, as the rows of the nodes: no copy of the store has them. */
const TABLES = [
  `create table if not exists service_key_change (
    revision bigint not null,
    about text not null,
    key text not null,
    primary key (revision, about, key)
  )`,
  `create table if not exists service_key_node (
    token text primary key references service_node on delete cascade,
    revision bigint not null
  )`,
];

/** Milliseconds between two reads of a node that nothing asks. */
const POLL_INTERVAL = 2_000;

/** In the transaction of a write of a node, which gives the store `revision`. */
export async function noteKeyChanges(
  tx: Transaction<KeySchema>,
  revision: number,
  touched: readonly Touched[],
): Promise<void> {
  for (const { table, keys } of touched) {
    const names = [...new Set(keys.map((key) => JSON.stringify(key)))];
    await sql`insert into service_key_change (revision, about, key)
      select ${revision}::bigint, ${table}, value from json_array_elements_text(${JSON.stringify(names)}::json)`.execute(
      tx,
    );
  }
}

interface SharedKeysDeps {
  keys: Pick<Opened<KeySchema>, 'db' | 'inTransaction' | 'token'>;
  log: Log;
  timer?: Timer | undefined;
}

interface Row {
  identity: string;
  revision: number;
  member: boolean;
  about: CopiedTable | null;
  /** JSON: the values of its key. */
  key: string | null;
}

/** Of a node among several; begins at what the store has when it resolves. */
export async function openKeyPosition({ keys, log, timer }: SharedKeysDeps): Promise<KeyPosition> {
  const { db, inTransaction } = keys;
  const token = keys.token!;
  await sql.raw(makeOwn(...TABLES)).execute(db);
  const appliers = new Map<CopiedTable, ApplyKeys[]>();
  let seen = await inTransaction(async (tx) => {
    const state = await tx
      .selectFrom('store_state')
      .select(['identity', 'revision'])
      .executeTakeFirstOrThrow();
    await sql`insert into service_key_node (token, revision) values (${token}, ${state.revision})`.execute(
      tx,
    );
    return state;
  });
  /** Changes up to it are no longer needed for this node, and the store knows that. */
  let acknowledged = seen.revision;
  let applied = seen.revision;
  let wentBack: Problem | undefined;
  let follower: KeyFollower | undefined;
  let feeding: Promise<void> = Promise.resolve();
  let begun = false;
  let readAt = performance.now();

  async function catchUpKeys(): Promise<void> {
    if (wentBack) throw wentBack;
    const now = performance.now();
    const { rows } = await sql<Row>`
      select s.identity, s.revision, exists (select from service_node where token = ${token}) as member, c.about, c.key
      from store_state s left join service_key_change c on c.revision > ${seen.revision}`.execute(db);
    const { identity, revision, member } = rows[0]!;
    if (identity !== seen.identity || revision < seen.revision) {
      wentBack = older();
      log.error({ seen: seen.revision, found: revision }, wentBack.message);
      throw wentBack;
    }
    if (!member) throw removed();
    const changed = Map.groupBy(
      rows.filter(({ about }) => about !== null),
      ({ about }) => about!,
    );
    const touched = [...changed].map(([table, of]): Touched => {
      const keys = [...new Set(of.map(({ key }) => key!))].map((key) => JSON.parse(key) as CopiedValue[]);
      return { table, keys };
    });
    for (const { table, keys: all } of touched)
      for (const apply of appliers.get(table) ?? [])
        await apply([...new Set(all.map(([name]) => String(name)))], now - readAt);
    if (follower && !follower.idle() && revision > seen.revision) {
      const changes = await readChanges(db, 'postgres', touched);
      feeding = follower.written({ from: seen.revision, revision, changes });
    }
    if (changed.size > 0) applied = revision;
    seen = { identity, revision };
    readAt = now;
  }

  /** Says how far this node is, and takes away what all have applied. */
  async function acknowledge(revision: number): Promise<void> {
    await inTransaction(async (tx) => {
      await sql`update service_key_node set revision = ${revision} where token = ${token}`.execute(tx);
      await sql`delete from service_key_change where revision <= (select min(revision) from service_key_node)`.execute(
        tx,
      );
    });
    acknowledged = revision;
  }

  const catchUp = coalesce(catchUpKeys);
  const recurring = createRecurring({ log, timer });
  let failing = false;

  async function poll(): Promise<void> {
    try {
      await catchUp();
      if (acknowledged < applied) await acknowledge(applied);
      failing = false;
    } catch (error) {
      if (failing) return;
      failing = true;
      throw error;
    }
  }

  return {
    follow: (table, apply) => void appliers.set(table, [...(appliers.get(table) ?? []), apply]),
    begin() {
      begun = true;
      recurring.every('keys of other nodes', POLL_INTERVAL, poll);
    },
    catchUp,
    returns: () => 0,
    requireCurrent() {
      if (wentBack) throw wentBack;
    },
    feed(one) {
      follower = one;
    },
    async fed() {
      // Before the beginning not all that follow are there: what they read themselves is newer.
      if (begun && follower?.idle() === false) await catchUp();
      const { revision } = seen;
      await feeding;
      return revision;
    },
    revision: () => seen.revision,
    shared: true,
    close: () => recurring.stop(),
  };
}

const older = (): Problem =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The key store is older than what this node has read from it: a copy, or a standby that lags, was put in its place, and people who were erased may have their keys in it. Put the newest one back, then restart this node.',
    { retryAfterSeconds: 5 },
  );
