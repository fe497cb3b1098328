import type { Tx } from '../../storage/transaction.ts';
import type { RecordedEvent } from '../events/index.ts';
import type { createFiring } from './firing.ts';
import type { createFirstRule } from './first-rule.ts';
import type { RuleStore } from './rule-store.ts';

export interface SwitchedOffDeps {
  rules: Pick<RuleStore, 'everOf'>;
  fire: ReturnType<typeof createFiring>;
  addFirstRule: ReturnType<typeof createFirstRule>;
}

/**
 * Fires the rules of `webhook-disabled`. The first time that a webhook is switched off there is a rule, whether a person made one or not:
 * else an organization with one webhook alone would not be told. A rule that is removed does not come back.
 */
export function createSwitchedOff({ rules, fire, addFirstRule }: SwitchedOffDeps) {
  return async function tellSwitchedOff(tx: Tx, events: readonly RecordedEvent[]): Promise<void> {
    for (const event of events) {
      if (event.type !== 'webhook.disabled') continue;
      const { organization, world } = event;
      const realm = { organization, world };
      const ever = await rules.everOf(tx, realm, 'webhook-disabled');
      const { endpoint, reason } = event.payload;
      for (const rule of ever.length === 0 ? [await addFirstRule(tx, realm, 'webhook-disabled')] : ever) {
        if (!rule.enabled || ever.some(({ id, removed }) => removed && id === rule.id)) continue;
        await fire(tx, rule, { value: 1, about: endpoint, reason });
      }
    }
  };
}
