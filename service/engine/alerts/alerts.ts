import type { Clock } from '../../lib/clock.ts';
import type { AlertId, AlertRuleId, Ids } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import { createOneAtATime } from '../../lib/one-at-a-time.ts';
import { Problem } from '../../lib/problem.ts';
import type { Outgoing } from '../../outgoing/outgoing.ts';
import type { Db, InTransaction, Tx } from '../../storage/transaction.ts';
import { type Actor, type Audit, describeActor } from '../audit/index.ts';
import type { Destinations } from '../destinations/index.ts';
import type { EventRealm, Events } from '../events/index.ts';
import type { Jobs } from '../jobs/index.ts';
import { type Organizations, refuseErased } from '../organizations/index.ts';
import type { Profiles } from '../profiles/index.ts';
import {
  type AlertDefinition,
  type AlertMetric,
  type AlertRule,
  type Alerts,
  alertMetrics,
} from './alert.ts';
import { type MailServer, testMailOf } from './alert-mail.ts';
import { changedRule, checkAddress, checkNewRule, MOST_RULES } from './alert-rule.ts';
import { createAlertStore } from './alert-store.ts';
import { appliance, createFiring, HOURLY_LIMIT } from './firing.ts';
import { createFirstRule } from './first-rule.ts';
import { createGauges, type GaugeReadings } from './gauges.ts';
import { createMailing, sentenceOf } from './mailing.ts';
import { createRecipients } from './recipients.ts';
import { createRuleChecks } from './rule-checks.ts';
import { createRuleStore, type StoredRule } from './rule-store.ts';
import { createSeenEventsStore } from './seen-events-store.ts';
import { createSwitchedOff } from './switched-off.ts';
import { createWatchedRules } from './watched-rules.ts';

const MINUTE = 60_000;
/** Watched once, in the live world. */
const ofTheBox: readonly AlertMetric[] = ['pad-missing', 'backup-trouble', 'sweep-waiting'];

export interface AlertsDeps {
  db: Db;
  inTransaction: InTransaction;
  organizations: Pick<Organizations, 'get' | 'list'>;
  events: Events;
  audit: Audit;
  /** Takes the handlers of `mail` and `alert-gauges`. */
  jobs: Pick<Jobs, 'add' | 'wake' | 'handle' | 'every'>;
  destinations: Pick<Destinations, 'checkHost'>;
  profiles: Pick<Profiles, 'get'>;
  outgoing: Pick<Outgoing, 'mail'>;
  mail: MailServer | undefined;
  readings: GaugeReadings;
  ids: Ids;
  clock: Clock;
  log: Log;
}

