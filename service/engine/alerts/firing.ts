import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Jobs, NewJob } from '../jobs/index.ts';
import type { AlertStore } from './alert-store.ts';
import type { StoredRule } from './rule-store.ts';
import type { Breach } from './watched-rules.ts';

const MINUTE = 60_000;

/** What `notified` says of an alert that has just fired. */
const begun = {
  webhook: 'written as the event alert.triggered',
  desktop: 'offered',
  email: 'waiting',
} as const;
/** Of one rule in its hold-off: where it counts people or keys apart, a run on all of them is no flood of mail. */
const MOST_MAILED = 20;
const UNMAILED = `not sent: the rule has mailed ${MOST_MAILED} alerts in its hold-off; the others are listed`;
const emailChannel = (address: string): string => `email ${address}`;
export const addressOf = (channel: string): string | undefined =>
  channel.startsWith('email ') ? channel.slice('email '.length) : undefined;

export interface FiringDeps {
  alerts: Pick<AlertStore, 'isHeld' | 'isThere' | 'firedAt' | 'insert'>;
  events: Events;
  audit: Audit;
  jobs: Pick<Jobs, 'add'>;
  ids: Ids;
  clock: Clock;
}

/** Who does what nobody asked for at that moment. */
export const itself: Actor = { is: 'operator', name: 'gatehouse' };

/**
 * Writes an alert, its audit line, its event and its mail jobs in the given transaction, unless the rule holds off or the person
 * is erased. False then.
 */
export function createFiring({ alerts, events, audit, jobs, ids, clock }: FiringDeps) {
  /** Whether the rule may mail once more. */
  async function mayMail(tx: Tx, rule: StoredRule, { now, holdOff }: { now: number; holdOff: number }) {
    if (rule.channels.email.length === 0) return false;
    const at = await alerts.firedAt(tx, rule, rule.id, MOST_MAILED);
    return at === undefined || at <= now - holdOff || at > now + holdOff;
  }

  return async function fire(
    tx: Tx,
    rule: StoredRule,
    { value, about, subject, reason }: Breach,
  ): Promise<boolean> {
    const now = clock.now();
    const holdOff = rule.holdOffMinutes * MINUTE;
    // A clock set back by more than a hold-off would otherwise silence the rule until it is that late again.
    if (await alerts.isHeld(tx, rule.id, about, { now, latest: now + 2 * holdOff })) return false;
    const { organization, world, metric, threshold, channels } = rule;
    // Erased since it happened: nothing is told of the person, and nothing is kept.
    if (subject !== undefined && !(await alerts.isThere(tx, organization, subject))) return false;
    const id = ids.next('alert');
    const mails = await mayMail(tx, rule, { now, holdOff });
    await alerts.insert(tx, {
      ...{ id, organization, world, rule: rule.id, metric, about, subject, value, threshold },
      firedAt: now,
      holdUntil: now + holdOff,
      notified: {
        ...(channels.webhook && { webhook: begun.webhook }),
        ...(channels.desktop && { desktop: begun.desktop }),
        ...Object.fromEntries(
          channels.email.map((address) => [emailChannel(address), mails ? begun.email : UNMAILED]),
        ),
      },
    });
    await audit.add(tx, {
      actor: itself,
      action: 'alert.fire',
      organization,
      target: id,
      details: { rule: rule.id, world, metric, value, threshold, ...(about !== undefined && { about }) },
    });
    if (channels.webhook) {
      const payload = {
        ...{ alert: id, rule: rule.id, name: rule.name, metric, value, threshold },
        windowMinutes: rule.windowMinutes,
        ...(reason !== undefined && { reason }),
      };
      const event = { type: 'alert.triggered', organization, world } as const;
      if (subject === undefined) {
        await events.add(tx, { ...event, payload: { ...payload, ...(about !== undefined && { about }) } });
      } else {
        // Nothing is personal in it but whom it names: so erasing the person reaches the event and what was sent of it.
        await events
          .add(tx, { ...event, payload: { ...payload, about: subject }, personal: { subject, values: {} } })
          .catch((error: unknown) => {
            if (!(error instanceof Problem && error.code === 'SUBJECT_NOT_FOUND')) throw error;
            // Their key is gone: it is told without whom.
            return events.add(tx, { ...event, payload });
          });
      }
    }
    if (!mails) return true;
    const work = channels.email.map(
      (_, to): NewJob => ({ kind: 'mail', payload: { alert: id, to }, organization, key: `${id}/${to}` }),
    );
    await jobs.add(tx, work);
    return true;
  };
}
