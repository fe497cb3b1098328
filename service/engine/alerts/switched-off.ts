import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import { describeActor } from '../audit/index.ts';
import type { EventRealm, RecordedEvent } from '../events/index.ts';
import { checkNewRule } from './alert-rule.ts';
import { type createFiring, itself } from './firing.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';

export interface SwitchedOffDeps {
  rules: Pick<RuleStore, 'everOf' | 'insert'>;
  fire: ReturnType<typeof createFiring>;
  /** Writes the audit line of a rule that was added. */
  added(tx: Tx, rule: StoredRule): Promise<void>;
  ids: Ids;
  clock: Clock;
}

/**
 * Fires the rules of `webhook-disabled`. The first time that a webhook is switched off there is a rule, whether anybody made one or not:
 * else whoever has one webhook alone would not be told. Whoever removes it gets no other.
 */
export function createSwitchedOff({ rules, fire, added, ids, clock }: SwitchedOffDeps) {
  async function firstRule(tx: Tx, realm: EventRealm): Promise<StoredRule> {
    const rule: StoredRule = {
      ...checkNewRule({ metric: 'webhook-disabled', channels: { desktop: true } }),
      ...{ id: ids.next('alertRule'), ...realm, enabled: true },
      createdAt: clock.now(),
      createdBy: describeActor(itself),
    };
    await rules.insert(tx, rule);
    await added(tx, rule);
    return rule;
  }

  return async function tellSwitchedOff(tx: Tx, events: readonly RecordedEvent[]): Promise<void> {
    for (const event of events) {
      if (event.type !== 'webhook.disabled') continue;
      const { organization, world } = event;
      const realm = { organization, world };
      const ever = await rules.everOf(tx, realm, 'webhook-disabled');
      const { endpoint, reason } = event.payload;
      for (const rule of ever.length === 0 ? [await firstRule(tx, realm)] : ever) {
        if (!rule.enabled || ever.some(({ id, removed }) => removed && id === rule.id)) continue;
        await fire(tx, rule, { value: 1, about: endpoint, reason });
      }
    }
  };
}
