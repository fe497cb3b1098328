import type { Locks } from '../../../lib/locks.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';

export interface AuditedWork {
  write(actor: Actor, action: string, details: Record<string, unknown>, refused?: boolean): Promise<void>;
  /** Audits the beginning of `work` and its end, also when it throws; one after the other. */
  audited<T extends object>(
    actor: Actor,
    action: string,
    details: Record<string, unknown>,
    work: () => Promise<T>,
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
  const write: AuditedWork['write'] = (actor, action, details, refused = false) =>
    inTransaction((tx) =>
      audit.add(tx, { actor, action, details, ...(refused && { outcome: 'refused' as const }) }),
    );
  return {
    write,
    audited: (actor, action, details, work) =>
      turns('', async () => {
        await write(actor, `${action}.begin`, details);
        try {
          const result = await work();
          await write(actor, action, { ...details, ...result });
          return result;
        } catch (error) {
          const code = error instanceof Problem ? error.code : 'INTERNAL';
          await write(actor, action, { ...details, code }, true);
          throw error;
        }
      }),
  };
}
