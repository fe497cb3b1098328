import { setTimeout as wait } from 'node:timers/promises';
import { sql, type Transaction } from 'kysely';
import type { Opened } from '../connection.ts';
import type { KeySchema } from '../keys/key-store-schema.ts';
import { makeOwn } from '../postgres/make-own.ts';
import type { Node } from '../postgres/nodes.ts';
import type { StoredCopy } from './copy-folders.ts';

/** A copy that another node keeps, in a folder of its machine. */
export interface OtherCopy extends StoredCopy {
  /** Who the node is, for a person. Undefined: it does not run. */
  holder: string | undefined;
  /** The copy has all writes up to it. */
  revision: number;
}

/** Which node keeps which copy: a folder is one of a machine. */
export interface NodeCopies {
  /** Of these those that this node keeps. One that none keeps is its own from now on. */
  own(places: readonly StoredCopy[]): Promise<StoredCopy[]>;
  /** In the transaction that adds the place. */
  take(tx: Transaction<KeySchema>, place: string): Promise<void>;
  /** The copies in these places of this node have all writes up to the revision. */
  note(places: readonly string[], revision: number): Promise<void>;
  others(): Promise<OtherCopy[]>;
  /** Resolves when the copies of all nodes that run have the writes up to the revision, and in ten seconds at most. */
  reached(revision: number): Promise<void>;
}

/** Of the one service of a key store. */
export const copiesAlone: NodeCopies = {
  own: async (places) => [...places],
  take: async () => {},
  note: async () => {},
  others: async () => [],
  reached: async () => {},
};

/** Beside the tables of the migrations: no copy has it. */
const TABLE = `create table if not exists service_key_copy (
  place text primary key references copy_place on delete cascade,
  node text not null,
  revision bigint not null
)`;

/** Milliseconds between two looks, and those for which a node is waited for that does not bring its copies up to date. */
const EVERY = 500;
const PATIENCE = 10_000;

/** Of a node among several. */
export async function openNodeCopies(
  { db, inTransaction }: Pick<Opened<KeySchema>, 'db' | 'inTransaction'>,
  { id }: Pick<Node, 'id'>,
): Promise<NodeCopies> {
  await sql.raw(makeOwn(TABLE)).execute(db);

  async function others(): Promise<OtherCopy[]> {
    const { rows } = await sql<{
      place: string;
      copy: string;
      addedAt: number;
      behindSince: number | null;
      holder: string | null;
      revision: number;
    }>`select place, copy, added_at as "addedAt", behind_since as "behindSince", holder, revision
      from service_key_copy join copy_place using (place) left join service_node using (node)
      where node <> ${id} order by place`.execute(db);
    return rows.map(({ copy, behindSince, holder, ...row }) => ({
      ...row,
      ...(copy !== '' && { copy }),
      behindSince: behindSince ?? undefined,
      holder: holder ?? undefined,
    }));
  }

  async function take(tx: Transaction<KeySchema>, place: string): Promise<void> {
    await sql`insert into service_key_copy (place, node, revision) values (${place}, ${id}, 0)
      on conflict (place) do nothing`.execute(tx);
  }

  return {
    take,
    async own(places) {
      const kept = await inTransaction(async (tx) => {
        for (const { place } of places) await take(tx, place);
        const { rows } = await sql<{ place: string }>`
          select place from service_key_copy where node = ${id}`.execute(tx);
        return new Set(rows.map(({ place }) => place));
      });
      return places.filter(({ place }) => kept.has(place));
    },
    async note(places, revision) {
      for (const place of places)
        await sql`update service_key_copy set revision = ${revision}
          where place = ${place} and node = ${id} and revision < ${revision}`.execute(db);
    },
    others,
    async reached(revision) {
      for (const since = performance.now(); performance.now() - since < PATIENCE; ) {
        const behind = (await others()).filter((one) => one.holder && one.revision < revision);
        if (behind.length === 0) return;
        await wait(EVERY);
      }
    },
  };
}
