import { sql } from 'kysely';
import { Problem } from '../../../lib/problem.ts';
import type { ThisNode } from '../../../storage/postgres/nodes.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { Count } from './usage-store.ts';

/** Counts that several nodes add to: what a node writes is a difference, and it reads back what all have counted. */
export interface SharedCounts {
  /** Adds `used` of each. */
  add(counts: readonly Count[], at: number): Promise<void>;
  /** Slots of these names from `since` on, and how many nodes there are. */
  read(names: readonly string[], since: number): Promise<{ counts: Count[]; nodes: number }>;
  countNodes(): Promise<number>;
  used(names: readonly string[], period: number): Promise<Map<string, number>>;
  /** `work` gets what is used under each name in the period, which none changes until what it adds is written; gives what `work` gives. */
  decide<T>(names: readonly string[], period: number, decision: Decision<T>): Promise<T>;
  /** Months that begin before. */
  deleteMonthsBefore(start: number): Promise<void>;
}

interface Decision<T> {
  at: number;
  /** Raises the numbers that it is given. */
  work(used: Map<string, number>): T;
}

/** Rows of a statement. */
const ROWS = 1_000;

/** In the order that every node locks them in. */
const inOrder = (a: Count, b: Count) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.period - b.period);

export interface SharedCountsDeps {
  db: Db;
  node: Pick<ThisNode, 'token' | 'requireWriter'>;
}

/** A node that was removed, or may not write, counts nothing: it throws STORAGE_UNAVAILABLE. */
export function createSharedCounts({ db, node }: SharedCountsDeps): SharedCounts {
  /** Of one statement: of two nodes at one row the second waits, and neither has to begin again. */
  async function add(to: Db | Tx, counts: readonly Count[], at: number): Promise<Count[]> {
    node.requireWriter();
    const added: Count[] = [];
    const sorted = counts.toSorted(inOrder);
    for (let i = 0; i < sorted.length; i += ROWS) {
      const part = sorted.slice(i, i + ROWS);
      const { rows } = await sql<Count>`
        insert into usage_counter (name, period, used, updated_at)
        select name, period, used, ${at} from
          unnest(${part.map(({ name }) => name)}::text[], ${part.map(({ period }) => period)}::bigint[],
            ${part.map(({ used }) => used)}::bigint[]) as counted (name, period, used),
          (select 1 from service_node where token = ${node.token} for key share) as here
        on conflict (name, period) do update
          set used = greatest(0, usage_counter.used + excluded.used), updated_at = excluded.updated_at
        returning name, period, used`.execute(to);
      if (rows.length === 0) throw removed();
      added.push(...rows);
    }
    return added;
  }

  return {
    add: async (counts, at) => void (await add(db, counts, at)),
    async read(names, since) {
      const { rows } = await sql<Count & { nodes: number }>`
        select name, period, used, (select count(*)::integer from service_node) as nodes
        from usage_counter where name = any(${names}::text[]) and period >= ${since}
        order by name, period`.execute(db);
      return { counts: rows, nodes: rows[0]?.nodes ?? 1 };
    },
    async countNodes() {
      const { rows } = await sql<{
        nodes: number;
      }>`select count(*)::integer as nodes from service_node`.execute(db);
      return rows[0]!.nodes;
    },
    async used(names, period) {
      const { rows } = await sql<Count>`
        select name, used from usage_counter where name = any(${names}::text[]) and period = ${period}`.execute(
        db,
      );
      return new Map(rows.map(({ name, used }) => [name, used]));
    },
    // Not serializable: each statement sees what the others have written, and the rows are held from the first on.
    decide: (names, period, { at, work }) =>
      db
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (tx) => {
          const nothing = names.map((name) => ({ name, period, used: 0 }));
          const before = new Map((await add(tx, nothing, at)).map(({ name, used }) => [name, used]));
          const after = new Map(before);
          const answer = work(after);
          const more = [...after].flatMap(([name, used]) =>
            used === before.get(name) ? [] : [{ name, period, used: used - before.get(name)! }],
          );
          if (more.length > 0) await add(tx, more, at);
          return answer;
        }),
    async deleteMonthsBefore(start) {
      await db
        .deleteFrom('usage_counter')
        .where('name', '>=', 'month/')
        .where('name', '<', 'month0')
        .where('period', '<', start)
        .execute();
    },
  };
}

const removed = (): Problem =>
  new Problem(
    'STORAGE_UNAVAILABLE',
    'The other nodes removed this one: it counts nothing until it has started anew.',
    { retryAfterSeconds: 5 },
  );
