import type { Clock } from '../../../lib/clock.ts';
import { type HoldsFor, heldRate, safeGallerySize } from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import { circumstancesIn, type Profile, scorersOf } from '../../profiles/index.ts';
import type { Realm, Subjects } from '../../subjects/index.ts';

/** How many people a profile may search with thresholds that were measured. */
export interface SafeGallery {
  /** The profile's false-identification rate. */
  rate: number;
  /** Always the average: the tables of the worst group end at rates that a dozen people reach, and every box would be warned. */
  holdsFor: HoldsFor;
  people: number;
}

export interface SafeGalleryDeps {
  models: Pick<Models, 'current' | 'importable'>;
  subjects: Pick<Subjects, 'peopleWithout'>;
  clock: Clock;
}

/** Over the people of these galleries. Reads memory only. */
export function createSafeGallery(deps: SafeGalleryDeps) {
  return function safeGallery(profile: Profile, realms: readonly Realm[]): SafeGallery {
    const circumstances = circumstancesIn(deps, ...realms);
    const { definition } = profile;
    const rate = definition.match.falseIdentificationRate;
    const holdsFor = 'average';
    const onAverage = {
      ...profile,
      definition: { ...definition, match: { ...definition.match, holdsFor } },
    } as const;
    // People with templates of a superseded embedder, or with more pictures, are compared by other tables: the smallest size counts.
    const held = scorersOf(profile, circumstances);
    const sizes = scorersOf(onAverage, circumstances).flatMap(({ id, calibration }) => {
      const asked = heldRate(held.find((one) => one.id === id) ?? {}, rate);
      return [calibration, ...(calibration.several ?? [])].map((table) => safeGallerySize(table, asked));
    });
    return { rate, holdsFor, people: sizes.length > 0 ? Math.min(...sizes) : 0 };
  };
}
