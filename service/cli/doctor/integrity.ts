import type { Schemas } from '../../../sdk/admin/client.ts';
import { count } from '../terminal/terminal.ts';
import type { Finding } from './checks.ts';

/** One failed finding for each fault, at most this many. */
const MOST = 10;

/** What is signed or carries a MAC and is not as the service wrote it. */
export function checkIntegrity(faults: readonly Schemas['IntegrityFault'][]): Finding[] {
  const what = 'signatures and MACs';
  if (faults.length === 0)
    return [{ what, state: 'ok', found: 'keys, signed lists, receipts and protected rows are as written' }];
  const left = faults.length - MOST;
  return faults.slice(0, MOST).map(({ says, table, id }, i) => ({
    what,
    state: 'fail',
    found: `${table}${id === undefined ? '' : ` ${id}`} was changed${i === MOST - 1 && left > 0 ? `; ${count(left, 'more is', 'more are')} not shown: gatehouse audit verify` : ''}`,
    remedy: says,
  }));
}
