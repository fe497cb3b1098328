import { firstIdAt } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import { notHeld } from '../../../storage/legal-holds.ts';
import { countRows, deleteRows } from '../../../storage/rows.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type Person, type PersonalData, type Realm, readPages } from '../../audit/index.ts';
import { forgetAlerts } from './alert-store.ts';

/** Acknowledged or not; their ids begin with the time, and there is an index of them. */
const oldAlerts = (from: Db | Tx, { organization, world }: Realm, before: number) =>
  from
    .selectFrom('alert as old')
    .where('old.organization', '=', organization)
    .where('old.world', '=', world)
    .where('old.id', '<', firstIdAt('alert', before))
    .where(notHeld);

const alertPages = (db: Db, { organization, world, subject }: Person) =>
  readPages((after, limit) =>
    db
      .selectFrom('alert')
      .innerJoin('alert_rule', 'alert_rule.id', 'alert.rule')
      .selectAll('alert')
      .select('alert_rule.name')
      .where('alert.subject', '=', subject)
      .where('alert.organization', '=', organization)
      .where('alert.world', '=', world)
      .where('alert.id', '>', after)
      .orderBy('alert.id')
      .limit(limit)
      .execute(),
  );

/** Alerts about a person, and rules about one person alone. */
export const createAlertData = ({ db }: { db: Db }): PersonalData => ({
  tables: {
    alert: { columns: ['subject', 'about', 'notified'], record: { in: 'alerts' } },
    alert_rule: {
      columns: ['definition'],
      record: { leftOut: 'Rules of the organization; one about a single person is removed with the person.' },
    },
  },
  forget: forgetAlerts,
  expires: [
    {
      counted: 'alerts',
      term: 'verificationDays',
      expire: (tx, realm, before, limit) =>
        deleteRows(
          tx
            .deleteFrom('alert')
            .where('id', 'in', oldAlerts(tx, realm, before).select('old.id').limit(limit)),
        ),
      count: (realm, before) => countRows(oldAlerts(db, realm, before)),
    },
  ],
  async exportOf(person) {
    const alerts = [];
    for await (const page of alertPages(db, person)) {
      for (const row of page) {
        alerts.push({
          id: row.id,
          rule: row.name,
          metric: row.metric,
          value: row.value,
          threshold: row.threshold,
          at: time(row.fired_at),
          acknowledgedAt: time(row.acknowledged_at),
          acknowledgedBy: row.acknowledged_by ?? undefined,
        });
      }
    }
    return { alerts };
  },
});
