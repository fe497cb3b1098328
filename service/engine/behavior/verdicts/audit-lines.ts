import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { systemTimer, type Timer } from '../../../lib/clock.ts';
import type { KeyId, OrganizationId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import type { Foundation } from '../../audit/index.ts';

interface AuditLinesDeps extends Pick<Foundation, 'inTransaction' | 'audit' | 'log'> {
  timer?: Timer | undefined;
}

/** Milliseconds from the first verdict of a line to its writing: with the writing itself, under 250. */
const LAG = 200;

interface Line {
  key: KeyId;
  organization: OrganizationId;
  world: World;
  verdicts: number;
  human: number;
  agents: number;
}

/**
 * Lines of the audit log about verdicts: one for each key and quarter of a second, with counts. They lag behind the answers by that much;
 * a process that is killed loses the last.
 */
export function createAuditLines({ inTransaction, audit, log, timer = systemTimer }: AuditLinesDeps) {
  const outside = AsyncLocalStorage.snapshot();
  let lines = new Map<KeyId, Line>();
  let due: (() => void) | undefined;
  let running = Promise.resolve();

  async function write(): Promise<void> {
    const written = [...lines.values()];
    lines = new Map();
    if (written.length === 0) return;
    try {
      await inTransaction(async (tx) => {
        for (const { key, organization, ...details } of written)
          await audit.add(tx, {
            actor: { is: 'key', key },
            action: 'behavior.verify',
            organization,
            details: { ...details },
          });
      });
    } catch (error) {
      log.error({ err: error }, 'audit lines about verdicts could not be written; they are tried again');
      for (const line of written) count(line, line);
      arm();
    }
  }

  function count(
    { key, organization, world }: Pick<Line, 'key' | 'organization' | 'world'>,
    more: Pick<Line, 'verdicts' | 'human' | 'agents'>,
  ): void {
    const line = lines.get(key) ?? { key, organization, world, verdicts: 0, human: 0, agents: 0 };
    line.verdicts += more.verdicts;
    line.human += more.human;
    line.agents += more.agents;
    lines.set(key, line);
  }

  function arm(): void {
    due ??= timer.after(LAG, () => void outside(begin));
  }

  function begin(): Promise<void> {
    due?.();
    due = undefined;
    running = running.then(write);
    return running;
  }

  return {
    note(
      of: { key: KeyId; organization: OrganizationId; world: World },
      { human, agent }: { human: boolean; agent: boolean },
    ): void {
      count(of, { verdicts: 1, human: human ? 1 : 0, agents: agent ? 1 : 0 });
      arm();
    },
    settled: begin,
  };
}

/**
 * Changes of requests that came together, in one transaction: to wait for the disk costs as much as hundreds of rows. Each caller is
 * answered after the transaction that holds its change.
 */
export interface GroupCommit {
  /** It may run more than once, as in every transaction. */
  commit<T>(change: (tx: Tx) => Promise<T>): Promise<T>;
  /** Waits until everything that was added is written. */
  settled(): Promise<void>;
}

interface Member {
  change(tx: Tx): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Bounds how long one transaction keeps others waiting. */
const MOST = 64;
/** Every member would fail in the same way. */
const ofStorage: ReadonlySet<string> = new Set(['STORAGE_FULL', 'STORAGE_UNAVAILABLE']);

export function createGroupCommit(inTransaction: InTransaction): GroupCommit {
  const outside = AsyncLocalStorage.snapshot();
  const waiting: Member[] = [];
  let running: Promise<void> | undefined;

  /** A group in which one fails is undone, and each of it is tried alone. */
  async function write(group: readonly Member[]): Promise<void> {
    try {
      const values = await inTransaction(async (tx) => {
        const made: unknown[] = [];
        for (const { change } of group) made.push(await change(tx));
        return made;
      });
      for (const [i, { resolve }] of group.entries()) resolve(values[i]);
    } catch (error) {
      const shared = error instanceof Problem && ofStorage.has(error.code);
      if (group.length === 1 || shared) for (const { reject } of group) reject(error);
      else for (const one of group) await write([one]);
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      // Requests that are read together go together.
      await turn();
      await write(waiting.splice(0, MOST));
    }
    running = undefined;
  }

  return {
    commit: (change) =>
      new Promise((resolve, reject) => {
        waiting.push({ change, resolve: resolve as Member['resolve'], reject });
        running ??= outside(run);
      }),
    settled: async () => running,
  };
}
