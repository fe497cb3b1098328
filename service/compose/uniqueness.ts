import {
  circumstancesIn,
  createMatching,
  type GalleryShifts,
  type Profiles,
  planMatching,
} from '../engine/matching/index.ts';
import type { Models } from '../engine/models/index.ts';
import type { Subjects } from '../engine/people/index.ts';
import { createUniqueness, type Uniqueness, type UniquenessDeps } from '../engine/uniqueness/index.ts';
import type { Sealer } from '../storage/sealing/sealed.ts';

type Wired = 'keys' | 'matching' | 'planOf';

/** Uniqueness scopes: keys of the key store, thresholds of the organization's own gallery, models of its profile `default`. */
export function openUniqueness(
  deps: Omit<UniquenessDeps, Wired> & {
    sealer: Pick<Sealer, 'scopeKeys'>;
    subjects: Parameters<typeof createMatching>[0]['subjects'] & Pick<Subjects, 'peopleWithout'>;
    models: Pick<Models, 'current' | 'importable'>;
    profiles: Pick<Profiles, 'get'>;
    shifts: GalleryShifts;
  },
): Uniqueness {
  return createUniqueness({
    ...deps,
    keys: deps.sealer.scopeKeys,
    matching: createMatching(deps),
    planOf: async (realm) =>
      planMatching(await deps.profiles.get(realm.organization, 'default'), circumstancesIn(deps, realm)),
  });
}
