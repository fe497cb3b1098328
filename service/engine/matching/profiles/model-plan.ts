import type { ModelEntry, PadSetEntry, ScorerEntry } from '../../../inference/models/manifest.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { type ModelSet, type Models, remedy } from '../../models/index.ts';
import { type HoldsFor, heldBy, heldRate, holdingFor, type MatchPlan, type Scorer } from '../every-group.ts';
import type { Profile } from './profile.ts';

/** The models that one verification runs. */
export interface ModelPlan extends MatchPlan {
  detector: string;
  embedders: string[];
  pad?: PadSetEntry;
}

interface MatchingCircumstances {
  set: ModelSet;
  importable: readonly ModelEntry[];
  /** Without it no date of a profile has passed. */
  now?: number;
  /** Whether people have no template for this scorer yet, so that one which it supersedes is needed; they may unless it says. */
  isNeeded?(scorer: ScorerEntry): boolean;
}

/** The circumstances in these worlds of organizations. */
export function circumstancesIn<Realm>(
  {
    models,
    subjects,
    clock,
  }: {
    models: Pick<Models, 'current' | 'importable'>;
    subjects: { peopleWithout(realm: Realm, embedder: string): number };
    clock: Clock;
  },
  ...realms: Realm[]
): MatchingCircumstances {
  return {
    set: models.current(),
    importable: models.importable(),
    now: clock.now(),
    isNeeded: ({ terms }) =>
      realms.some((realm) => terms.some(({ model }) => subjects.peopleWithout(realm, model) > 0)),
  };
}

interface Circumstances extends MatchingCircumstances {
  world: World;
  /** The organization recorded that live verifications may run without PAD. */
  matchOnly: boolean;
}

/**
 * PAD runs where it is needed: in the live world of an organization that is not match-only, and by a profile that requires it. Throws
 * MODEL_NOT_INSTALLED or PAD_NOT_INSTALLED with the remedy, and CONFLICT for a profile without liveness where PAD is needed.
 */
export function planModels(profile: Profile, circumstances: Circumstances): ModelPlan {
  const { set, world, matchOnly } = circumstances;
  const { models, checks } = profile.definition;
  const plan = planMatching(profile, circumstances);
  const byProfile = models.pad === 'required';
  if (!byProfile && (world === 'test' || matchOnly)) return plan;
  if (!checks.liveness.enabled) {
    throw new Problem(
      'CONFLICT',
      byProfile
        ? `The profile ${profile.slug} requires presentation attack detection but runs no liveness check.`
        : `The profile ${profile.slug} runs no liveness check, which the live world requires unless “gatehouse org set --match-only” is recorded.`,
    );
  }
  const pad =
    models.padSet === undefined ? set.padSets[0] : set.padSets.find(({ id }) => id === models.padSet);
  if (pad) return { ...plan, pad };
  throw new Problem(
    'PAD_NOT_INSTALLED',
    `${padRemedy(profile, circumstances)} ${whoNeedsPad(profile, world)}`,
  );
}

/** What to do to get the PAD set that the profile runs. */
function padRemedy({ definition }: Profile, { set, importable }: Circumstances): string {
  const { padSet } = definition.models;
  const off = set.off.padSets.find(({ id }) => padSet === undefined || id === padSet);
  if (off) return switchOn(off.models);
  const missing = importable.filter(({ role, id }) => role === 'pad' && set.files[id] === undefined);
  return `No presentation attack detection model is installed. ${remedy(missing)}`;
}

function whoNeedsPad({ slug, definition }: Profile, world: World): string {
  if (definition.models.pad !== 'required')
    return 'Until then use the test world, or record “gatehouse org set --match-only”.';
  return world === 'test'
    ? `The profile ${slug} requires it, in the test world too.`
    : `The profile ${slug} requires it; “gatehouse org set --match-only” does not change that.`;
}

/** For models that are installed but off. */
function switchOn(ids: readonly string[]): string {
  const commands = ids.map((id) => `“gatehouse models enable ${id}”`);
  return `${ids.join(' and ')} ${ids.length === 1 ? 'is' : 'are'} off: run ${commands.join(' and ')}.`;
}

