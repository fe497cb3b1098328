import { defined } from '../../../lib/defined.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { DeliveryQueue, Events, NewDelivery } from '../../events/index.ts';
import { insertAlert, isHeld, isThere, mailName } from './alert-store.ts';
import { MOST_MAILS, type Recipients } from './recipients.ts';
import type { StoredRule } from './rule-store.ts';
import type { Breach } from './watching/watched-rules.ts';

const MINUTE = 60_000;

/** `notified` of an alert that has just fired. */
const begun = {
  webhook: 'written as the event alert.triggered',
  desktop: 'offered',
  email: 'waiting',
} as const;
/** The outcome of a mail beyond the organization's hourly limit. */
export const HOURLY_LIMIT = `not sent: the organization has mailed ${MOST_MAILS} times within an hour; alerts are listed as usual`;
const emailChannel = (address: string): string => `email ${address}`;
export const addressOf = (channel: string): string | undefined =>
  channel.startsWith('email ') ? channel.slice('email '.length) : undefined;

export interface FiringDeps extends Pick<Foundation, 'audit' | 'ids' | 'clock'> {
  recipients: Pick<Recipients, 'takeMails'>;
  events: Events;
  queue: Pick<DeliveryQueue, 'add'>;
}

/** Does what no person asked for at that moment. */
export const appliance: Actor = { is: 'appliance', task: 'alerts' };

/**
 * Writes an alert, its audit line, its event and its mails in the given transaction, unless the rule holds off or the person
 * is erased. False then.
 */
export function createFiring({ recipients, events, audit, queue, ids, clock }: FiringDeps) {
  return async function fire(
    tx: Tx,
    rule: StoredRule,
    { value, about, subject, reason }: Breach,
  ): Promise<boolean> {
    const now = clock.now();
    const holdOff = rule.holdOffMinutes * MINUTE;
    // A clock set back by more than a hold-off would otherwise silence the rule until it is that late again.
    if (await isHeld(tx, rule.id, about, { now, latest: now + 2 * holdOff })) return false;
    const { organization, world, metric, threshold, channels } = rule;
    // The person was erased meanwhile: no alert is sent or stored.
    if (subject !== undefined && !(await isThere(tx, organization, subject))) return false;
    const id = ids.next('alert');
    const { email } = channels;
    const taken = await recipients.takeMails(tx, organization, email.length);
    await insertAlert(tx, {
      id,
      organization,
      world,
      rule: rule.id,
      metric,
      about,
      subject,
      value,
      threshold,
      firedAt: now,
      holdUntil: now + holdOff,
      notified: {
        ...(channels.webhook && { webhook: begun.webhook }),
        ...(channels.desktop && { desktop: begun.desktop }),
        ...Object.fromEntries(
          email.map((address, i) => [emailChannel(address), i < taken ? begun.email : HOURLY_LIMIT]),
        ),
      },
    });
    await audit.add(tx, {
      actor: appliance,
      action: 'alert.fire',
      organization,
      target: id,
      details: { rule: rule.id, world, metric, value, threshold, ...defined({ about }) },
    });
    if (channels.webhook) {
      const payload = {
        alert: id,
        rule: rule.id,
        name: rule.name,
        metric,
        value,
        threshold,
        windowMinutes: rule.windowMinutes,
        ...defined({ reason }),
      };
      const event = { type: 'alert.triggered', organization, world } as const;
      if (subject === undefined) {
        await events.add(tx, { ...event, payload: { ...payload, ...defined({ about }) } });
      } else {
        // Nothing is personal in it but the person it names: so erasing the person reaches the event and what was sent of it.
        await events
          .add(tx, { ...event, payload: { ...payload, about: subject }, personal: { subject, values: {} } })
          .catch((error: unknown) => {
            if (!(error instanceof Problem && error.code === 'SUBJECT_NOT_FOUND')) throw error;
            // The person's key is destroyed: the alert names no person.
            return events.add(tx, { ...event, payload });
          });
      }
    }
    if (taken === 0) return true;
    const mails = email.slice(0, taken).map(
      (_, to): NewDelivery => ({
        id: ids.next('delivery'),
        organization,
        world,
        subject: undefined,
        // Of the whole box: there is one mail server.
        event: id,
        name: mailName(to),
        origin: 'alert',
        lane: 'mail',
      }),
    );
    await queue.add(tx, mails);
    return true;
  };
}
