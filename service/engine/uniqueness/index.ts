export type { SettingsChange } from './change-settings.ts';
export type { Judged, UniquenessOrder } from './judge.ts';
export { isHeldByScope } from './member-store.ts';
export type { DecidedNewcomer, OnDecided } from './newcomers.ts';
export { createUniquenessData } from './personal-data.ts';
export type { Scope } from './scope.ts';
export { CountedScope, type Scopes } from './scopes.ts';
export {
  createUniqueness,
  type Humanness,
  type HumannessCalibration,
  humannessOfLiveness,
  type ScopeTerms,
  type Uniqueness,
  type UniquenessDeps,
} from './uniqueness.ts';
