import type { ModelEntry, PadSetEntry, ScorerEntry } from '../../../inference/models/manifest.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Id, Ids, World } from '../../../lib/id.ts';
import { Problem, type ProblemCode } from '../../../lib/problem.ts';
import { createOneAtATime } from '../../../lib/turns.ts';
import type { Organizations } from '../../accounts/index.ts';
import type { Actor } from '../../audit/index.ts';
import {
  type HoldsFor,
  heldBy,
  heldRate,
  type Profile,
  type Profiles,
  planModels,
  thresholdForFalseMatchRate,
} from '../../matching/index.ts';
import type { ModelChange, ModelForecast, ModelReport, ModelSet, Models } from '../../models/index.ts';
import type { Subjects } from '../../people/index.ts';

/** A change as a caller names it; `staged` is a file that was looked at. */
export type PlannedChange =
  | { change: 'enable'; id: string; acceptLicenceDoubt: boolean }
  | { change: 'disable'; id: string }
  | { change: 'remove'; id: string }
  | { change: 'import'; staged: string };

export interface ModelChanges {
  /**
   * Converts and tries a file, and keeps what came of it in memory until it is imported. Throws INVALID_REQUEST with what to do about
   * a file that cannot be used.
   */
  stage(file: ModelFile): Promise<StagedModel>;
  /** Whether a file that was looked at is held here. */
  isStaged(id: string): boolean;
  /** What these changes would do, in their order; nothing is changed. Throws NOT_FOUND or MODEL_NOT_INSTALLED. */
  dryRun(changes: readonly PlannedChange[]): Promise<DryRun>;
  /** Throws NOT_FOUND for a file that is held no more. */
  importStaged(id: string, actor: Actor): Promise<ModelReport>;
  /** A model that was not staged is tried first, apart from this process, unless its hash is known. Throws INVALID_REQUEST. */
  import(input: NewModel, actor: Actor): Promise<ModelReport>;
}

type NewModel = Parameters<Models['import']>[0];

interface ModelChangesDeps {
  readImport(file: ModelFile): Promise<ReadModel>;
  models: Pick<Models, 'forecast' | 'import' | 'importable'>;
  profiles: Pick<Profiles, 'list'>;
  organizations: Pick<Organizations, 'list'>;
  subjects: Pick<Subjects, 'countComparable' | 'countEnrolled'>;
  ids: Ids;
  clock: Clock;
}

export function createModelChanges(deps: ModelChangesDeps): ModelChanges {
  const { models, subjects } = deps;
  // Each may take a gigabyte of memory.
  const inTurn = createOneAtATime();
  const readImport: ModelChangesDeps['readImport'] = (file) => inTurn(() => deps.readImport(file));
  const staged = createStagedModels({ ...deps, readImport });

  function toChange(planned: PlannedChange): ModelChange {
    if (planned.change !== 'import') {
      const { change, ...rest } = planned;
      return { is: change, ...rest } as ModelChange;
    }
    const { entry, scorers, padSets } = staged.get(planned.staged).model;
    return { is: 'import', entry, scorers, padSets };
  }

  return {
    stage: (file) => staged.add(file),
    isStaged: staged.has,
    dryRun: async (changes) =>
      dryRunOf({
        forecast: models.forecast(changes.map(toChange)),
        importable: models.importable(),
        inUse: await profilesInUse(deps),
        countComparable: (...sets) => subjects.countComparable(...sets),
        countEnrolled: () => subjects.countEnrolled(),
      }),
    async importStaged(id, actor) {
      const { onnx, entry, scorers, padSets } = staged.get(id).model;
      const report = await models.import(
        { onnx, entry, scorers: [...scorers], padSets: [...padSets] },
        actor,
      );
      staged.remove(id);
      return report;
    },
    async import(input, actor) {
      await tryNew({ readImport, models }, input);
      return models.import(input, actor);
    },
  };
}

/** The workers of the service run a model in its own process, where a broken one would end it at every start. */
async function tryNew(
  { readImport, models }: Pick<ModelChangesDeps, 'readImport' | 'models'>,
  { onnx, entry, scorers = [], padSets = [] }: NewModel,
): Promise<void> {
  // As a caller sent it: the trial looks at what else is in it.
  const { file: _, sources: __, sha256, origin, ...model } = { ...entry };
  if (origin === 'built' || models.importable().some((known) => known.sha256 === sha256)) return;
  await readImport({ name: `${model.id}.onnx`, bytes: onnx, entry: { model, scorers, padSets } });
}

