import type { Clock } from '../../lib/clock.ts';
import type { AlertRuleId, OrganizationId } from '../../lib/id.ts';
import type { Log } from '../../lib/log.ts';
import type { EventRealm } from '../events/index.ts';
import type { AlertMetric } from './alert.ts';
import { isBeyond } from './alert-rule.ts';
import type { StoredRule } from './rule-store.ts';

const MINUTE = 60_000;

/** What the box can tell of itself at any moment; given by compose.ts. */
export interface GaugeReadings {
  /** MiB on the disk of the data directory. */
  diskFree(): Promise<number>;
  /** Whole days the configured certificate lasts; there is no such reading without one. */
  certificateDays?(): number;
  /** Whether somebody could be verified live without presentation attack detection, or cannot because it is not installed. */
  padMissing(organization: OrganizationId): Promise<boolean>;
}

export interface GaugesDeps {
  readings: GaugeReadings;
  waitingDeliveries(realm: EventRealm): Promise<number>;
  clock: Clock;
  log: Log;
}

/** Looks at what is no event, and remembers since when it has been beyond its threshold; a restart begins anew. */
export function createGauges({ readings, waitingDeliveries, clock, log }: GaugesDeps) {
  const since = new Map<AlertRuleId, number>();

  async function read(metric: AlertMetric, realm: EventRealm): Promise<number | undefined> {
    switch (metric) {
      case 'queue-depth':
        return waitingDeliveries(realm);
      case 'disk-free':
        return Math.floor(await readings.diskFree());
      case 'certificate-days':
        return readings.certificateDays?.();
      case 'pad-missing':
        return (await readings.padMissing(realm.organization)) ? 1 : 0;
      default:
        return undefined;
    }
  }

  return {
    /** Rules whose gauge has been beyond the threshold at every look for as long as their window; one minute is a single look. */
    async breached(rules: readonly StoredRule[]): Promise<{ rule: StoredRule; value: number }[]> {
      const found: { rule: StoredRule; value: number }[] = [];
      for (const id of since.keys()) if (rules.every((rule) => rule.id !== id)) since.delete(id);
      for (const rule of rules) {
        const value = await read(rule.metric, rule).catch((error: unknown) => {
          log.warn(
            { rule: rule.id, metric: rule.metric, err: error },
            'a gauge of an alert rule cannot be read',
          );
          return undefined;
        });
        if (value === undefined || !isBeyond(rule, value)) {
          since.delete(rule.id);
          continue;
        }
        const now = clock.now();
        const begun = Math.min(since.get(rule.id) ?? now, now);
        since.set(rule.id, begun);
        if (now - begun >= (rule.windowMinutes - 1) * MINUTE) found.push({ rule, value });
      }
      return found;
    },
  };
}
