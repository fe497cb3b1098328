import type { Log } from '../../lib/log.ts';
import type { Profile, ProfileDefinition } from './profile.ts';
import type { ProfileRow } from './profile-store.ts';
import { readStoredProfile } from './read-stored-profile.ts';

/** Reads rows; what this release does not know of one is in the log once. */
export function createReadProfile(log: Log) {
  /** Rows whose unknown fields are in the log: each is read with every verification. */
  const logged = new Set<string>();

  return function toProfile(row: ProfileRow): Profile {
    const { id, slug, version } = row;
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

/** Whatever it was copied from: what was measured holds for the built-in profiles as they are. */
export const custom = (definition: ProfileDefinition): ProfileDefinition => ({
  ...definition,
  maturity: 'custom',
});
