import type { Schemas } from '../../../sdk/admin/client.ts';
import type { Webhook } from '../commands/webhook-text.ts';
import { describeGalleries, type OwnGalleries, tables } from '../gallery-calibrations.ts';
import { count } from '../terminal/terminal.ts';
import type { Detail, Finding } from './checks.ts';

/** Open alerts of an organization that the doctor counts. */
export const MOST_ALERTS = 1000;

/** `Museum (2), Port (at least 1,000)`: where there are some, and how many are counted at most. */
function describeCounts(
  what: string,
  counts: readonly { name: string; count: number }[],
  most: number,
): Detail[] {
  const found = counts
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${name} (${count >= most ? 'at least ' : ''}${count.toLocaleString('en')})`);
  return found.length === 0 ? [] : [{ what, found: found.join(', ') }];
}

/** Unacknowledged alerts of the live world, by organization. */
export const describeAlerts = (open: readonly { name: string; count: number }[]): Detail[] =>
  describeCounts('alerts', open, MOST_ALERTS);

/** What is wrong with backups; else when the last good one was made, and whether one was proven. */
export function describeBackups(
  runs: readonly Schemas['Backup'][],
  { items: plans, warnings }: Schemas['BackupPlans'],
): Detail {
  const what = 'backups';
  if (warnings.length > 0) return { what, found: warnings.join(' ') };
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

/** Erasures that wait for something, by organization. */
export const describeErasures = (pending: readonly { name: string; count: number }[]): Detail[] =>
  describeCounts('erasures', pending, MOST_COUNTED);

/** Webhooks of an organization for live events, and whether it has grants. */
export interface EventsOut {
  name: string;
  webhooks: readonly Pick<Webhook, 'id' | 'kind' | 'url' | 'state' | 'failingSince'>[];
  isGranted: boolean;
}

const MOST_NAMED = 5;

/** Webhooks of the live world that are disabled or accept nothing, and those without a grant. */
export const describeWebhooks = (all: readonly EventsOut[]): Detail[] => [
  ...all.flatMap(describeReceivers),
  ...all.flatMap(describeGrants),
];

function describeReceivers({ name, webhooks }: EventsOut): Detail[] {
  const troubles = webhooks.flatMap((one) => {
    const to =
      one.kind === 'callback'
        ? `${one.id} (callback URLs)`
        : `${one.id} (${URL.parse(one.url)?.host ?? one.url})`;
    if (one.state.is === 'disabled')
      return [`${to} is disabled since ${one.state.at}: ${one.state.reason.replace(/\.$/, '')}`];
    return one.failingSince === undefined ? [] : [`${to} has accepted nothing since ${one.failingSince}`];
  });
  if (troubles.length === 0) return [];
  const others = troubles.length > MOST_NAMED ? `; and ${troubles.length - MOST_NAMED} more` : '';
  return [{ what: 'webhooks', found: `${name}: ${troubles.slice(0, MOST_NAMED).join('; ')}${others}` }];
}

function describeGrants({ name, webhooks, isGranted }: EventsOut): Detail[] {
  const waiting = webhooks.filter(({ kind, state }) => kind === 'endpoint' && state.is === 'enabled');
  if (isGranted || waiting.length === 0) return [];
  return [{ what: 'grants', found: `${name} has ${count(waiting.length, 'webhook', 'webhooks')}` }];
}

/** By kind. */
export const describeDeadJobs = (counts: readonly { kind: string; dead: number }[]): Detail[] =>
  describeCounts(
    'dead jobs',
    counts.map(({ kind, dead }) => ({ name: kind, count: dead })),
    Number.POSITIVE_INFINITY,
  );
