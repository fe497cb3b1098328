import type { Clock } from '../../../lib/clock.ts';
import type { Ids } from '../../../lib/id.ts';
import type { Organizations } from '../../accounts/index.ts';
import type { Actor } from '../../audit/index.ts';
import type { Profiles } from '../../matching/index.ts';
import type { ModelChange, ModelReport, Models } from '../../models/index.ts';
import type { Subjects } from '../../people/index.ts';
import {
  createStagedModels,
  type DryRun,
  dryRunOf,
  type ModelFile,
  type ProfilesInUse,
  type ReadModel,
  type StagedModel,
} from './dry-run.ts';

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
}

export interface ModelChangesDeps {
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
  const staged = createStagedModels(deps);

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
  };
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
