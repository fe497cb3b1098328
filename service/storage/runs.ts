import { sql } from 'kysely';
import type { Db, Tx } from './transaction.ts';

/**
 * This run of the program among those that write to its record. What is begun carries the name of the run; it is taken over from a run
 * that lives no more, and from no other.
 */
export interface Runs {
  /** No other run has this name, and none will: `NODE/TOKEN` of a node. */
  own: string;
  /** Of the machine: the same over its restarts, empty where one service has the record for itself. */
  node: string;
  /**
   * Those that may go on with what they began, this one among them; the one that began first is the first. One that is missing writes
   * nothing any more.
   */
  living(from: Db | Tx): Promise<ReadonlySet<string>>;
  /** Called when `living` finds that a run is missing which was there before: what it had begun can be taken over. */
  whenGone(listener: () => void): void;
  /** Whether an administrator drains it: it begins nothing that another run can do. */
  rests(): boolean;
}

/** Of a service that has its record for itself: whatever is not its own is left from an earlier run. */
export const onlyRun = (own: string): Runs => ({
  own,
  node: '',
  living: async () => new Set([own]),
  whenGone: () => {},
  rests: () => false,
});

/** Of a node among several, by their rows (postgres/nodes.ts). */
export function runOfNode(node: string, token: string, rests: () => boolean = () => false): Runs {
  const listeners: (() => void)[] = [];
  let known: ReadonlySet<string> = new Set();
  return {
    own: `${node}/${token}`,
    node,
    rests,
    async living(from) {
      const { rows } = await sql<{ run: string }>`select node || '/' || token as run
        from service_node order by joined_at, node`.execute(from);
      const living = new Set(rows.map(({ run }) => run));
      const isGone = [...known].some((run) => !living.has(run));
      known = living;
      if (isGone) for (const listener of listeners) listener();
      return living;
    },
    whenGone: (listener) => void listeners.push(listener),
  };
}

/** Whether a run of this machine began it, maybe before its last restart. */
export const isOfNode = (begunBy: string | null, { node }: Pick<Runs, 'node'>): boolean =>
  node === '' || begunBy === null || begunBy.startsWith(`${node}/`);

/** Whether another run that began it may still be at it. Null: it was begun before runs had names. */
export const isElsewhere = (begunBy: string | null, own: string, living: ReadonlySet<string>): boolean =>
  begunBy !== null && begunBy !== own && living.has(begunBy);
