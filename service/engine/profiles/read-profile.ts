import type { Log } from '../../lib/log.ts';
import type { RowIntegrity } from '../../storage/transaction.ts';
import { builtInProfiles } from './built-in-profiles.ts';
import type { Profile, ProfileDefinition } from './profile.ts';
import { isOwnProfile, type ProfileRow } from './profile-store.ts';
import { readStoredProfile } from './read-stored-profile.ts';

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
