import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import { type Audit, describeActor } from '../audit/index.ts';
import type { EventRealm } from '../events/index.ts';
import type { AlertMetric } from './alert.ts';
import { checkNewRule } from './alert-rule.ts';
import { appliance } from './firing.ts';
import { noteRule, settingsOf } from './note-rule.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';

export interface FirstRuleDeps {
  rules: Pick<RuleStore, 'insert'>;
  audit: Audit;
  ids: Ids;
  clock: Clock;
}

/** Adds the recommended rule of a metric that is told of whether a person made a rule for it or not; on the desktop too. */
export function createFirstRule({ rules, audit, ids, clock }: FirstRuleDeps) {
  return async function addFirstRule(tx: Tx, realm: EventRealm, metric: AlertMetric): Promise<StoredRule> {
    const { organization, world } = realm;
    const rule: StoredRule = {
      ...checkNewRule({ metric, channels: { desktop: true } }),
      ...{ id: ids.next('alertRule'), organization, world, enabled: true },
      createdAt: clock.now(),
      createdBy: describeActor(appliance),
    };
    await rules.insert(tx, rule);
    await noteRule(audit, tx, appliance, 'add', rule, settingsOf(rule));
    return rule;
  };
}
