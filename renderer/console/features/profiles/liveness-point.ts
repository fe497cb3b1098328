import type { Schemas } from '../../data.ts';

type PadSet = Pick<Schemas['PadSet'], 'points'>;
type Definition = {
  checks: { liveness: Pick<Schemas['ProfileDefinition']['checks']['liveness'], 'threshold'> };
  models: Pick<Schemas['ProfileDefinition']['models'], 'livenessScale'>;
};

/**
 * Where the liveness check of a profile draws the line, on the set's own score, which all profiles share. `half`: the profile's own scale
 * has 0.5 there, and its threshold is another. `refused`: the share of living people below it, where it was measured.
 */
export function livenessPoint(
  { checks: { liveness }, models }: Definition,
  set: PadSet | undefined,
): { score: number; refused?: number } | { half: number } | undefined {
  const { threshold } = liveness;
  const isHalf = threshold === 0.5;
  const onLive = models.livenessScale === 'live';
  const point = set?.points.find(({ at }) => at === (onLive ? 'half' : 'apcer5'));
  if (onLive) return { score: threshold, ...(isHalf && point && { refused: point.bpcer }) };
  if (point === undefined) return undefined;
  return isHalf ? { score: point.score, refused: point.bpcer } : { half: point.score };
}