/** As `planModels`, without presentation attack detection: what an enrollment runs. */
export function planMatching(profile: Profile, circumstances: MatchingCircumstances): ModelPlan {
  const { set, importable } = circumstances;
  const { models } = profile.definition;
  const named = (ids: readonly string[]) =>
    ids.find((id) => id === models.detector) ?? ids.find((id) => id.startsWith(`${models.detector}-`));
  const detector = named(set.detectors);
  if (detector === undefined) {
    const off = named(set.off.detectors);
    if (off !== undefined)
      throw new Problem(
        'MODEL_NOT_INSTALLED',
        `The profile ${profile.slug} needs the detector ${models.detector}. ${switchOn([off])}`,
      );
    const known = importable.filter(({ id, role }) => role === 'detector' && id === models.detector);
    throw new Problem(
      'MODEL_NOT_INSTALLED',
      `The profile ${profile.slug} needs the detector ${models.detector}. ${remedy(known)}`,
    );
  }
  const [first, ...others] = scorersOf(profile, circumstances);
  if (first === undefined)
    throw new Problem(
      'MODEL_NOT_INSTALLED',
      models.scorer === 'best'
        ? 'No embedding model is enabled: run “gatehouse models list”.'
        : `The profile ${profile.slug} compares by the scorer ${models.scorer}, of which a model is off: run “gatehouse models list”, then “gatehouse models enable ID”.`,
    );
  return { detector, embedders: embeddersOf([first, ...others]), scorers: [first, ...others] };
}

/**
 * The scorers that the profile names, without those that no person needs any more, or that the profile accepts no longer; with the tables
 * whose rates hold as the profile asks. None where a model is off.
 */
export const scorersOf = (
  profile: Pick<Profile, 'definition'>,
  circumstances: Omit<MatchingCircumstances, 'importable'>,
): Scorer[] =>
  holdingFor(
    namedBy(profile, circumstances),
    profile.definition.match.holdsFor,
    profile.definition.models.scorer,
  );

/** Groups for which the error rates of a profile hold, with the models in use. */
export interface RatesHold {
  holdsFor: HoldsFor;
  /** Names of scorers because of which it is the average, where the profile asks for every group: they were not measured by groups. */
  notByGroups: string[];
  /** Where the profile asks for every group and superseded scorers compare people who have no other templates yet. */
  superseded?: Superseded;
}

/** The rates that superseded scorers hold on average (`holdingFor`). */
interface Superseded {
  /** Names. */
  scorers: string[];
  falseMatchRate: number;
  falseIdentificationRate: number;
}

export function ratesHoldFor(profile: Profile, circumstances: MatchingCircumstances): RatesHold {
  const scorers = scorersOf(profile, circumstances);
  const { holdsFor = 'average', ...rates } = profile.definition.match;
  if (holdsFor === 'average') return { holdsFor, notByGroups: [] };
  const superseded = scorers.filter(({ share }) => share !== undefined);
  const notByGroups = scorers.filter((one) => one.share === undefined && heldBy(one) === 'average');
  const isHeld = notByGroups.length === 0 && superseded.length < scorers.length;
  const names = (of: readonly Scorer[]) => of.map(({ name }) => name);
  const [first] = superseded;
  return {
    holdsFor: isHeld || scorers.length === 0 ? 'every-group' : 'average',
    notByGroups: names(notByGroups),
    ...(first && {
      superseded: {
        scorers: names(superseded),
        falseMatchRate: heldRate(first, rates.falseMatchRate),
        falseIdentificationRate: heldRate(first, rates.falseIdentificationRate),
      },
    }),
  };
}

function namedBy(
  { definition: { models } }: Pick<Profile, 'definition'>,
  { set, now, isNeeded = () => true }: Omit<MatchingCircumstances, 'importable'>,
): ScorerEntry[] {
  if (models.scorer !== 'best') {
    const named = set.scorers.find(({ id }) => id === models.scorer);
    if (named === undefined) return [];
    if (named.supersededBy !== undefined) return [named];
  }
  const current = set.scorers.filter(
    ({ id, supersededBy }) =>
      supersededBy === undefined && (models.scorer === 'best' || id === models.scorer),
  );
  const { supersededUntil } = models;
  const isAccepted = supersededUntil === undefined || now === undefined || now < endOf(supersededUntil);
  const superseded = set.scorers.filter(({ supersededBy }) =>
    current.some((one) => one.id === supersededBy && isAccepted && isNeeded(one)),
  );
  // Where what supersedes them is off they are all there is.
  return current.length === 0 ? set.scorers : [...superseded, ...current];
}

/** UTC: the box does not know whose day it is. */
const endOf = (date: string): number => Date.parse(`${date}T24:00:00Z`);

const embeddersOf = (scorers: readonly ScorerEntry[]): string[] => [
  ...new Set(scorers.flatMap(({ terms }) => terms.map(({ model }) => model))),
];

/**
 * The embedders that make templates of an enrolled picture: those of every scorer in use that is not superseded, of those that the
 * profiles name, and of the plan, which compares the picture with the person's others.
 */
export function enrollmentEmbedders(
  set: Pick<ModelSet, 'scorers'>,
  profiles: readonly Pick<Profile['definition'], 'models'>[],
  plan: Pick<ModelPlan, 'embedders'>,
): string[] {
  const named = new Set<string>(profiles.map(({ models }) => models.scorer));
  const kept = set.scorers.filter(({ id, supersededBy }) => supersededBy === undefined || named.has(id));
  return [...new Set([...plan.embedders, ...embeddersOf(kept)])];
}
