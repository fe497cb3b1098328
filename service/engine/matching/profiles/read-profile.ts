import type { Log } from '../../../lib/log.ts';
import type { RowIntegrity } from '../../../storage/transaction.ts';
import { checkNames, forEachCheck } from '../checks/registered-checks.ts';
import { builtInProfiles } from './built-in-profiles.ts';
import { type Profile, ProfileDefinition } from './profile.ts';
import { isOwnProfile, type ProfileRow } from './profile-store.ts';

/** Reads rows; what this release does not know of one is in the log once. */
export function createReadProfile({ log, integrity }: { log: Log; integrity: RowIntegrity }) {
  /** Rows whose unknown fields are in the log: each is read with every verification. */
  const logged = new Set<string>();

  return function toProfile(row: ProfileRow): Profile {
    const { id, slug, version } = row;
    if (!isOwnProfile(integrity, row)) {
      if (!logged.has(id))
        log.error({ profile: id }, 'a profile is not used, because another program wrote or changed its row');
      logged.add(id);
      return { id, slug, version, builtIn: false, definition: custom(strictest), altered: true };
    }
    const { definition, unknown } = readStoredProfile(row);
    if (unknown.length > 0 && !logged.has(id)) {
      logged.add(id);
      log.warn(
        { profile: id, unknown },
        'a stored profile names what this release does not know; it is left out',
      );
    }
    return { id, slug, version, builtIn: false, definition: custom(definition) };
  };
}

/** Shown in the place of settings that another program may have written. */
const { definition: strictest } = builtInProfiles.find(({ slug }) => slug === 'strict-finance')!;

/** Whatever it was copied from: what was measured holds for the built-in profiles as they are. */
export const custom = (definition: ProfileDefinition): ProfileDefinition => ({
  ...definition,
  maturity: 'custom',
});

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
function readStoredProfile({ definition }: Pick<ProfileRow, 'definition'>): {
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
