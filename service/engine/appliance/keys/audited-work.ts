import type { Locks } from '../../../lib/locks.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';

export interface AuditedWork {
  write(
    actor: Actor,
    action: string,
    details: Record<string, unknown>,
    how?: { refused?: boolean; target?: string | undefined },
  ): Promise<void>;
  /** Audits the beginning of `work` and its end, also when it throws; one after the other. Only what was done names the target. */
  audited<T extends object>(
    actor: Actor,
    action: string,
    details: Record<string, unknown>,
    work: () => Promise<T>,
    target?: string,
  ): Promise<T>;
}

/** For changes of keys, which are in another store than the log. */
export function createAuditedWork({
  inTransaction,
  audit,
  locks,
}: {
  inTransaction: InTransaction;
  audit: Audit;
  locks: Locks;
}): AuditedWork {
  const turns = locks.of('keys');
  const write: AuditedWork['write'] = (actor, action, details, { refused = false, target } = {}) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor,
        action,
        details,
        ...(target !== undefined && { target }),
        ...(refused && { outcome: 'refused' as const }),
      }),
    );
  return {
    write,
    audited: (actor, action, details, work, target) =>
      turns('', async () => {
        await write(actor, `${action}.begin`, details);
        try {
          const result = await work();
          await write(actor, action, { ...details, ...result }, { target });
          return result;
        } catch (error) {
          const code = error instanceof Problem ? error.code : 'INTERNAL';
          await write(actor, action, { ...details, code }, { refused: true });
          throw error;
        }
      }),
  };
}
