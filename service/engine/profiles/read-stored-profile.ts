import { checkNames, forEachCheck } from '../checks/index.ts';
import { ProfileDefinition } from './profile.ts';
import type { ProfileRow } from './profile-store.ts';

interface StoredDefinition {
  checks: Record<string, unknown>;
  models?: { scorer?: unknown };
}

/** A score of releases up to 0.1, of an embedder that is no part of Gatehouse any more. */
const FORMER_SCORER = 'fused';

/**
 * The definition of a stored profile, whichever release wrote it. A check that it lacks has its default rule, disabled. A check or a field
 * that this release does not know is left out and named in `unknown`.
 */
export function readStoredProfile({ definition }: Pick<ProfileRow, 'definition'>): {
  definition: ProfileDefinition;
  unknown: string[];
} {
  const stored: StoredDefinition = JSON.parse(definition);
  if (stored.models?.scorer === FORMER_SCORER) stored.models.scorer = 'best';
  const fields: string[] = Object.keys(ProfileDefinition.shape);
  const names: readonly string[] = checkNames;
  const checks = {
    ...forEachCheck(({ defaultRule }) => ({ ...defaultRule, enabled: false })),
    ...only(stored.checks, names),
  };
  return {
    definition: ProfileDefinition.parse({ ...only(stored, fields), checks }),
    unknown: [
      ...Object.keys(stored).filter((field) => !fields.includes(field)),
      ...Object.keys(stored.checks).flatMap((name) => (names.includes(name) ? [] : [`checks.${name}`])),
    ],
  };
}

const only = (given: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
