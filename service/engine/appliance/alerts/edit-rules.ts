import type { Clock } from '../../../lib/clock.ts';
import type { Ids } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Organizations } from '../../accounts/index.ts';
import { type Actor, type Audit, describeActor } from '../../audit/index.ts';
import type { EventRealm, RecordedEvent } from '../../events/index.ts';
import type { AlertDefinition, AlertMetric, AlertRuleChange, NewAlertRule } from './alert.ts';
import { changedRule, checkNewRule, MOST_RULES } from './alert-rule.ts';
import { appliance, type createFiring } from './firing.ts';
import type { GaugeReadings } from './gauges.ts';
import type { Recipients } from './recipients.ts';
import type { RuleChanges } from './rule-changes.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { Breach } from './watching/watched-rules.ts';

interface EditRulesDeps {
  rules: RuleStore;
  changes: Pick<RuleChanges, 'change'>;
  recipients: Pick<Recipients, 'admit'>;
  /** Throws for a rule that could never fire or be sent. */
  checkRule(realm: EventRealm, definition: AlertDefinition): Promise<void>;
  audit: Audit;
  ids: Ids;
  clock: Clock;
}

export function createEditRules(deps: EditRulesDeps) {
  const { rules, changes, recipients, checkRule, audit, ids, clock } = deps;

  const note = (tx: Tx, actor: Actor, change: string, rule: StoredRule, details?: Record<string, unknown>) =>
    audit.add(tx, {
      actor,
      action: `alert-rule.${change}`,
      organization: rule.organization,
      target: rule.id,
      details: { world: rule.world, metric: rule.metric, ...details },
    });

  /** With nothing but its line in the log. */
  async function insert(
    tx: Tx,
    { organization, world }: EventRealm,
    definition: AlertDefinition,
    actor: Actor,
  ): Promise<StoredRule> {
    const rule: StoredRule = {
      ...definition,
      id: ids.next('alertRule'),
      organization,
      world,
      enabled: true,
      createdAt: clock.now(),
      createdBy: describeActor(actor),
    };
    await rules.insert(tx, rule);
    await note(tx, actor, 'add', rule, settingsOf(rule));
    return rule;
  }

  return {
    insert,

    async add(realm: EventRealm, input: NewAlertRule, actor: Actor): Promise<StoredRule> {
      const definition = checkNewRule(input);
      await checkRule(realm, definition);
      return changes.change(async (tx) => {
        await checkTargets(rules, tx, realm, definition);
        await recipients.admit(tx, realm.organization, definition.channels.email, actor);
        if ((await rules.list(realm, tx)).length >= MOST_RULES)
          throw new Problem(
            'CONFLICT',
            `There are ${MOST_RULES} alert rules already: remove one before another is added.`,
          );
        return insert(tx, realm, definition, actor);
      });
    },

    async change(realm: EventRealm, id: string, change: AlertRuleChange, actor: Actor): Promise<StoredRule> {
      if (Object.keys(change).length === 0)
        throw new Problem('INVALID_REQUEST', 'Name at least one thing to change.');
      const known = (await rules.list(realm)).find((rule) => rule.id === id);
      if (known && (change.channels?.email || change.filter?.profile))
        await checkRule(realm, changedRule(known, change));
      return changes.change(async (tx) => {
        const before = await requireRule(rules, tx, realm, id);
        const definition = changedRule(before, change);
        if (change.filter) await checkTargets(rules, tx, realm, definition);
        if (change.channels?.email)
          await recipients.admit(tx, realm.organization, definition.channels.email, actor);
        const after: StoredRule = { ...before, ...definition, enabled: change.enabled ?? before.enabled };
        await rules.update(tx, after);
        const details = { from: settingsOf(before), to: settingsOf(after) };
        await note(tx, actor, 'change', after, details);
        return after;
      });
    },

    async remove(realm: EventRealm, id: string, actor: Actor): Promise<void> {
      await changes.change(async (tx) => {
        const rule = await requireRule(rules, tx, realm, id);
        await rules.remove(tx, rule, clock.now());
        await note(tx, actor, 'remove', rule);
        return { ...rule, enabled: false };
      });
    },
  };
}

type EditRules = ReturnType<typeof createEditRules>;

async function requireRule(
  rules: Pick<RuleStore, 'get'>,
  tx: Tx,
  realm: EventRealm,
  id: string,
): Promise<StoredRule> {
  const rule = await rules.get(tx, realm, id);
  if (rule) return rule;
  throw new Problem('NOT_FOUND', `The organization has no alert rule ${id} in the ${realm.world} world.`);
}

async function checkTargets(
  rules: Pick<RuleStore, 'unknownTargets'>,
  tx: Tx,
  realm: EventRealm,
  { filter }: AlertDefinition,
): Promise<void> {
  const unknown = await rules.unknownTargets(tx, realm, filter);
  if (unknown.length === 0) return;
  const details = unknown.map((target) => ({
    path: `filter.${target}`,
    message: `The organization has no ${target === 'key' ? 'key' : 'person'} ${filter[target]} in the ${realm.world} world.`,
  }));
  throw new Problem('INVALID_REQUEST', details.map(({ message }) => message).join(' '), { details });
}

/** Settings of a rule for the audit log, with the number of addresses instead of the addresses. */
const settingsOf = ({ windowMinutes, threshold, filter, holdOffMinutes, channels, enabled }: StoredRule) => ({
  windowMinutes,
  threshold,
  filter,
  holdOffMinutes,
  enabled,
  channels: { ...channels, email: channels.email.length },
});

interface FirstRulesDeps {
  organizations: Pick<Organizations, 'list'>;
  readings: Pick<GaugeReadings, 'backupTroubles' | 'sweepWaiting' | 'alteredRows' | 'nodeTroubles'>;
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
    /** Adds the rules for untestable backups, waiting sweeps, altered rows and nodes. */
    async addBoxRules(): Promise<void> {
      const troubled = readings.backupTroubles().length > 0;
      const nodeTroubles = await readings.nodeTroubles();
      for (const { id: organization, erasedAt } of await organizations.list()) {
        if (erasedAt !== undefined) continue;
        const realm = { organization, world: 'live' } as const;
        const waits = (await readings.sweepWaiting(organization)) !== undefined;
        if (troubled) await addOnce(realm, 'backup-trouble');
        if (waits) await addOnce(realm, 'sweep-waiting');
        if (readings.alteredRows(organization).length > 0) await addOnce(realm, 'rows-altered');
        if (nodeTroubles.length > 0) await addOnce(realm, 'node-trouble');
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
