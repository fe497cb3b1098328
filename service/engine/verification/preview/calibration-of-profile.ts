import type { ScorerEntry } from '../../../inference/models/manifest.ts';
import { defined } from '../../../lib/defined.ts';
import {
  type CalibrationCurve,
  calibrationCurves,
  type GalleryShifts,
  type HoldsFor,
  heldBy,
  heldRate,
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
  /** Groups for which the curves hold: `average` also where every group was asked for and the scorer was not measured by groups. */
  holdsFor: HoldsFor;
  /** Where the curves hold for every group: the pictures of the groups, and the groups. False matches are those of the worst one. */
  groups?: ScorerEntry['calibration']['groups'];
  falseMatchRate: number;
  falseIdentificationRate: number;
  /** What the own gallery raises thresholds by; part of those in `steps`. */
  shift: number;
  /** People enrolled, and the largest gallery for which the profile's 1:N rate is backed by measurements. */
  people: number;
  safePeople: number;
  curves: CalibrationCurve[];
}

/** In place of what the profile has. */
export interface CurveChoice {
  scorer?: ProfileDefinition['models']['scorer'] | undefined;
  holdsFor?: HoldsFor | undefined;
  /** A rate that gets a step of its own. */
  rate?: number | undefined;
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
    { scorer, holdsFor, rate }: CurveChoice = {},
  ): Promise<ProfileCalibration> {
    const profile = await profiles.get(realm.organization, slug);
    const { definition } = profile;
    const chosen = {
      ...profile,
      definition: {
        ...definition,
        models: { ...definition.models, scorer: scorer ?? definition.models.scorer },
        match: { ...definition.match, ...defined({ holdsFor: holdsFor ?? definition.match.holdsFor }) },
      },
    };
    const set = models.current();
    const plan = planMatching(chosen, { set, importable: models.importable() });
    const best = plan.scorers.at(-1)!;
    // Where a superseded scorer is all there is, the curves are what was measured, and the rates those that it holds.
    const measured = best.share === undefined ? best : set.scorers.find(({ id }) => id === best.id)!;
    const { calibration } = measured;
    const shift = shifts.of(realm)(best);
    const tables = [calibration, ...(calibration.several ?? [])];
    const falseMatchRate = heldRate(best, definition.match.falseMatchRate);
    const falseIdentificationRate = heldRate(best, definition.match.falseIdentificationRate);
    return {
      scorer: { id: best.id, name: best.name, maturity: best.maturity },
      data: calibration.data,
      date: calibration.date,
      holdsFor: heldBy(best),
      ...(heldBy(best) === 'every-group' && defined({ groups: calibration.groups })),
      falseMatchRate,
      falseIdentificationRate,
      shift,
      people: subjects.people(realm),
      safePeople: Math.min(...tables.map((table) => safeGallerySize(table, falseIdentificationRate))),
      curves: calibrationCurves(measured, shift, rate),
    };
  };
}