async function profilesInUse({
  organizations,
  profiles,
}: Pick<ModelChangesDeps, 'organizations' | 'profiles'>): Promise<ProfilesInUse[]> {
  const inUse: ProfilesInUse[] = [];
  for (const { id, name, matchOnly } of await organizations.list())
    inUse.push({ organization: name, matchOnly, profiles: await profiles.list(id) });
  return inUse;
}

/** What verifications by one profile run, and where they accept. */
export type Runs =
  | {
      is: 'runs';
      detector: string;
      scorer: string;
      /** For one picture against one. */
      threshold: number;
      extrapolated: boolean;
      /** The 1:1 rate that it holds, and for which groups: the profile's, or a tenth where a superseded scorer is all there is. */
      falseMatchRate: number;
      holdsFor: HoldsFor;
      /** Share of genuine people that this threshold refuses, 0..1. */
      refused: number;
      liveness?: { set: string; threshold: number; apcer: number; bpcer: number };
    }
  | { is: 'refused'; code: ProblemCode; message: string };

/** A profile under which the change would be noticed. */
interface ChangedProfile {
  profile: string;
  name: string;
  world: World;
  /** Of these organizations; a built-in profile is listed once for all in which it changes alike. */
  organizations: string[];
  before: Runs;
  after: Runs;
}

interface People {
  /** With templates, of any model. */
  enrolled: number;
  /** Who can be recognized. */
  recognizable: { before: number; after: number };
  /** Who have templates of every model that the best scorer compares. */
  byBestScorer: { before: number; after: number };
}

/** What changes of the models would do. Nothing has been changed. */
export interface DryRun extends Pick<ModelForecast, 'refusals' | 'doubts'> {
  galleries: { before: string[]; after: string[]; loadedAnew: boolean };
  scorers: { before: string[]; after: string[] };
  padSets: { before: string[]; after: string[] };
  detectors: { before: string[]; after: string[] };
  people: People;
  profiles: ChangedProfile[];
}

interface ProfilesInUse {
  organization: string;
  matchOnly: boolean;
  profiles: readonly Profile[];
}

interface DryRunInput {
  forecast: ModelForecast;
  importable: Parameters<typeof planModels>[1]['importable'];
  inUse: readonly ProfilesInUse[];
  countComparable(...sets: readonly Readonly<Record<string, string>>[]): Promise<number>;
  countEnrolled(): Promise<number>;
}

async function dryRunOf(input: DryRunInput): Promise<DryRun> {
  const { before, after, refusals, doubts } = input.forecast;
  const each = <T>(of: (set: ModelSet) => T) => ({ before: of(before), after: of(after) });
  const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
  return {
    refusals,
    doubts,
    galleries: {
      before: before.galleries,
      after: after.galleries,
      loadedAnew: filesOfGalleries(before) !== filesOfGalleries(after),
    },
    scorers: each(({ scorers }) => ids(scorers)),
    padSets: each(({ padSets }) => ids(padSets)),
    detectors: each(({ detectors }) => detectors),
    people: await peopleOf(input),
    profiles: changedProfiles(input),
  };
}

const filesOfGalleries = ({ galleries, files }: ModelSet): string =>
  galleries.map((model) => `${model} ${files[model]}`).join();

async function peopleOf({ forecast, countComparable, countEnrolled }: DryRunInput): Promise<People> {
  const { before, after } = forecast;
  const filesOf = ({ files }: ModelSet, { terms }: ScorerEntry) =>
    Object.fromEntries(terms.map(({ model }) => [model, files[model] ?? '']));
  const any = (set: ModelSet) => countComparable(...set.scorers.map((scorer) => filesOf(set, scorer)));
  const best = (set: ModelSet) => countComparable(...set.scorers.slice(-1).map((one) => filesOf(set, one)));
  return {
    enrolled: await countEnrolled(),
    recognizable: { before: await any(before), after: await any(after) },
    byBestScorer: { before: await best(before), after: await best(after) },
  };
}

