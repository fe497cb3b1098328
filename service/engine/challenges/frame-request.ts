import type { AnalysisRequest } from '../../inference/face.ts';
import type { Challenge } from './challenge.ts';

/** What to ask the analyzer for the next frame; `deadline`, `signal` and `share` are the caller's. */
export function frameRequest(
  { needs, follow }: Pick<Challenge, 'needs' | 'follow'>,
  plan: { detector: string; embedders: readonly string[]; pad?: { id: string } },
): Pick<AnalysisRequest, 'detector' | 'embedders' | 'pad' | 'challenge' | 'follow'> {
  const identity = needs === 'identity';
  return {
    detector: plan.detector,
    challenge: true,
    embedders: identity ? plan.embedders : [],
    ...(identity && plan.pad && { pad: plan.pad.id }),
    ...(follow && { follow }),
  };
}
