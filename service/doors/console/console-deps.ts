import type { Alerts } from '../../engine/alerts/index.ts';
import type { Deliveries, EventLog } from '../../engine/deliveries/index.ts';
import type { Grants } from '../../engine/destinations/index.ts';
import type { Webhooks } from '../../engine/webhooks/index.ts';

/** What of the engine is behind the console's door. */
export interface ConsoleDeps {
  webhooks: Webhooks;
  deliveries: Deliveries;
  eventLog: EventLog;
  alerts: Pick<Alerts, 'list' | 'acknowledge' | 'listRules' | 'addRule' | 'changeRule' | 'removeRule'>;
  grants: Pick<Grants, 'list'>;
}
