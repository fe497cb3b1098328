export type { LimitSettings } from './limit-settings.ts';
export type { Admitted, LimitedCaller, Limits, LimitsReport, MonthlyUse } from './limits.ts';
export { createLimits } from './limits.ts';
export { sourceOf } from './source.ts';
