export type { Alert, AlertDefinition, AlertMetric, AlertRule, Alerts } from './alert.ts';
export { alertMetrics, countedMetrics, gaugeMetrics } from './alert.ts';
