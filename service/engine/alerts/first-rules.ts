import type { Tx } from '../../storage/transaction.ts';
import type { EventRealm, RecordedEvent } from '../events/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { AlertMetric } from './alert.ts';
import { checkNewRule } from './alert-rule.ts';
import type { EditRules } from './edit-rules.ts';
import { appliance, type createFiring } from './firing.ts';
import type { GaugeReadings } from './gauges.ts';
import type { RuleChanges } from './rule-changes.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { Breach } from './watching/watched-rules.ts';

export interface FirstRulesDeps {
  organizations: Pick<Organizations, 'list'>;
  readings: Pick<GaugeReadings, 'backupTroubles' | 'sweepWaiting' | 'alteredRows'>;
  rules: Pick<RuleStore, 'everOf'>;
  changes: Pick<RuleChanges, 'change'>;
  editRules: Pick<EditRules, 'insert'>;
  fire: ReturnType<typeof createFiring>;
}

/**
 * Rules that are there the first time that something happens, on the desktop too, whether a person made one or not: it would be
 * lost unnoticed otherwise. A rule that is removed does not come back.
 */
export function createFirstRules(deps: FirstRulesDeps) {
  const { organizations, readings, rules, changes, editRules, fire } = deps;
  const addFirst = (tx: Tx, realm: EventRealm, metric: AlertMetric): Promise<StoredRule> =>
    editRules.insert(tx, realm, checkNewRule({ metric, channels: { desktop: true } }), appliance);

  const addOnce = (realm: EventRealm, metric: AlertMetric) =>
    changes.change(async (tx) =>
      (await rules.everOf(tx, realm, metric)).length > 0 ? undefined : addFirst(tx, realm, metric),
    );

  /** Fires the rules of the metric; the first time that something happens it has none yet. */
  async function fireEach(tx: Tx, realm: EventRealm, metric: AlertMetric, breach: Breach): Promise<void> {
    const ever = await rules.everOf(tx, realm, metric);
    for (const rule of ever.length === 0 ? [await addFirst(tx, realm, metric)] : ever) {
      if (!rule.enabled || ever.some(({ id, removed }) => removed && id === rule.id)) continue;
      await fire(tx, rule, breach);
    }
  }

  return {
    fireEach,
    /** Adds the rules for untestable backups, waiting sweeps and altered rows. */
    async addBoxRules(): Promise<void> {
      const troubled = readings.backupTroubles().length > 0;
      for (const { id: organization, erasedAt } of await organizations.list()) {
        if (erasedAt !== undefined) continue;
        const realm = { organization, world: 'live' } as const;
        const waits = (await readings.sweepWaiting(organization)) !== undefined;
        if (troubled) await addOnce(realm, 'backup-trouble');
        if (waits) await addOnce(realm, 'sweep-waiting');
        if (readings.alteredRows(organization).length > 0) await addOnce(realm, 'rows-altered');
      }
    },
    /** Fires the rules of `webhook-disabled`. */
    async fireSwitchedOff(tx: Tx, events: readonly RecordedEvent[]): Promise<void> {
      for (const event of events) {
        if (event.type !== 'webhook.disabled') continue;
        const { organization, world } = event;
        const { endpoint, reason } = event.payload;
        const breach = { value: 1, about: endpoint, reason };
        await fireEach(tx, { organization, world }, 'webhook-disabled', breach);
      }
    },
  };
}
