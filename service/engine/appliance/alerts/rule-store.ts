import type { Selectable } from 'kysely';
import { z } from 'zod';
import { parseJson } from '../../../lib/canonical-json.ts';
import type { AlertRuleId, OrganizationId, World } from '../../../lib/id.ts';
import type { Schema } from '../../../storage/schema.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import type { EventRealm } from '../../events/index.ts';
import { AlertDefinition, type AlertMetric, type AlertRule } from './alert.ts';
import { checkNewRule, isMetric, ownNameOf } from './alert-rule.ts';

/** `unread`: its settings or its metric are damaged; those of its metric stand in their place, and it is not in force. */
export type StoredRule = Omit<AlertRule, 'waitsFor'> & { unread?: boolean };
export type RuleStore = ReturnType<typeof createRuleStore>;

/** The table `alert_rule`: one that was removed stays for its alerts, which name it. */
export function createRuleStore({ db }: { db: Db }) {
  const inUse = (from: Db | Tx) => from.selectFrom('alert_rule').selectAll().where('removed_at', 'is', null);
  const ofRealm = (from: Db | Tx, { organization, world }: EventRealm) =>
    inUse(from).where('organization', '=', organization).where('world', '=', world);
  return {
    async list(realm: EventRealm, from: Db | Tx = db): Promise<StoredRule[]> {
      return (await ofRealm(from, realm).orderBy('id').execute()).map(readRule);
    },
    /** Newest first. */
    async page(
      realm: EventRealm,
      { before, limit }: { before?: string; limit: number },
    ): Promise<StoredRule[]> {
      let rows = ofRealm(db, realm).orderBy('id', 'desc').limit(limit);
      if (before !== undefined) rows = rows.where('id', '<', before);
      return (await rows.execute()).map(readRule);
    },
    /** Of all organizations, without damaged ones; with `ids` of these alone. */
    async enabled(ids?: readonly AlertRuleId[]): Promise<StoredRule[]> {
      let rows = inUse(db).where('enabled', '=', 1).orderBy('id');
      if (ids) rows = rows.where('id', 'in', ids);
      return (await rows.execute()).map(readRule).filter(({ unread }) => !unread);
    },
    /** Those of one metric, those that were removed among them. */
    async everOf(
      tx: Tx,
      { organization, world }: EventRealm,
      metric: AlertMetric,
    ): Promise<(StoredRule & { removed: boolean })[]> {
      const rows = await tx
        .selectFrom('alert_rule')
        .selectAll()
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('metric', '=', metric)
        .orderBy('id')
        .execute();
      return rows.map((row) => ({ ...readRule(row), removed: row.removed_at !== null }));
    },
    async get(tx: Tx, realm: EventRealm, id: string): Promise<StoredRule | undefined> {
      const row = await ofRealm(tx, realm).where('id', '=', id).executeTakeFirst();
      return row && readRule(row);
    },
    async insert(tx: Tx, rule: StoredRule): Promise<void> {
      await tx
        .insertInto('alert_rule')
        .values({
          id: rule.id,
          organization: rule.organization,
          world: rule.world,
          created_at: rule.createdAt,
          created_by: rule.createdBy,
          removed_at: null,
          ...changing(rule),
        })
        .execute();
    },
    async update(tx: Tx, rule: StoredRule): Promise<void> {
      await tx.updateTable('alert_rule').set(changing(rule)).where('id', '=', rule.id).execute();
    },
    /** Its row stays for the name of its alerts; its mail addresses are deleted. */
    async remove(tx: Tx, rule: StoredRule, now: number): Promise<void> {
      const { definition } = changing({ ...rule, channels: { ...rule.channels, email: [] } });
      await tx
        .updateTable('alert_rule')
        .set({ removed_at: now, definition })
        .where('id', '=', rule.id)
        .execute();
    },
    unknownTargets,
  };
}

/** Which of the filter's key and person the organization does not have in this world. */
async function unknownTargets(
  tx: Tx,
  { organization, world }: EventRealm,
  { key, subject }: AlertDefinition['filter'],
): Promise<('key' | 'subject')[]> {
  const isThere = async (table: 'api_key' | 'subject', id: string) =>
    (await tx
      .selectFrom(table)
      .select('id')
      .where('id', '=', id)
      .where('organization', '=', organization)
      .where('world', '=', world)
      .executeTakeFirst()) !== undefined;
  const unknown: ('key' | 'subject')[] = [];
  if (key !== undefined && !(await isThere('api_key', key))) unknown.push('key');
  if (subject !== undefined && !(await isThere('subject', subject))) unknown.push('subject');
  return unknown;
}

const changing = ({
  name,
  metric,
  windowMinutes,
  threshold,
  filter,
  holdOffMinutes,
  ...rule
}: StoredRule) => ({
  name,
  metric,
  definition: JSON.stringify({ windowMinutes, threshold, filter, holdOffMinutes, channels: rule.channels }),
  enabled: rule.enabled ? 1 : 0,
});

const { windowMinutes, threshold, filter, holdOffMinutes, channels } = AlertDefinition.shape;
/** The column `definition`. */
export const StoredSettings = z.strictObject({
  windowMinutes,
  threshold,
  filter: filter.strict(),
  holdOffMinutes,
  channels: channels.strict(),
});

function readRule(row: Selectable<Schema['alert_rule']>): StoredRule {
  const known = isMetric(row.metric);
  const settings = StoredSettings.safeParse(parseJson(row.definition)).data;
  const usual = () => checkNewRule({ metric: known ? (row.metric as AlertMetric) : 'protected-change' });
  return {
    ...(known && settings ? settings : { ...usual(), unread: true }),
    id: row.id as AlertRuleId,
    organization: row.organization as OrganizationId,
    world: row.world as World,
    name: row.name,
    metric: row.metric as AlertMetric,
    ...ownNameOf(row.name, row.metric),
    enabled: row.enabled === 1,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
