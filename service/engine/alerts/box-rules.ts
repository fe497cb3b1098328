import type { EventRealm } from '../events/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { AlertMetric } from './alert.ts';
import type { createFirstRule } from './first-rule.ts';
import type { GaugeReadings } from './gauges.ts';
import type { RuleChanges } from './rule-changes.ts';
import type { RuleStore } from './rule-store.ts';

export interface BoxRulesDeps {
  organizations: Pick<Organizations, 'list'>;
  readings: Pick<GaugeReadings, 'backupTroubles' | 'sweepWaiting'>;
  rules: Pick<RuleStore, 'everOf'>;
  changes: Pick<RuleChanges, 'change'>;
  addFirstRule: ReturnType<typeof createFirstRule>;
}

/**
 * The first time that a backup would not restore or that a sweep waits there is a rule, whether a person made one or not: each
 * is lost unnoticed otherwise. A rule that is removed does not come back.
 */
export function createBoxRules({ organizations, readings, rules, changes, addFirstRule }: BoxRulesDeps) {
  const addOnce = (realm: EventRealm, metric: AlertMetric) =>
    changes.change(async (tx) =>
      (await rules.everOf(tx, realm, metric)).length > 0 ? undefined : addFirstRule(tx, realm, metric),
    );

  return async function addBoxRules(): Promise<void> {
    const troubled = readings.backupTroubles().length > 0;
    for (const { id: organization, erasedAt } of await organizations.list()) {
      if (erasedAt !== undefined) continue;
      const realm = { organization, world: 'live' } as const;
      const waits = (await readings.sweepWaiting(organization)) !== undefined;
      if (troubled) await addOnce(realm, 'backup-trouble');
      if (waits) await addOnce(realm, 'sweep-waiting');
    }
  };
}
