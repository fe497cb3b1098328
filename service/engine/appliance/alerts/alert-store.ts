import type { Selectable } from 'kysely';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { AlertId, AlertRuleId, OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { notBeingErased } from '../../../storage/legal-holds.ts';
import { findsRow } from '../../../storage/rows.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { EventRealm } from '../../events/index.ts';
import type { Alert, AlertMetric } from './alert.ts';
import { ownNameOf } from './alert-rule.ts';

export type NewAlert = Omit<Alert, 'name' | 'ownName' | 'acknowledged'> & {
  subject: SubjectId | undefined;
  holdUntil: number;
};
const select = (from: Db | Tx) =>
  from
    .selectFrom('alert')
    .innerJoin('alert_rule', 'alert_rule.id', 'alert.rule')
    .selectAll('alert')
    .select('alert_rule.name as rule_name');

const ofRealm = (from: Db | Tx, { organization, world }: EventRealm) =>
  select(from).where('alert.organization', '=', organization).where('alert.world', '=', world);

export async function selectAlerts(
  db: Db,
  realm: EventRealm,
  { open, before, limit }: { open?: boolean; before?: string; limit: number },
): Promise<Alert[]> {
  let rows = ofRealm(db, realm).orderBy('alert.id', 'desc').limit(limit);
  if (open !== undefined) rows = rows.where('acknowledged_at', open ? 'is' : 'is not', null);
  if (before !== undefined) rows = rows.where('alert.id', '<', before);
  return (await rows.execute()).map(readAlert);
}

export async function countOpenAlerts(
  db: Db,
): Promise<{ world: World; metric: AlertMetric; count: number }[]> {
  const rows = await db
    .selectFrom('alert')
    .select(['world', 'metric', ({ fn }) => fn.countAll().as('count')])
    .where('acknowledged_at', 'is', null)
    .groupBy(['world', 'metric'])
    .execute();
  return rows.map(({ world, metric, count }) => ({
    world: world as World,
    metric: metric as AlertMetric,
    count: Number(count),
  }));
}

export async function selectAlert(tx: Tx, realm: EventRealm, id: string): Promise<Alert | undefined> {
  const row = await ofRealm(tx, realm).where('alert.id', '=', id).executeTakeFirst();
  return row && readAlert(row);
}

export async function selectAlertById(db: Db, id: string): Promise<Alert | undefined> {
  const row = await select(db).where('alert.id', '=', id).executeTakeFirst();
  return row && readAlert(row);
}

export async function insertAlert(tx: Tx, alert: NewAlert): Promise<void> {
  const { id, organization, world, rule, metric, value, threshold } = alert;
  await tx
    .insertInto('alert')
    .values({
      id,
      organization,
      world,
      rule,
      metric,
      value,
      threshold,
      subject: alert.subject ?? null,
      about: alert.about ?? null,
      fired_at: alert.firedAt,
      hold_until: alert.holdUntil,
      notified: JSON.stringify(alert.notified),
      acknowledged_at: null,
      acknowledged_by: null,
    })
    .execute();
}

/** Whether a hold-off of the rule for the same subject is active at `now`. One left far ahead by a clock set back is ignored. */
export const isHeld = (
  tx: Tx,
  rule: AlertRuleId,
  about: string | undefined,
  { now, latest }: { now: number; latest: number },
): Promise<boolean> =>
  tx
    .selectFrom('alert')
    .select('id')
    .where('rule', '=', rule)
    .where('about', about === undefined ? 'is' : '=', about ?? null)
    .where('hold_until', '>', now)
    .where('hold_until', '<=', latest)
    .limit(1)
    .$call(findsRow);

/** Whether there is such a person, whose erasure has not begun. */
export const isThere = (tx: Tx, organization: OrganizationId, subject: SubjectId): Promise<boolean> =>
  tx
    .selectFrom('subject')
    .select('id')
    .where('id', '=', subject)
    .where('organization', '=', organization)
    .where(notBeingErased)
    .$call(findsRow);

export async function updateAcknowledged(
  tx: Tx,
  id: AlertId,
  { at, by }: { at: number; by: string },
): Promise<void> {
  await tx
    .updateTable('alert')
    .set({ acknowledged_at: at, acknowledged_by: by })
    .where('id', '=', id)
    .where('acknowledged_at', 'is', null)
    .execute();
}

export async function updateNotified(tx: Tx, id: string, channel: string, outcome: string): Promise<void> {
  const row = await tx.selectFrom('alert').select('notified').where('id', '=', id).executeTakeFirst();
  if (!row) return;
  const notified = { ...notifiedIn(row), [channel]: outcome };
  await tx
    .updateTable('alert')
    .set({ notified: JSON.stringify(notified) })
    .where('id', '=', id)
    .execute();
}

/** Mail addresses do not outlast the organization. */
export async function forgetAddresses(tx: Tx, organization: OrganizationId): Promise<void> {
  await tx.updateTable('alert').set({ notified: '{}' }).where('organization', '=', organization).execute();
}

/** Oldest first. */
export async function selectForDesktop(db: Db, limit: number): Promise<Alert[]> {
  const rows = await select(db)
    .where('notified', 'like', '%"desktop":%')
    .where('acknowledged_at', 'is', null)
    .orderBy('alert.id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(readAlert).toReversed();
}

/**
 * What erasing these people does to alerts: theirs stay as figures without a person, and rules about one of them alone are removed.
 * Rules in memory count nothing of them any more, since nothing happens to them.
 */
export async function forgetAlerts(tx: Tx, subjects: readonly SubjectId[], now: number): Promise<void> {
  if (subjects.length === 0) return;
  const alerts = await tx
    .selectFrom('alert')
    .select(['id', 'notified'])
    .where('subject', 'in', subjects)
    .execute();
  for (const { id, notified } of alerts) {
    const channels = Object.entries(notifiedIn({ notified }));
    const values = {
      subject: null,
      about: null,
      notified: JSON.stringify(
        Object.fromEntries(channels.map(([name, said]) => [name, withoutError(said)])),
      ),
    };
    await tx.updateTable('alert').set(values).where('id', '=', id).execute();
  }
  const gone: ReadonlySet<string> = new Set(subjects);
  const rules = await tx
    .selectFrom('alert_rule')
    .select(['id', 'definition', 'removed_at'])
    .where('definition', 'like', '%"subject":"sub%')
    .execute();
  for (const { id, definition, removed_at } of rules) {
    const left = definitionWithout(gone, definition);
    if (left === undefined) continue;
    await tx
      .updateTable('alert_rule')
      .set({ definition: left, enabled: 0, removed_at: removed_at ?? now })
      .where('id', '=', id)
      .execute();
  }
}

/** Undefined where it is about none of them; of a damaged one that names one of them nothing is left. */
function definitionWithout(gone: ReadonlySet<string>, definition: string): string | undefined {
  const { filter, ...rest } = parseJson<{ filter?: { subject?: string } }>(definition) ?? {};
  if (!filter) return [...gone].some((one) => definition.includes(one)) ? '{}' : undefined;
  const { subject = '', ...others } = filter;
  return gone.has(subject) ? JSON.stringify({ ...rest, filter: others }) : undefined;
}

/** Nothing where it is damaged. */
const notifiedIn = ({ notified }: { notified: string }) => parseJson<Record<string, string>>(notified) ?? {};

/** Versions up to 0.1.0 kept what the mail server said, which may quote the mail. */
const withoutError = (said: string) => said.replace(/^(given up|failed, again at \S+): .*$/s, `$1: erased`);

/** Name of the delivery that mails an alert to the recipient with this number. */
export const mailName = (recipient: number) => `mail.${recipient}`;
export const mailNumberOf = (name: string) => Number(name.slice('mail.'.length));

function readAlert(row: Selectable<Schema['alert']> & { rule_name: string }): Alert {
  return {
    id: row.id as AlertId,
    organization: row.organization as OrganizationId,
    world: row.world as World,
    rule: row.rule as AlertRuleId,
    name: row.rule_name,
    ...ownNameOf(row.rule_name, row.metric),
    metric: row.metric as AlertMetric,
    about: row.about ?? undefined,
    value: row.value,
    threshold: row.threshold,
    firedAt: row.fired_at,
    acknowledged:
      row.acknowledged_at === null
        ? undefined
        : { at: row.acknowledged_at, by: row.acknowledged_by ?? 'unknown' },
    notified: notifiedIn(row),
  };
}
