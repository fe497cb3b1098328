import {
  type CalibrationCurve,
  calibrationCurves,
  type GalleryShifts,
  safeGallerySize,
} from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import { type ProfileDefinition, type Profiles, planMatching } from '../../profiles/index.ts';
import type { Realm, Subjects } from '../../subjects/index.ts';

/** Calibration of a profile, for its scorer. */
export interface ProfileCalibration {
  scorer: { id: string; name: string; maturity: string };
  /** Which pictures the curves were measured on, and when. */
  data: string;
  date: string;
  falseMatchRate: number;
  falseIdentificationRate: number;
  /** What the own gallery raises thresholds by; part of those in `steps`. */
  shift: number;
  /** People enrolled, and the largest gallery for which the profile's 1:N rate is backed by measurements. */
  people: number;
  safePeople: number;
  curves: CalibrationCurve[];
}

export interface ProfileCalibrationDeps {
  profiles: Pick<Profiles, 'get'>;
  models: Pick<Models, 'current' | 'importable'>;
  subjects: Pick<Subjects, 'people'>;
  shifts: GalleryShifts;
}

/** Throws PROFILE_NOT_FOUND, and MODEL_NOT_INSTALLED for a scorer whose models are not there. */
export function createProfileCalibration({ profiles, models, subjects, shifts }: ProfileCalibrationDeps) {
  return async function calibrationOf(
    realm: Realm,
    slug: string,
    scorer: ProfileDefinition['models']['scorer'] | undefined,
    rate?: number,
  ): Promise<ProfileCalibration> {
    const profile = await profiles.get(realm.organization, slug);
    const { definition } = profile;
    const chosen = {
      ...profile,
      definition: {
        ...definition,
        models: { ...definition.models, scorer: scorer ?? definition.models.scorer },
      },
    };
    const plan = planMatching(chosen, { set: models.current(), importable: models.importable() });
    const best = plan.scorers.at(-1)!;
    const { calibration } = best;
    const shift = shifts.of(realm)(best);
    const tables = [calibration, ...(calibration.several ?? [])];
    const { falseMatchRate, falseIdentificationRate } = definition.match;
    return {
      scorer: { id: best.id, name: best.name, maturity: best.maturity },
      data: calibration.data,
      date: calibration.date,
      falseMatchRate,
      falseIdentificationRate,
      shift,
      people: subjects.people(realm),
      safePeople: Math.min(...tables.map((table) => safeGallerySize(table, falseIdentificationRate))),
      curves: calibrationCurves(best, shift, rate),
    };
  };
}
