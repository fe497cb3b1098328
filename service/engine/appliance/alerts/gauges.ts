import type { AlertRuleId, OrganizationId } from '../../../lib/id.ts';
import type { Foundation } from '../../audit/index.ts';
import type { EventRealm } from '../../events/index.ts';
import type { AlertMetric } from './alert.ts';
import { isBeyond } from './alert-rule.ts';
import type { StoredRule } from './rule-store.ts';

const MINUTE = 60_000;
const BACKUP_REASON =
  'A backup would not restore, could not be made, or holds what another program wrote: “gatehouse backup list” shows the operator the reason.';

/** Current readings of the appliance; given by compose.ts. */
export interface GaugeReadings {
  /** MiB on the disk of the data directory. */
  diskFree(): Promise<number>;
  /** Whole days the configured certificate lasts; there is no such reading without one. */
  certificateDays?(): number;
  /** Whether a person could be verified live without presentation attack detection, or cannot because it is not installed. */
  padMissing(organization: OrganizationId): Promise<boolean>;
  /** What is wrong with the backups of the box, one sentence each. */
  backupTroubles(): readonly string[];
  /** Why a retention sweep of the organization waits for an operator; undefined when none does. */
  sweepWaiting(organization: OrganizationId): Promise<string | undefined>;
  /** Rows of the organization, and of none, that another program wrote or changed: one sentence each. */
  alteredRows(organization: OrganizationId): readonly string[];
  /** What the other nodes read of their machines; none where there are none. */
  otherNodes?(): Promise<readonly (Partial<Record<OfMachine, number | undefined>> & { node: string })[]>;
  /** What is wrong with the nodes that share the record, and with the standby of its database: one sentence each. */
  nodeTroubles(): Promise<readonly string[]>;
}

/** Each node has its own. */
type OfMachine = 'diskFree' | 'certificateDays';

/** What a gauge shows now, and why, where the figure does not say it. */
export interface Reading {
  value: number;
  reason?: string;
}

export interface GaugesDeps extends Pick<Foundation, 'clock' | 'log'> {
  readings: GaugeReadings;
  waitingDeliveries(realm: EventRealm): Promise<number>;
}

/** Reads the gauges and remembers since when each is beyond its threshold; a restart forgets it. */
export function createGauges({ readings, waitingDeliveries, clock, log }: GaugesDeps) {
  const since = new Map<AlertRuleId, number>();

  /** Of this machine and those of all other nodes; which one it is, where it is another. */
  async function lowest(figure: OfMachine, own: number | undefined): Promise<Reading | undefined> {
    let found: Reading | undefined = own === undefined ? undefined : { value: Math.floor(own) };
    for (const { node, [figure]: value } of (await readings.otherNodes?.()) ?? [])
      if (value !== undefined && value < (found?.value ?? Number.POSITIVE_INFINITY))
        found = { value: Math.floor(value), reason: `It is that of ${node}.` };
    return found;
  }

  async function read(metric: AlertMetric, realm: EventRealm): Promise<Reading | undefined> {
    switch (metric) {
      case 'queue-depth':
        return { value: await waitingDeliveries(realm) };
      case 'disk-free':
        return lowest('diskFree', await readings.diskFree());
      case 'certificate-days':
        return lowest('certificateDays', readings.certificateDays?.());
      case 'pad-missing':
        return { value: (await readings.padMissing(realm.organization)) ? 1 : 0 };
      case 'backup-trouble': {
        const troubles = readings.backupTroubles();
        // Without paths: the organizations that get the alert may not own the appliance.
        return { value: troubles.length, reason: BACKUP_REASON };
      }
      case 'sweep-waiting': {
        const reason = await readings.sweepWaiting(realm.organization);
        return reason === undefined ? { value: 0 } : { value: 1, reason };
      }
      case 'rows-altered': {
        const rows = readings.alteredRows(realm.organization);
        return { value: rows.length, ...(rows.length > 0 && { reason: rows.slice(0, 3).join(' ') }) };
      }
      case 'node-trouble': {
        const troubles = await readings.nodeTroubles();
        return { value: troubles.length, ...(troubles.length > 0 && { reason: troubles.join(' ') }) };
      }
      default:
        return undefined;
    }
  }

  return {
    /** Rules whose gauge has been beyond the threshold at every look for as long as their window; one minute is a single look. */
    async breached(rules: readonly StoredRule[]): Promise<({ rule: StoredRule } & Reading)[]> {
      const found: ({ rule: StoredRule } & Reading)[] = [];
      for (const id of since.keys()) if (rules.every((rule) => rule.id !== id)) since.delete(id);
      for (const rule of rules) {
        const reading = await read(rule.metric, rule).catch((error: unknown) => {
          log.warn(
            { rule: rule.id, metric: rule.metric, err: error },
            'a gauge of an alert rule cannot be read',
          );
          return undefined;
        });
        if (reading === undefined || !isBeyond(rule, reading.value)) {
          since.delete(rule.id);
          continue;
        }
        const now = clock.now();
        const begun = Math.min(since.get(rule.id) ?? now, now);
        since.set(rule.id, begun);
        if (now - begun >= (rule.windowMinutes - 1) * MINUTE) found.push({ rule, ...reading });
      }
      return found;
    },
  };
}
