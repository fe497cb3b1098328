import type { Schemas } from '../../../sdk/admin/client.ts';
import { waitingLines } from '../commands/retention.ts';
import type { Finding } from './checks.ts';

/** Sweeps that wait for an operator; nothing is said where none does. A clock in doubt fails, because nothing is swept then. */
export function checkRetention(waiting: Schemas['RetentionWaiting']): Finding[] {
  const what = 'retention';
  const state = waiting.clock === undefined ? ('warn' as const) : ('fail' as const);
  return waitingLines(waiting).map(({ found, remedy }, i) => ({
    what,
    found,
    remedy,
    state: i === 0 ? state : ('warn' as const),
  }));
}
