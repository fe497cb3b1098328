import type { Alerts } from '../../engine/alerts/index.ts';

/** What of the engine is behind the console's door. */
export interface ConsoleDeps {
  alerts: Pick<Alerts, 'list' | 'acknowledge' | 'listRules' | 'addRule' | 'changeRule' | 'removeRule'>;
}
