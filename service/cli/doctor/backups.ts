import type { Schemas } from '../../../sdk/admin/client.ts';
import { invocation } from '../invocation.ts';
import type { Finding } from './checks.ts';

const DAY = 86_400_000;

/** When the last good backup was made, and whether the schedule works. */
export function checkBackups(
  runs: readonly Schemas['Backup'][],
  { items: plans, warnings }: Schemas['BackupPlans'],
  now: number,
): Finding {
  const what = 'backups';
  const last = runs.find(({ outcome }) => outcome === 'done');
  const [trouble] = warnings;
  if (trouble !== undefined) {
    return {
      what,
      state: 'fail',
      found: trouble,
      remedy: `${invocation} backup list  shows every run; put the cause right, then: ${invocation} backup DIR`,
    };
  }
  if (!last) {
    const state = plans.length > 0 ? 'ok' : 'warn';
    const found = plans.length > 0 ? 'scheduled; the first is not made yet' : 'there was none yet';
    return { what, state, found, ...(state === 'ok' ? {} : { remedy: schedule }) };
  }
  const proven = runs.find(({ verifiedAt }) => verifiedAt !== undefined);
  const found = `the last good one is from ${last.startedAt}; ${proven ? `proven: ${proven.path}` : 'none was ever proven'}${plans.length === 0 ? '; none is scheduled' : ''}`;
  if (plans.length === 0 && now - Date.parse(last.startedAt) > 7 * DAY)
    return { what, state: 'warn', found, remedy: schedule };
  if (!proven)
    return { what, state: 'warn', found, remedy: `${invocation} backup verify ${last.path} --keys PLACE` };
  return { what, state: 'ok', found };
}

const schedule = `${invocation} backup schedule DIR --every 24h --keep 7   (DIR on another disk)`;
