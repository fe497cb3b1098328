export type { SettingsChange } from './change-settings.ts';
export { type Humanness, type HumannessCalibration, humannessOfLiveness } from './humanness.ts';
export type { Judged, UniquenessOrder } from './judge.ts';
export { isHeldByScope } from './member-store.ts';
export type { DecidedNewcomer, OnDecided } from './newcomers.ts';
export { createUniquenessData } from './personal-data.ts';
export type { Scope } from './scope.ts';
export type { CountedScope, Scopes } from './scopes.ts';
export { createUniqueness, type ScopeTerms, type Uniqueness, type UniquenessDeps } from './uniqueness.ts';
