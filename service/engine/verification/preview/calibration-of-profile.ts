import type { ScorerEntry } from '../../../inference/models/manifest.ts';
import type { Clock } from '../../../lib/clock.ts';
import { defined } from '../../../lib/defined.ts';
import {
  type CalibrationCurve,
  type CheckName,
  calibrationCurves,
  checkNamed,
  checkNames,
  checksWithInput,
  circumstancesIn,
  type GalleryShifts,
  type HoldsFor,
  heldBy,
  heldRate,
  type Profile,
  type ProfileDefinition,
  type Profiles,
  planMatching,
  type Rule,
  safeGallerySize,
  scorersOf,
} from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import type { Realm, Subjects } from '../../people/index.ts';

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
interface CurveChoice {
  scorer?: ProfileDefinition['models']['scorer'] | undefined;
  holdsFor?: HoldsFor | undefined;
  /** A rate that gets a step of its own. */
  rate?: number | undefined;
}

interface ProfileCalibrationDeps {
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

/** `at`: `half`, where the scale `live` of a profile has 0.5; `apcer5`, where the stricter one has it. */
type PadPoint = {
  at: 'half' | 'apcer5' | 'apcer10';
  score: number;
  apcer: number;
  bpcer: number;
  worst?: { species: string; apcer: number };
};

/** What a profile can ask for: every check, and what was measured of those that models judge. */
interface CheckCatalog {
  checks: {
    name: CheckName;
    /** Absent: that of the PAD set that the profile runs. */
    maturity?: 'proven' | 'experimental';
    defaultRule: Rule;
    /** It waits for something that the caller sends, so that a rule may say `whenMissing`. */
    takesInput: boolean;
  }[];
  /** Those that can be used now; the first is used where a profile names none. */
  padSets: {
    id: string;
    name: string;
    maturity: string;
    data?: string;
    date?: string;
    /** By rising live score: what passes and what is refused at a threshold. */
    points: PadPoint[];
  }[];
}

export const createCheckCatalog =
  ({ models }: { models: Pick<Models, 'current'> }) =>
  (): CheckCatalog => ({
    checks: checkNames.map((name) => {
      const { maturity, defaultRule } = checkNamed(name);
      return { name, ...(maturity && { maturity }), defaultRule, takesInput: checksWithInput.includes(name) };
    }),
    padSets: models.current().padSets.map(({ id, name, maturity, thresholds, accuracy }) => ({
      id,
      name,
      maturity,
      ...(accuracy[0] && { data: accuracy[0].data, date: accuracy[0].date }),
      points: (['half', 'apcer5', 'apcer10'] as const)
        .flatMap((at): PadPoint[] => {
          const point = thresholds[at];
          if (point === undefined) return [];
          const { score, apcer, bpcer, worst } = point;
          return [{ at, score, apcer, bpcer, ...(worst && { worst }) }];
        })
        .toSorted((a, b) => a.score - b.score),
    })),
  });

/** How many people a profile may search with thresholds that were measured. */
interface SafeGallery {
  /** The profile's false-identification rate. */
  rate: number;
  /** Always the average: the tables of the worst group end at rates that a dozen people reach, and every box would be warned. */
  holdsFor: HoldsFor;
  people: number;
}

interface SafeGalleryDeps {
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
