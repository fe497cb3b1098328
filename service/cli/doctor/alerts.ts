import { invocation } from '../invocation.ts';
import { count } from '../terminal/terminal.ts';
import type { Finding } from './checks.ts';

/** Open alerts of an organization that the doctor counts. */
export const MOST_ALERTS = 1000;

/** Unacknowledged alerts of the live world, by organization; no finding where there are none. */
export function checkAlerts(open: readonly { id: string; name: string; alerts: number }[]): Finding[] {
  const some = open.filter(({ alerts }) => alerts > 0);
  if (some.length === 0) return [];
  const all = some.reduce((sum, { alerts }) => sum + alerts, 0);
  const atLeast = some.some(({ alerts }) => alerts >= MOST_ALERTS) ? 'at least ' : '';
  const names = some.map(({ name, alerts }) => `${name} (${alerts})`).join(', ');
  return [
    {
      what: 'alerts',
      state: 'warn',
      found: `${atLeast}${count(all, 'alert is', 'alerts are')} open: ${names}`,
      remedy: `Look at them, and acknowledge: ${some.map(({ id }) => `${invocation} alert list --org ${id}`).join('   ')}`,
    },
  ];
}
