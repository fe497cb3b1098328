import type { Webhook } from '../commands/webhook-text.ts';
import { invocation } from '../invocation.ts';
import { count } from '../terminal/terminal.ts';
import type { Finding } from './checks.ts';

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