function changedProfiles({ forecast, importable, inUse }: DryRunInput): ChangedProfile[] {
  const found = new Map<string, ChangedProfile>();
  for (const { organization, matchOnly, profiles } of inUse) {
    for (const profile of profiles) {
      for (const world of ['live', 'test'] as const) {
        const runs = (set: ModelSet) => runsOf(profile, { set, importable, world, matchOnly });
        const [before, after] = [runs(forecast.before), runs(forecast.after)];
        if (JSON.stringify(before) === JSON.stringify(after)) continue;
        const { slug, builtIn, definition } = profile;
        const key = JSON.stringify([slug, world, before, after, builtIn || organization]);
        const same = found.get(key);
        if (same) same.organizations.push(organization);
        else
          found.set(key, {
            profile: slug,
            name: definition.name,
            world,
            organizations: [organization],
            before,
            after,
          });
      }
    }
  }
  return [...found.values()];
}

function runsOf(profile: Profile, circumstances: Parameters<typeof planModels>[1]): Runs {
  try {
    const { detector, scorers, pad } = planModels(profile, circumstances);
    const scorer = scorers.at(-1)!;
    const rate = profile.definition.match.falseMatchRate;
    const { threshold, extrapolated, fnmr } = thresholdForFalseMatchRate(scorer.calibration, rate);
    return {
      is: 'runs',
      detector,
      scorer: scorer.id,
      threshold,
      extrapolated,
      refused: fnmr,
      falseMatchRate: heldRate(scorer, rate),
      holdsFor: heldBy(scorer),
      ...(pad && { liveness: livenessOf(pad, profile.definition.models.livenessScale) }),
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { is: 'refused', code: error.code, message: error.message };
  }
}

/** The point of the set at which the profile's liveness score is 0.5. */
export function livenessOf(
  { id, thresholds: { half, apcer5 } }: PadSetEntry,
  scale: Profile['definition']['models']['livenessScale'],
) {
  const { score, apcer, bpcer } = scale === 'live' ? (half ?? apcer5) : apcer5;
  return { set: id, threshold: score, apcer, bpcer };
}

type StagedId = Id<'stagedModel'>;

/** A file as an administrator has it. */
export interface ModelFile {
  name: string;
  bytes: Uint8Array;
  /** What the JSON beside a model of the customer says of it. */
  entry?: unknown;
}

/** A file that was converted and tried. */
export interface ReadModel {
  onnx: Uint8Array;
  entry: ModelEntry;
  scorers: readonly ScorerEntry[];
  padSets: readonly PadSetEntry[];
}

/** A model that may be imported until `expiresAt`. */
export interface StagedModel {
  id: StagedId;
  file: string;
  bytes: number;
  model: ReadModel;
  expiresAt: number;
}

const LIFETIME = 15 * 60_000;
const MOST = 8;
const MOST_BYTES = 1_000_000_000;

/** Models between the look at their file and their import, in memory. The oldest go where there are too many. */
function createStagedModels({
  readImport,
  ids,
  clock,
}: {
  /** Throws Problem INVALID_REQUEST with what to do. */
  readImport(file: ModelFile): Promise<ReadModel>;
  ids: Ids;
  clock: Clock;
}) {
  const staged = new Map<string, StagedModel>();

  function tidy(): void {
    for (const { id, expiresAt } of staged.values()) if (expiresAt <= clock.now()) staged.delete(id);
    const bytes = () => [...staged.values()].reduce((sum, { model }) => sum + model.onnx.byteLength, 0);
    while (staged.size > MOST || (staged.size > 1 && bytes() > MOST_BYTES)) {
      const [oldest] = staged.keys();
      staged.delete(oldest!);
    }
  }

  return {
    async add(file: ModelFile): Promise<StagedModel> {
      const model = await readImport(file);
      const one: StagedModel = {
        id: ids.next('stagedModel'),
        file: file.name,
        bytes: file.bytes.byteLength,
        model,
        expiresAt: clock.now() + LIFETIME,
      };
      staged.set(one.id, one);
      tidy();
      return one;
    },
    /** Throws NOT_FOUND. */
    get(id: string): StagedModel {
      tidy();
      const one = staged.get(id);
      if (one) return one;
      throw new Problem(
        'NOT_FOUND',
        'This file is not held any more: files that were looked at wait 15 minutes for their import. Give the file again.',
      );
    },
    has: (id: string): boolean => staged.has(id),
    remove: (id: string): boolean => staged.delete(id),
  };
}
