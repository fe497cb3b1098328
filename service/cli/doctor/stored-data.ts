import type { Schemas } from '../../../sdk/admin/client.ts';
import type { Webhook } from '../commands/webhook-text.ts';
import { describeGalleries, type OwnGalleries, tables } from '../gallery-calibrations.ts';
import { invocation } from '../invocation.ts';
import { count } from '../terminal/terminal.ts';
import type { Detail, Finding } from './checks.ts';

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

/** When the last good backup was made, and whether one was proven. */
export function describeBackups(
  runs: readonly Schemas['Backup'][],
  { items: plans }: Pick<Schemas['BackupPlans'], 'items'>,
): Detail {
  const what = 'backups';
  const last = runs.find(({ outcome }) => outcome === 'done');
  if (!last) return { what, found: plans.length > 0 ? 'scheduled; the first is not made yet' : 'none' };
  const proven = runs.find(({ verifiedAt }) => verifiedAt !== undefined);
  const found = `the last good one is from ${last.startedAt}; ${proven ? `proven: ${proven.path}` : 'none was ever proven'}${plans.length === 0 ? '; none is scheduled' : ''}`;
  return { what, found };
}

/** Whether the stated error rates were compared with the enrolled people. */
export const describeOwnGalleries = (
  organizations: readonly ({ organization: string } & OwnGalleries)[],
): Detail[] =>
  organizations.flatMap(({ organization, ...own }) =>
    describeGalleries(own).map((one) => ({
      what: 'error rates',
      found: `${organization}, ${one.env}, scorer ${one.scorer}, rates for ${tables[one.holdsFor]}: ${one.found}`,
    })),
  );

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

/** Webhooks of an organization for live events, and whether it has grants. */
export interface EventsOut {
  id: string;
  name: string;
  webhooks: readonly Pick<Webhook, 'id' | 'kind' | 'url' | 'state' | 'failingSince'>[];
  isGranted: boolean;
}

const MOST_NAMED = 5;

/** Reports webhooks of the live world that accept nothing; no line without webhooks. */
export function checkWebhooks(all: readonly EventsOut[]): Finding[] {
  return [...all.flatMap(checkReceivers), ...all.flatMap(checkGrants)];
}

function checkReceivers({ id, name, webhooks }: EventsOut): Finding[] {
  const troubles = webhooks.flatMap((one) => {
    const to = one.kind === 'callback' ? `${one.id} (callback URLs)` : `${one.id} (${new URL(one.url).host})`;
    if (one.state.is === 'disabled')
      return [`${to} is disabled since ${one.state.at}: ${one.state.reason.replace(/\.$/, '')}`];
    return one.failingSince === undefined ? [] : [`${to} has accepted nothing since ${one.failingSince}`];
  });
  if (troubles.length === 0) return [];
  const others = troubles.length > MOST_NAMED ? `; and ${troubles.length - MOST_NAMED} more` : '';
  return [
    {
      what: 'webhooks',
      state: 'warn',
      found: `${name}: ${troubles.slice(0, MOST_NAMED).join('; ')}${others}`,
      remedy: `See what came back: ${invocation} webhook deliveries --org ${id}   One that is disabled: ${invocation} webhook enable --org ${id} WEBHOOK`,
    },
  ];
}

function checkGrants({ id, name, webhooks, isGranted }: EventsOut): Finding[] {
  const waiting = webhooks.filter(({ kind, state }) => kind === 'endpoint' && state.is === 'enabled');
  if (isGranted || waiting.length === 0) return [];
  return [
    {
      what: 'grants',
      state: 'warn',
      found: `${name} has ${count(waiting.length, 'webhook', 'webhooks')} and no grant: nothing is sent`,
      remedy: `Allow where they lead: ${invocation} grant add --org ${id} DESTINATION`,
    },
  ];
}

/** Reports dead jobs; no line without any. */
export function checkDeadJobs(counts: readonly { kind: string; dead: number }[]): Finding[] {
  const found = counts.filter(({ dead }) => dead > 0);
  if (found.length === 0) return [];
  const all = found.reduce((sum, { dead }) => sum + dead, 0);
  return [
    {
      what: 'dead jobs',
      state: 'warn',
      found: `${count(all, 'job has', 'jobs have')} no attempt left: ${found.map(({ kind, dead }) => `${kind} (${dead})`).join(', ')}`,
      remedy: `See why: ${invocation} jobs list --state dead   then, of each: ${invocation} jobs retry JOB   or: ${invocation} jobs remove JOB`,
    },
  ];
}
