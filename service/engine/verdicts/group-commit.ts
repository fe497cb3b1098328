import { AsyncLocalStorage } from 'node:async_hooks';
import { Problem } from '../../lib/problem.ts';
import type { InTransaction, Tx } from '../../storage/transaction.ts';
import { createGroupPace } from './group-pace.ts';

/**
 * Changes of many requests in one transaction: a synchronous write to the disk costs as much as hundreds of rows. Each caller is
 * answered after the transaction that holds its change.
 */
export interface GroupCommit<Row, Result> {
  /** Adds a row to the next group. Resolves with what `writeRows` gave for it, once it is on disk. */
  write(row: Row): Promise<Result>;
  /**
   * Runs a change in the next group's transaction. One that throws a Problem changes nothing, and the others of its group stay. It may run
   * more than once, as in every transaction.
   */
  commit<T>(change: (tx: Tx) => Promise<T>): Promise<T>;
  /** Waits until everything that was added is written. */
  settled(): Promise<void>;
}

export interface GroupCommitDeps<Row, Result> {
  inTransaction: InTransaction;
  /** Gives a result for each row, in their order. It may run more than once, as in every transaction. */
  writeRows(tx: Tx, rows: readonly Row[]): Promise<readonly Result[]>;
  /** Runs `change` so that nothing of it stays where it throws; the transaction goes on. */
  apart<T>(tx: Tx, change: () => Promise<T>): Promise<T>;
  /** Waits until the next group may begin. */
  pace?: () => Promise<void>;
}

/** Members of a group: bounds how long one transaction blocks others. */
const MOST = 64;
/** Groups of which none is on disk yet: the next is written while those before it are put there. */
const MOST_UNDER_WAY = 4;

type Member<Row> = {
  resolve(value: unknown): void;
  reject(error: unknown): void;
} & ({ row: Row } | { change(tx: Tx): Promise<unknown> });

type Outcome = { value: unknown } | { error: unknown };

export function createGroupCommit<Row, Result>({
  inTransaction,
  writeRows,
  apart,
  pace = createGroupPace(),
}: GroupCommitDeps<Row, Result>): GroupCommit<Row, Result> {
  const outside = AsyncLocalStorage.snapshot();
  const waiting: Member<Row>[] = [];
  const underWay: Promise<void>[] = [];
  let running: Promise<void> | undefined;

  async function attempt(tx: Tx, group: readonly Member<Row>[]): Promise<Outcome[]> {
    const rows = group.flatMap((one) => ('row' in one ? [one.row] : []));
    const results = rows.length > 0 ? await writeRows(tx, rows) : [];
    const outcomes: Outcome[] = [];
    let next = 0;
    for (const one of group) {
      if ('row' in one) outcomes.push({ value: results[next++] });
      else outcomes.push(await runApart(tx, one.change));
    }
    return outcomes;
  }

  async function runApart(tx: Tx, change: (tx: Tx) => Promise<unknown>): Promise<Outcome> {
    try {
      return { value: await apart(tx, () => change(tx)) };
    } catch (error) {
      if (error instanceof Problem && !ofStorage.has(error.code)) return { error };
      throw error;
    }
  }

  /** A group that fails as a whole is tried again one by one, so that a faulty member takes no other with it. */
  async function write(group: readonly Member<Row>[]): Promise<void> {
    try {
      const outcomes = await inTransaction((tx) => attempt(tx, group));
      for (const [i, { resolve, reject }] of group.entries()) {
        const outcome = outcomes[i]!;
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.value);
      }
    } catch (error) {
      const shared = error instanceof Problem && ofStorage.has(error.code);
      if (group.length === 1 || shared) for (const { reject } of group) reject(error);
      else for (const one of group) await write([one]);
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      while (underWay.length >= MOST_UNDER_WAY) await Promise.race(underWay);
      await pace();
      const group = waiting.splice(0, MOST);
      const one = write(group).finally(() => underWay.splice(underWay.indexOf(one), 1));
      underWay.push(one);
    }
    running = undefined;
  }

  const add = (member: { row: Row } | { change(tx: Tx): Promise<unknown> }): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.push({ ...member, resolve, reject });
      running ??= outside(run);
    });

  return {
    write: (row) => add({ row }) as Promise<Result>,
    commit: <T>(change: (tx: Tx) => Promise<T>) => add({ change }) as Promise<T>,
    async settled() {
      while (running ?? underWay.length > 0) await Promise.all([running, ...underWay]);
    },
  };
}

/** Every member of the group would fail in the same way. */
const ofStorage: ReadonlySet<string> = new Set(['STORAGE_FULL', 'STORAGE_UNAVAILABLE']);
