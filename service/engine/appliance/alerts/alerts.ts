import type { AlertId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Outgoing } from '../../../outgoing/outgoing.ts';
import { type Organizations, refuseErased } from '../../accounts/index.ts';
import { type Actor, describeActor, type Foundation } from '../../audit/index.ts';
import type { DeliveryQueue, Destinations, EventRealm, Events, RecurringWorks } from '../../events/index.ts';
import type { Profiles } from '../../matching/index.ts';
import {
  type Alert,
  type AlertDefinition,
  type AlertMetric,
  type AlertRule,
  type Alerts,
  alertMetrics,
  type MailServer,
  testMailOf,
} from './alert.ts';
import { checkAddress, checkNewRule } from './alert-rule.ts';
import {
  countOpenAlerts,
  forgetAddresses,
  selectAlert,
  selectAlerts,
  selectForDesktop,
  updateAcknowledged,
} from './alert-store.ts';
import {
  createEditRules,
  createFirstRules,
  createRuleChanges,
  createRuleChecks,
  type RuleChecks,
} from './edit-rules.ts';
import { createFiring, HOURLY_LIMIT } from './firing.ts';
import { createGauges, type GaugeReadings } from './gauges.ts';
import { createMailing, type Mailing, sentenceOf } from './mailing.ts';
import { createRecipients, type Recipients } from './recipients.ts';
import { createRuleStore, type StoredRule } from './rule-store.ts';
import { createSeenEventsStore } from './seen-events-store.ts';
import { createWatchedRules } from './watching/watched-rules.ts';

const MINUTE = 60_000;
/** Watched once, in the live world. */
const ofTheBox: readonly AlertMetric[] = [
  'pad-missing',
  'backup-trouble',
  'sweep-waiting',
  'rows-altered',
  'node-trouble',
];
/** The one says nothing where no page asks, and every verdict costs an event more; the other is of nodes, which add it themselves. */
const notForAll: ReadonlySet<AlertMetric> = new Set(['bot-rate', 'node-trouble']);

export interface AlertsDeps extends Foundation {
  organizations: Pick<Organizations, 'get' | 'list'>;
  events: Events;
  /** Takes the handler of `mail`. */
  queue: Pick<DeliveryQueue, 'add' | 'wake' | 'handle'>;
  /** Takes `alert-gauges`. */
  recurring: Pick<RecurringWorks, 'add'>;
  destinations: Pick<Destinations, 'checkHost'>;
  profiles: Pick<Profiles, 'get'>;
  outgoing: Pick<Outgoing, 'mail'>;
  mail: MailServer | undefined;
  readings: GaugeReadings;
}

