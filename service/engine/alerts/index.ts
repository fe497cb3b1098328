export {
  Alert,
  AlertDefinition,
  type AlertMetric,
  AlertRule,
  type AlertRuleChange,
  type Alerts,
  alertMetrics,
  exampleOfAlert,
  exampleOfDefinition,
  type MailServer,
  type NewAlertRule,
} from './alert.ts';
export { type AlertsDeps, createAlerts } from './alerts.ts';
export type { GaugeReadings } from './gauges.ts';
export { createAlertData } from './personal-data.ts';
export { Recipient } from './recipient-store.ts';
