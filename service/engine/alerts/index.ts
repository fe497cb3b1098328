export type { AlertMetric, AlertRuleChange, Alerts, NewAlertRule } from './alert.ts';
export {
  Alert,
  AlertDefinition,
  AlertRule,
  alertMetrics,
  exampleOfAlert,
  exampleOfDefinition,
} from './alert.ts';
export type { MailServer } from './alert-mail.ts';
export type { AlertsDeps } from './alerts.ts';
export { createAlerts } from './alerts.ts';
export type { GaugeReadings } from './gauges.ts';
export { createAlertData } from './personal-data.ts';
export { Recipient } from './recipient-store.ts';