export function createAlerts(deps: AlertsDeps): Alerts {
  const { db, inTransaction, queue, recurring, mail, readings } = deps;
  const rules = createRuleStore(deps);
  const seen = createSeenEventsStore(deps);
  const watched = createWatchedRules({ ...deps, seen });
  const changes = createRuleChanges({ ...deps, rules, watched });
  const recipients = createRecipients(deps);
  const { checkMail, checkRule } = createRuleChecks(deps);
  const fire = createFiring({ ...deps, recipients });
  const editRules = createEditRules({ ...deps, rules, changes, recipients, checkRule, fire });
  const first = createFirstRules({ ...deps, rules, changes, editRules, fire });
  const gauges = createGauges({ ...deps, waitingDeliveries: seen.waitingDeliveries });
  const mailing = createMailing({ ...deps, server: mail, recipients });
  const shown = ({ unread, ...rule }: StoredRule): AlertRule => ({
    ...rule,
    waitsFor: unread ? UNREAD : waitsFor(rule.metric, readings),
  });

  async function checkGauges(): Promise<void> {
    await watched.retry();
    await first.addBoxRules();
    let fired = false;
    for (const { rule, ...reading } of await gauges.breached(watched.gauges())) {
      fired = (await inTransaction((tx) => fire(tx, rule, reading))) || fired;
    }
    if (fired) queue.wake();
  }

  queue.handle('mail', mailing.handler);
  recurring.add('alert-gauges', { every: MINUTE, timeout: MINUTE, run: checkGauges });

  return {
    noteChange: createNoteChange(deps, first.fireEach),
    pageRules: async (realm, page) => (await rules.page(realm, page)).map(shown),
    recommended: async (realm) => recommend(await rules.list(realm), realm, readings),
    addRule: async (realm, input, actor) => shown(await editRules.add(realm, input, actor)),
    changeRule: async (realm, id, change, actor) => shown(await editRules.change(realm, id, change, actor)),
    removeRule: editRules.remove,
    async end(organization, actor) {
      for (const world of ['live', 'test'] as const) {
        const realm = { organization, world };
        for (const { id } of await rules.list(realm)) await editRules.remove(realm, id, actor);
      }
      await inTransaction(async (tx) => {
        await forgetAddresses(tx, organization);
        await recipients.forget(tx, organization);
      });
    },

    pageRecipients: recipients.page,
    approveRecipient: recipients.approve,
    withdrawRecipient: recipients.withdraw,

    list: (realm, query) => selectAlerts(db, realm, query),
    countOpen: () => countOpenAlerts(db),
    acknowledge: (realm, id, actor) => acknowledge(deps, realm, id, actor),
    forDesktop: (limit) => selectForDesktop(db, limit),
    testMail: createTestMail(deps, recipients, mailing, checkMail),

    load: changes.load,
    refresh: changes.refresh,
    watches: watched.has,
    async watch(tx, batch) {
      await watched.watch(tx, batch, async (rule, breach) => {
        await fire(tx, rule, breach);
      });
      await first.fireSwitchedOff(tx, batch);
    },
    checkGauges,
  };
}

const createNoteChange =
  (
    { inTransaction, queue }: AlertsDeps,
    fireEach: ReturnType<typeof createFirstRules>['fireEach'],
  ): Alerts['noteChange'] =>
  async (realm, operation, who, { alone } = { alone: false }) => {
    const by = `By ${describeActor(who)}.`;
    const breach = alone
      ? { value: 1, about: `${operation}/alone`, reason: `${by} No second administrator could confirm it.` }
      : { value: 1, about: operation, reason: by };
    await inTransaction((tx) => fireEach(tx, realm, 'protected-change', breach));
    queue.wake();
  };

function recommend(
  there: readonly StoredRule[],
  { world }: EventRealm,
  readings: GaugeReadings,
): AlertDefinition[] {
  const known = new Set(there.map(({ metric }) => metric));
  return alertMetrics
    .filter((metric) => !notForAll.has(metric))
    .filter((metric) => !known.has(metric) && waitsFor(metric, readings) === undefined)
    .filter((metric) => world === 'live' || !ofTheBox.includes(metric))
    .map((metric) => checkNewRule({ metric }));
}

const UNREAD =
  'Its settings are damaged in the database: what is shown is usual for its metric. Change it (gatehouse alert rule change) or remove it.';

function waitsFor(metric: AlertMetric, { certificateDays }: GaugeReadings): string | undefined {
  if (metric === 'certificate-days' && !certificateDays)
    return 'This box has no TLS certificate (--tls-cert, --tls-key).';
  return undefined;
}

const acknowledge = (
  { inTransaction, audit, clock }: AlertsDeps,
  { organization, world }: EventRealm,
  id: string,
  actor: Actor,
): Promise<Alert> =>
  inTransaction(async (tx) => {
    const alert = await selectAlert(tx, { organization, world }, id);
    if (!alert) throw new Problem('NOT_FOUND', `The organization has no alert ${id} in the ${world} world.`);
    if (alert.acknowledged) return alert;
    const acknowledged = { at: clock.now(), by: describeActor(actor) };
    await updateAcknowledged(tx, id as AlertId, acknowledged);
    const details = { world, rule: alert.rule };
    await audit.add(tx, { actor, action: 'alert.acknowledge', organization, target: id, details });
    return { ...alert, acknowledged };
  });

const createTestMail =
  (
    { inTransaction, organizations, audit }: AlertsDeps,
    recipients: Recipients,
    mailing: Mailing,
    checkMail: RuleChecks['checkMail'],
  ): Alerts['testMail'] =>
  async (organization, address, actor) => {
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
  };
