import type { ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/manifest.ts';
import type { World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { type ModelSet, remedy } from '../models/index.ts';
import type { Profile } from './profile.ts';

/** The models that one verification runs. */
export interface ModelPlan {
  detector: string;
  /** The galleries' embedder. */
  primary: string;
  embedders: string[];
  /** The best last; each compares only templates that have all its embeddings. */
  scorers: [ScorerEntry, ...ScorerEntry[]];
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
 * Throws MODEL_NOT_INSTALLED or PAD_NOT_INSTALLED with the remedy, and CONFLICT for a profile without liveness in the
 * live world of an organization that is not match-only.
 */
export function planModels(
  profile: Profile,
  { set, importable, world, matchOnly }: Circumstances,
): ModelPlan {
  const { models, checks } = profile.definition;
  const plan = planMatching(profile, { set, importable });
  const padNeeded = models.pad === 'required' || (world === 'live' && !matchOnly);
  if (!checks.liveness.enabled) {
    if (!padNeeded) return plan;
    throw new Problem(
      'CONFLICT',
      `The profile ${profile.slug} runs no liveness check, which the live world requires unless “gatehouse org set --match-only” is recorded.`,
    );
  }
  const pad =
    models.padSet === undefined ? set.padSets[0] : set.padSets.find(({ id }) => id === models.padSet);
  if (pad) return { ...plan, pad };
  if (!padNeeded) return plan;
  const missing = importable.filter(({ role, id }) => role === 'pad' && set.files[id] === undefined);
  const otherwise =
    models.pad === 'required'
      ? `The profile ${profile.slug} requires one.`
      : 'Until then use the test world, or record “gatehouse org set --match-only”.';
  throw new Problem(
    'PAD_NOT_INSTALLED',
    `No presentation attack detection model is installed. ${remedy(missing)} ${otherwise}`,
  );
}

/** As `planModels`, without presentation attack detection: what an enrollment runs. */
export function planMatching(
  profile: Profile,
  { set, importable }: Pick<Circumstances, 'set' | 'importable'>,
): ModelPlan {
  const { models } = profile.definition;
  const detector =
    set.detectors.find((id) => id === models.detector) ??
    set.detectors.find((id) => id.startsWith(`${models.detector}-`));
  if (detector === undefined) {
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
