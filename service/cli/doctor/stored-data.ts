import type { Schemas } from '../../../sdk/admin/client.ts';
import { waitingLines } from '../commands/retention.ts';
import { describeGalleries, type OwnGalleries, tables } from '../gallery-calibrations.ts';
import { invocation } from '../invocation.ts';
import { count } from '../terminal/terminal.ts';
import type { Finding } from './checks.ts';

/** Open alerts of an organization that the doctor counts. */
export const MOST_ALERTS = 1000;

/** Unacknowledged alerts of the live world, by organization; no finding where there are none. */
export function checkAlerts(open: readonly { id: string; name: string; alerts: number }[]): Finding[] {
  const some = open.filter(({ alerts }) => alerts > 0);
  if (some.length === 0) return [];
  const all = some.reduce((sum, { alerts }) => sum + alerts, 0);
  const atLeast = some.some(({ alerts }) => alerts >= MOST_ALERTS) ? 'at least ' : '';
  const names = some.map(({ name, alerts }) => `${name} (${alerts})`).join(', ');
  return [
    {
      what: 'alerts',
      state: 'warn',
      found: `${atLeast}${count(all, 'alert is', 'alerts are')} open: ${names}`,
      remedy: `Look at them, and acknowledge: ${some.map(({ id }) => `${invocation} alert list --org ${id}`).join('   ')}`,
    },
  ];
}

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

/** Whether the stated error rates were checked on the enrolled people, and whose templates are in doubt. */
export function checkOwnGalleries(
  organizations: readonly ({ organization: string } & OwnGalleries)[],
): Finding[] {
  return organizations.flatMap(({ organization, ...own }) => {
    const option = `--org ${JSON.stringify(organization)}`;
    const rates = describeGalleries(own).map((one): Finding => {
      const found = `${organization}, ${one.env}, scorer ${one.scorer}, rates for ${tables[one.holdsFor]}: ${one.found}`;
      if (one.standing !== 'not-measured') return { what: 'error rates', state: 'ok', found };
      const remedy = `${invocation} org calibrate ${option}`;
      return { what: 'error rates', state: 'warn', found, remedy };
    });
    return [...rates, ...checkDoubtful(organization, option, own)];
  });
}

function checkDoubtful(organization: string, option: string, { items }: OwnGalleries): Finding[] {
  return (['live', 'test'] as const).flatMap((env): Finding[] => {
    const doubtful = Math.max(0, ...items.filter((one) => one.env === env).map((one) => one.doubtful));
    if (doubtful === 0) return [];
    return [
      {
        what: 'templates',
        state: 'warn',
        found: `${organization}, ${env}: ${count(doubtful, 'person has a template that does', 'people have templates that do')} not distinguish them from others`,
        remedy: `${invocation} subject doubtful ${option} --env ${env}   lists them; enroll each again with a picture of the bare, upright face`,
      },
    ];
  });
}

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

/** Pending erasures of an organization that the doctor counts. */
export const MOST_COUNTED = 1000;

/** Erasures that wait for something, by organization; nothing is said where none does. */
export function checkErasures(pending: readonly { id: string; name: string; erasures: number }[]): Finding[] {
  if (pending.length === 0) return [];
  const all = pending.reduce((sum, { erasures }) => sum + erasures, 0);
  const atLeast = pending.some(({ erasures }) => erasures >= MOST_COUNTED) ? 'at least ' : '';
  const names = pending.map(({ name, erasures }) => `${name} (${erasures})`).join(', ');
  return [
    {
      what: 'erasures',
      state: 'warn',
      found: `${atLeast}${count(all, 'erasure is', 'erasures are')} pending: ${names}; a copy of the key store that was not reached may still hold the keys`,
      remedy: `What each waits for: ${pending.map(({ id }) => `${invocation} receipt list --pending --org ${id}`).join('   ')}`,
    },
  ];
}

/** Keys whose person is not in this database, where they are too many to have been left by enrollments that were cut short. */
export function checkKeysWithoutPerson({ keys }: { keys: number }): Finding[] {
  if (keys === 0) return [];
  return [
    {
      what: 'keys without a person',
      state: 'warn',
      found: `${count(keys, 'key belongs', 'keys belong')} to people who are not in this database; they are kept, because too many are missing for a sweep to destroy them`,
      remedy:
        'After a restore of an older backup these are the people enrolled since: restore a newer one, or enroll them again. Otherwise the database may not be the one of these keys: look at --data and the database settings.',
    },
  ];
}

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
