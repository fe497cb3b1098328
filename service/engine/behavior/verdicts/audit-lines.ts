import { AsyncLocalStorage } from 'node:async_hooks';
import type { KeyId, OrganizationId, World } from '../../../lib/id.ts';
import type { Log } from '../../../lib/log.ts';
import { systemTimer, type Timer } from '../../../lib/timer.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { Audit } from '../../audit/index.ts';

/**
 * Lines of the audit log about verdicts: one for each key and quarter of a second, with counts. They lag behind the answers by that much;
 * a process that is killed loses the last.
 */
export interface AuditLines {
  note(
    of: { key: KeyId; organization: OrganizationId; world: World },
    verdict: { human: boolean; agent: boolean },
  ): void;
  settled(): Promise<void>;
}

export interface AuditLinesDeps {
  inTransaction: InTransaction;
  audit: Audit;
  log: Log;
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

export function createAuditLines({
  inTransaction,
  audit,
  log,
  timer = systemTimer,
}: AuditLinesDeps): AuditLines {
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
    note(of, { human, agent }) {
      count(of, { verdicts: 1, human: human ? 1 : 0, agents: agent ? 1 : 0 });
      arm();
    },
    settled: begin,
  };
}
