import type { ModelEntry, PadSetEntry } from '../../inference/models/manifest.ts';
import type { World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { MatchPlan } from '../matching/index.ts';
import { type ModelSet, remedy } from '../models/index.ts';
import type { Profile } from './profile.ts';

/** The models that one verification runs. */
export interface ModelPlan extends MatchPlan {
  detector: string;
  embedders: string[];
  pad?: PadSetEntry;
}

interface Circumstances {
  set: ModelSet;
  importable: readonly ModelEntry[];
  world: World;
  /** The organization recorded that live verifications may run without PAD. */
  matchOnly: boolean;
}

/**
 * Throws MODEL_NOT_INSTALLED or PAD_NOT_INSTALLED with the remedy, and CONFLICT for a profile without liveness where PAD
 * is needed: in the live world of an organization that is not match-only, and by a profile that requires it.
 */
export function planModels(profile: Profile, circumstances: Circumstances): ModelPlan {
  const { set, importable, world, matchOnly } = circumstances;
  const { models, checks } = profile.definition;
  const plan = planMatching(profile, { set, importable });
  const byProfile = models.pad === 'required';
  const padNeeded = byProfile || (world === 'live' && !matchOnly);
  if (!checks.liveness.enabled) {
    if (!padNeeded) return plan;
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
  if (!padNeeded) return plan;
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
export function planMatching(
  profile: Profile,
  { set, importable }: Pick<Circumstances, 'set' | 'importable'>,
): ModelPlan {
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
  const [first, ...others] = set.scorers;
  if (first === undefined || set.primary === undefined)
    throw new Problem('MODEL_NOT_INSTALLED', 'No embedding model is enabled: run “gatehouse models list”.');
  if (models.scorer === 'fused' && others.length === 0) {
    throw new Problem(
      'MODEL_NOT_INSTALLED',
      `The profile ${profile.slug} needs the fused score: run “gatehouse models enable faceres --accept-licence-doubt”.`,
    );
  }
  const scorers: ModelPlan['scorers'] = models.scorer === 'a' ? [first] : [first, ...others];
  const embedders = [...new Set(scorers.flatMap(({ terms }) => terms.map(({ model }) => model)))];
  return { detector, primary: set.primary, embedders, scorers };
}
