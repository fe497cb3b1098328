import type { z } from 'zod';
import type { Check, Rule } from './check.ts';
import { deviceConsistencyCheck } from './device-consistency.ts';
import { embeddingHistoryCheck } from './embedding-history.ts';
import { faceQualityCheck } from './face-quality.ts';
import { frameConsistencyCheck } from './frame-consistency.ts';
import { geoFenceCheck, impossibleTravelCheck } from './impossible-travel.ts';
import { livenessCheck } from './liveness.ts';
import { timeRestrictionCheck } from './time-restriction.ts';

/**
 * Every check, in the order in which they run and are listed. A new check is a file with its descriptor, and its line here; profiles
 * that are stored without it run without it. It changes the built-in profiles: raise their version.
 */
export const registeredChecks = [
  livenessCheck,
  frameConsistencyCheck,
  impossibleTravelCheck,
  embeddingHistoryCheck,
  deviceConsistencyCheck,
  geoFenceCheck,
  timeRestrictionCheck,
  faceQualityCheck,
] as const satisfies readonly Check[];

type Registered = (typeof registeredChecks)[number];
export type CheckName = Registered['name'];
export type Rules = Record<CheckName, Rule>;

export const checkNames: readonly CheckName[] = registeredChecks.map(({ name }) => name);

const byName = new Map<string, Check>(registeredChecks.map((check) => [check.name, check]));

/** The descriptor of a check. */
export const checkNamed = (name: CheckName): Check => byName.get(name)!;

/** One value for each check. */
export function forEachCheck<T>(make: (check: Check) => T): Record<CheckName, T> {
  return Object.fromEntries(registeredChecks.map((check) => [check.name, make(check)])) as Record<
    CheckName,
    T
  >;
}

/** The rules of a profile that sets none. */
export const defaultRules: Rules = forEachCheck(({ defaultRule }) => defaultRule);

type Both<Union> = (Union extends unknown ? (one: Union) => void : never) extends (both: infer All) => void
  ? All
  : never;
type ShapeOf<Key extends 'settings' | 'modelSettings'> = Both<
  Registered extends infer One ? (One extends Record<Key, infer Shape> ? Shape : never) : never
>;
type Setting<Shape> = z.infer<z.ZodObject<{ -readonly [Name in keyof Shape]: Shape[Name] & z.ZodType }>>;

const merged = (key: 'settings' | 'modelSettings') =>
  Object.assign({}, ...registeredChecks.map((check: Check) => check[key] ?? {}));

/** The fields of a profile that checks read, beside their rules. */
export const settingsShape: ShapeOf<'settings'> = merged('settings');
/** The same, among the profile's `models`. */
export const modelSettingsShape: ShapeOf<'modelSettings'> = merged('modelSettings');

/** The check settings of a profile. */
export type CheckSettings = Setting<ShapeOf<'settings'>> & {
  checks: Rules;
  models: Setting<ShapeOf<'modelSettings'>>;
};
