import type { Alerts } from '../../engine/alerts/index.ts';
import type { Deliveries, EventLog } from '../../engine/deliveries/index.ts';

/** What of the engine is behind the console's door. */
export interface ConsoleDeps {
  deliveries: Deliveries;
  eventLog: EventLog;
  alerts: Pick<Alerts, 'list' | 'acknowledge' | 'listRules' | 'addRule' | 'changeRule' | 'removeRule'>;
}