export function createAlerts(deps: AlertsDeps): Alerts {
  const { inTransaction, organizations, audit, jobs, mail, readings, ids, clock } = deps;
  const rules = createRuleStore(deps);
  const alerts = createAlertStore(deps);
  const seen = createSeenEventsStore(deps);
  const watched = createWatchedRules({ ...deps, seen });
  const recipients = createRecipients(deps);
  const fire = createFiring({ ...deps, alerts, recipients });
  const addFirstRule = createFirstRule({
    ...{ ...deps, rules },
    added: (tx, rule) => note(tx, appliance, 'alert-rule.add', rule, settingsOf(rule)),
  });
  const tellSwitchedOff = createSwitchedOff({ rules, fire, addFirstRule });
  const gauges = createGauges({ ...deps, waitingDeliveries: seen.waitingDeliveries });
  const mailing = createMailing({ ...deps, server: mail, alerts, recipients });
  const { checkMail, checkRule } = createRuleChecks(deps);
  const oneAtATime = createOneAtATime();
  /** A commit was answered by nobody: which rules hold is read again at the next look. */
  let unsure = false;
  /** One after the other, so that the rules in memory are those of the last change. */
  const changing = <T>(work: () => Promise<T>): Promise<T> =>
    oneAtATime(work).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'STORAGE_UNAVAILABLE') unsure = true;
      throw error;
    });

  function waitsFor(metric: AlertMetric): string | undefined {
    if (metric === 'bot-rate') return 'Nothing judges behavior yet: it fires once the behavior family does.';
    if (metric === 'certificate-days' && !readings.certificateDays)
      return 'This box has no TLS certificate (--tls-cert, --tls-key).';
    return undefined;
  }
  const shown = (rule: StoredRule): AlertRule => ({ ...rule, waitsFor: waitsFor(rule.metric) });

  async function checkTargets(tx: Tx, realm: EventRealm, { filter }: AlertDefinition): Promise<void> {
    const unknown = await rules.unknownTargets(tx, realm, filter);
    if (unknown.length === 0) return;
    const details = unknown.map((target) => ({
      path: `filter.${target}`,
      message: `The organization has no ${target === 'key' ? 'key' : 'person'} ${filter[target]} in the ${realm.world} world.`,
    }));
    throw new Problem('INVALID_REQUEST', details.map(({ message }) => message).join(' '), { details });
  }
  async function ruleOf(tx: Tx, realm: EventRealm, id: string): Promise<StoredRule> {
    const rule = await rules.get(tx, realm, id);
    if (rule) return rule;
    throw new Problem('NOT_FOUND', `The organization has no alert rule ${id} in the ${realm.world} world.`);
  }
  const note = (tx: Tx, actor: Actor, action: string, rule: StoredRule, more: Record<string, unknown> = {}) =>
    audit.add(tx, {
      actor,
      action,
      organization: rule.organization,
      target: rule.id,
      details: { world: rule.world, metric: rule.metric, ...more },
    });

  const removeRule = (realm: EventRealm, id: string, actor: Actor): Promise<void> =>
    changing(async () => {
      await inTransaction(async (tx) => {
        const rule = await ruleOf(tx, realm, id);
        await rules.remove(tx, rule, clock.now());
        await note(tx, actor, 'alert-rule.remove', rule);
      });
      watched.remove(id as AlertRuleId);
    });

  async function load(): Promise<void> {
    await watched.load(await rules.enabled());
    unsure = false;
  }

  async function look(): Promise<void> {
    if (unsure) await oneAtATime(load);
    await watched.retry();
    await addBoxRules();
    let fired = false;
    for (const { rule, ...reading } of await gauges.breached(watched.gauges())) {
      fired = (await inTransaction((tx) => fire(tx, rule, reading))) || fired;
    }
    if (fired) jobs.wake();
  }

  /**
   * The first time that a backup would not restore or that a sweep waits there is a rule, whether a person made one or not: each
   * is lost unnoticed otherwise. A rule that is removed does not come back.
   */
  async function addBoxRules(): Promise<void> {
    const troubled = readings.backupTroubles().length > 0;
    for (const { id: organization, erasedAt } of await organizations.list()) {
      if (erasedAt !== undefined) continue;
      const realm = { organization, world: 'live' } as const;
      const waits = (await readings.sweepWaiting(organization)) !== undefined;
      if (troubled) await addBoxRule(realm, 'backup-trouble');
      if (waits) await addBoxRule(realm, 'sweep-waiting');
    }
  }
  const addBoxRule = (realm: EventRealm, metric: AlertMetric): Promise<void> =>
    changing(async () => {
      const rule = await inTransaction(async (tx) => {
        if ((await rules.everOf(tx, realm, metric)).length > 0) return undefined;
        return addFirstRule(tx, realm, metric);
      });
      if (rule) await watched.replace(rule);
    });

  jobs.handle('mail', mailing.handler);
  jobs.handle('alert-gauges', {
    pauses: [],
    concurrency: 1,
    timeout: MINUTE,
    async run() {
      await look();
      return { outcome: { is: 'done' } };
    },
  });
  jobs.every('alert-gauges', MINUTE);

  return {
    listRules: async (realm) => (await rules.list(realm)).map(shown),

    async recommended(realm) {
      const there = new Set((await rules.list(realm)).map(({ metric }) => metric));
      return alertMetrics
        .filter((metric) => !there.has(metric) && waitsFor(metric) === undefined)
        .filter((metric) => realm.world === 'live' || !ofTheBox.includes(metric))
        .map((metric) => checkNewRule({ metric }));
    },

    async addRule(realm, input, actor) {
      const definition = checkNewRule(input);
      await checkRule(realm, definition);
      const { organization, world } = realm;
      const rule: StoredRule = {
        ...definition,
        ...{ id: ids.next('alertRule'), organization, world, enabled: true },
        createdAt: clock.now(),
        createdBy: describeActor(actor),
      };
      const add = async (tx: Tx) => {
        await checkTargets(tx, realm, definition);
        await recipients.admit(tx, organization, definition.channels.email, actor);
        if ((await rules.list(realm, tx)).length >= MOST_RULES)
          throw new Problem(
            'CONFLICT',
            `There are ${MOST_RULES} alert rules already: remove one before another is added.`,
          );
        await rules.insert(tx, rule);
        await note(tx, actor, 'alert-rule.add', rule, settingsOf(rule));
      };
      await changing(async () => {
        await inTransaction(add);
        await watched.replace(rule);
      });
      return shown(rule);
    },

    async changeRule(realm, id, change, actor) {
      if (Object.keys(change).length === 0)
        throw new Problem('INVALID_REQUEST', 'Name at least one thing to change.');
      const before = (await rules.list(realm)).find((rule) => rule.id === id);
      if (before && (change.channels?.email || change.filter?.profile))
        await checkRule(realm, changedRule(before, change));
      const write = async (tx: Tx) => {
        const now = await ruleOf(tx, realm, id);
        const definition = changedRule(now, change);
        if (change.filter) await checkTargets(tx, realm, definition);
        if (change.channels?.email)
          await recipients.admit(tx, realm.organization, definition.channels.email, actor);
        const after: StoredRule = { ...now, ...definition, enabled: change.enabled ?? now.enabled };
        await rules.update(tx, after);
        await note(tx, actor, 'alert-rule.change', after, { from: settingsOf(now), to: settingsOf(after) });
        return after;
      };
      return changing(async () => {
        const rule = await inTransaction(write);
        await watched.replace(rule);
        return shown(rule);
      });
    },

    removeRule,
    async end(organization, actor) {
      for (const world of ['live', 'test'] as const) {
        const realm = { organization, world };
        for (const { id } of await rules.list(realm)) await removeRule(realm, id, actor);
      }
      await inTransaction(async (tx) => {
        await alerts.forgetAddresses(tx, organization);
        await recipients.forget(tx, organization);
      });
    },

    listRecipients: recipients.list,
    approveRecipient: recipients.approve,
    withdrawRecipient: recipients.withdraw,

    list: (realm, query) => alerts.list(realm, query),
    countOpen: () => alerts.countOpen(),

    acknowledge: (realm, id, actor) =>
      inTransaction(async (tx) => {
        const alert = await alerts.get(tx, realm, id);
        if (!alert) {
          throw new Problem('NOT_FOUND', `The organization has no alert ${id} in the ${realm.world} world.`);
        }
        if (alert.acknowledged) return alert;
        const acknowledged = { at: clock.now(), by: describeActor(actor) };
        await alerts.acknowledge(tx, id as AlertId, acknowledged);
        await audit.add(tx, {
          actor,
          action: 'alert.acknowledge',
          organization: realm.organization,
          target: id,
          details: { world: realm.world, rule: alert.rule },
        });
        return { ...alert, acknowledged };
      }),

    async testMail(organization, address, actor) {
      refuseErased(await organizations.get(organization));
      const to = checkAddress(address);
      await checkMail(organization, [to]);
      // Before it is sent: nothing leaves the box without a line.
      const taken = await inTransaction(async (tx) => {
        await recipients.admit(tx, organization, [to], actor);
        await audit.add(tx, { actor, action: 'alert.test-mail', organization, target: organization });
        return recipients.takeMails(tx, organization, 1);
      });
      if (taken === 0) return { sent: false, reason: HOURLY_LIMIT };
      try {
        await mailing.send(organization, to, testMailOf(organization));
        return { sent: true };
      } catch (error) {
        return { sent: false, reason: sentenceOf(error) };
      }
    },

    forDesktop: (limit) => alerts.forDesktop(limit),

    load,
    async watch(tx, batch) {
      await watched.watch(tx, batch, async (rule, breach) => {
        await fire(tx, rule, breach);
      });
      await tellSwitchedOff(tx, batch);
    },
    look,
  };
}

/** Of a rule, for the audit log: addresses are counted, not named. */
const settingsOf = ({ windowMinutes, threshold, filter, holdOffMinutes, channels, enabled }: StoredRule) => ({
  ...{ windowMinutes, threshold, filter, holdOffMinutes, enabled },
  channels: { ...channels, email: channels.email.length },
});
