export type {
  Alert,
  AlertDefinition,
  AlertMetric,
  AlertRule,
  AlertRuleChange,
  Alerts,
  NewAlertRule,
} from './alert.ts';
export { alertMetrics, countedMetrics, gaugeMetrics } from './alert.ts';
