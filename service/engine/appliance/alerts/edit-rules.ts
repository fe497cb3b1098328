import type { Clock } from '../../../lib/clock.ts';
import type { Share } from '../../../lib/fair/fair-queue.ts';
import { createFairSlots } from '../../../lib/fair/fair-slots.ts';
import type { AlertRuleId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { actForBox } from '../../../lib/turns.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Organizations, refuseErased } from '../../accounts/index.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import type { Destinations, EventRealm, RecordedEvent } from '../../events/index.ts';
import type { Profiles } from '../../matching/index.ts';
import {
  type AlertDefinition,
  type AlertMetric,
  type AlertRuleChange,
  type MailServer,
  type NewAlertRule,
  NO_MAIL_SERVER,
} from './alert.ts';
import { changedRule, checkNewRule, MOST_RULES } from './alert-rule.ts';
import { appliance, type createFiring } from './firing.ts';
import type { GaugeReadings } from './gauges.ts';
import { sentenceOf } from './mailing.ts';
import type { Recipients } from './recipients.ts';
import type { RuleStore, StoredRule } from './rule-store.ts';
import type { Breach, WatchedRules } from './watching/watched-rules.ts';

interface EditRulesDeps extends Pick<Foundation, 'audit' | 'ids' | 'clock'> {
  rules: RuleStore;
  changes: Pick<RuleChanges, 'change'>;
  recipients: Pick<Recipients, 'admit'>;
  /** Throws for a rule that could never fire or be sent. */
  checkRule(realm: EventRealm, definition: AlertDefinition): Promise<void>;
  fire: ReturnType<typeof createFiring>;
}

export function createEditRules(deps: EditRulesDeps) {
  const { rules, changes, recipients, checkRule, fire, audit, ids, clock } = deps;

  /** The rule that reports changes of what protects reports its own too: afterwards it may be gone, or send nothing. */
  async function fireBefore(tx: Tx, rule: StoredRule, about: string, actor: Actor): Promise<void> {
    if (actor.is === 'operator' || !rule.enabled || rule.metric !== 'protected-change') return;
    await fire(tx, rule, { value: 1, about, reason: `By ${describeActor(actor)}.` });
  }

  const note = (
    tx: Tx,
    actor: Actor,
    change: 'add' | 'change' | 'remove',
    rule: StoredRule,
    details?: Record<string, unknown>,
  ) =>
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
      return changes.change(shareOf(realm, actor), async (tx) => {
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
      return changes.change(shareOf(realm, actor), async (tx) => {
        const before = await requireRule(rules, tx, realm, id);
        const definition = changedRule(before, change);
        if (change.filter) await checkTargets(rules, tx, realm, definition);
        if (change.channels?.email)
          await recipients.admit(tx, realm.organization, definition.channels.email, actor);
        const enabled = change.enabled ?? before.enabled;
        const after: StoredRule = { ...before, ...definition, enabled, unread: false };
        await fireBefore(tx, before, 'changeAlertRule', actor);
        await rules.update(tx, after);
        const details = { from: settingsOf(before), to: settingsOf(after) };
        await note(tx, actor, 'change', after, details);
        return after;
      });
    },

    async remove(realm: EventRealm, id: string, actor: Actor): Promise<void> {
      await changes.change(shareOf(realm, actor), async (tx) => {
        const rule = await requireRule(rules, tx, realm, id);
        await fireBefore(tx, rule, 'removeAlertRule', actor);
        await rules.remove(tx, rule, clock.now());
        await note(tx, actor, 'remove', rule);
        return { ...rule, enabled: false };
      });
    },
  };
}

type EditRules = ReturnType<typeof createEditRules>;

/** Of one world: the test world of an organization would wait for the live one of all others. */
const shareOf = ({ organization }: EventRealm, actor: Actor): Share => ({
  world: 'live',
  organization,
  key: describeActor(actor),
});
const ofBox: Share = { world: 'live', organization: '', key: '' };

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

/** Whether a rule stands for the first one: that itself, also removed, or a person's that shows as much. */
const reports = ({
  createdBy,
  channels,
  enabled,
  removed,
  holdOffMinutes,
}: StoredRule & { removed: boolean }) =>
  createdBy === describeActor(appliance) ||
  (channels.desktop && enabled && !removed && holdOffMinutes <= HOLD_OFF_OF_FIRST);
const HOLD_OFF_OF_FIRST = 60;

/**
 * Rules that are there the first time that something happens, on the desktop too, whether a person made one or not: it would be
 * lost unnoticed otherwise. A rule that is removed does not come back.
 */
export function createFirstRules(deps: FirstRulesDeps) {
  const { organizations, readings, rules, changes, editRules, fire } = deps;
  const addFirst = (tx: Tx, realm: EventRealm, metric: AlertMetric): Promise<StoredRule> =>
    editRules.insert(tx, realm, checkNewRule({ metric, channels: { desktop: true } }), appliance);

  const addOnce = (realm: EventRealm, metric: AlertMetric) =>
    changes.change(ofBox, async (tx) =>
      (await rules.everOf(tx, realm, metric)).some(reports) ? undefined : addFirst(tx, realm, metric),
    );

  /** Fires the rules of the metric; the first time that something happens it has none yet. */
  async function fireEach(tx: Tx, realm: EventRealm, metric: AlertMetric, breach: Breach): Promise<void> {
    const ever = await rules.everOf(tx, realm, metric);
    for (const rule of ever.some(reports) ? ever : [...ever, await addFirst(tx, realm, metric)]) {
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

/** Changes that wait at most, of all organizations; beyond it the newest of the organization with the most gives way. */
const MOST_WAITING = 64;
/** Milliseconds; a change whose turn comes later is not begun, since its request may be answered already. */
const PATIENCE = 20_000;
const BUSY = 'Too many alert rules are being changed at once: try again in a moment.';

interface RuleChangesDeps {
  inTransaction: InTransaction;
  clock: Clock;
  rules: Pick<RuleStore, 'enabled'>;
  watched: Pick<WatchedRules, 'load' | 'isLoaded' | 'replace'>;
}

/** Changes of rules one after the other, so that the rules in memory are those of the last change. Organizations take turns. */
export function createRuleChanges({ inTransaction, clock, rules, watched }: RuleChangesDeps) {
  const inTurn = createFairSlots({ atOnce: 1, waiting: MOST_WAITING, clock, busy: BUSY });
  /** Changes that were made here so far. */
  let made = 0;

  async function load(): Promise<void> {
    const before = made;
    const found = await rules.enabled();
    // A change of that time may be missing.
    return before === made ? watched.load(found) : load();
  }

  return {
    load,
    /**
     * These were changed, here or at another node. Waits neither for their windows nor for a change under way: what that commits is
     * followed by another call.
     */
    async refresh(ids: readonly AlertRuleId[]): Promise<void> {
      if (!watched.isLoaded()) return load();
      const found = await rules.enabled(ids);
      for (const id of ids)
        void watched.replace(
          id,
          found.find((rule) => rule.id === id),
        );
    },
    /**
     * `work` gives the rule as it is then, if it wrote one; one that was removed is not enabled. Waits until its window is read. Throws
     * OVERLOADED where too many wait, or its turn comes too late.
     */
    async change<T extends StoredRule | undefined>(share: Share, work: (tx: Tx) => Promise<T>): Promise<T> {
      let reading: Promise<void> | undefined;
      const since = performance.now();
      const rule = await inTurn(share, async () => {
        if (performance.now() - since > PATIENCE)
          throw new Problem('OVERLOADED', BUSY, { retryAfterSeconds: 5 });
        // All others wait for it: as the box it does not wait for the other transactions of its organization.
        const changed = await actForBox(() => inTransaction(work));
        if (changed) {
          made++;
          reading = watched.replace(changed.id, changed);
        }
        return changed;
      });
      await reading;
      return rule;
    },
  };
}

type RuleChanges = ReturnType<typeof createRuleChanges>;

interface RuleChecksDeps {
  organizations: Pick<Organizations, 'get'>;
  destinations: Pick<Destinations, 'checkHost'>;
  profiles: Pick<Profiles, 'get'>;
  mail: MailServer | undefined;
}

/** Refuses rules that could never fire or be sent. */
export function createRuleChecks({ organizations, destinations, profiles, mail }: RuleChecksDeps) {
  async function checkMail(organization: OrganizationId, addresses: readonly string[]): Promise<void> {
    if (addresses.length === 0) return;
    if (!mail) {
      throw new Problem('INVALID_REQUEST', NO_MAIL_SERVER, {
        details: [{ path: 'channels.email', message: NO_MAIL_SERVER }],
      });
    }
    const { host, port, secure } = mail;
    try {
      await destinations.checkHost(organization, { host, port, secure });
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem('INVALID_REQUEST', `The mail server cannot be used now: ${sentenceOf(error)}`, {
        cause: error,
      });
    }
  }
  async function checkProfile(organization: OrganizationId, profile: string): Promise<void> {
    await profiles.get(organization, profile).catch((error: unknown) => {
      if (!(error instanceof Problem) || error.code !== 'PROFILE_NOT_FOUND') throw error;
      const message = `The organization has no profile ${profile}: “gatehouse profile list” shows those it has.`;
      throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'filter.profile', message }] });
    });
  }
  return {
    checkMail,
    async checkRule(realm: EventRealm, definition: AlertDefinition): Promise<void> {
      refuseErased(await organizations.get(realm.organization));
      if (definition.metric === 'pad-missing' && realm.world === 'test') {
        throw new Problem(
          'INVALID_REQUEST',
          'The test world needs no presentation attack detection: watch pad-missing in the live world.',
        );
      }
      if (definition.filter.profile !== undefined)
        await checkProfile(realm.organization, definition.filter.profile);
      await checkMail(realm.organization, definition.channels.email);
    },
  };
}

export type RuleChecks = ReturnType<typeof createRuleChecks>;
