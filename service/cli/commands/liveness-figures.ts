import { readOwnManifest } from '../../compose/model-paths.ts';
import type { ProfileDefinition } from '../../engine/matching/index.ts';
import { isLenient } from '../../engine/matching/profiles/built-in-profiles.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/**
 * What the profile's liveness check lets pass and refuses, with data and date. The figures of other cameras were measured
 * elsewhere, on data that is not kept with the product (2026-11-20).
 */
export function livenessFigures({ checks, models }: ProfileDefinition): string[] {
  const { liveness } = checks;
  if (!liveness.enabled) return ['off: a photograph of an enrolled person would be verified'];
  const { padSets } = readOwnManifest();
  const set = padSets.find(({ id }) => id === models.padSet) ?? padSets[0]!;
  const live = models.livenessScale === 'live';
  const point = live ? set.thresholds.half : set.thresholds.apcer5;
  const lines = [
    isLenient({ checks })
      ? 'VERIFIES WHERE LIVENESS FAILS, which no built-in profile does'
      : `refuses below ${liveness.threshold} ${live ? 'of the calibrated live score' : 'of a scale on which 5 % of attack pictures pass at 0.5'}`,
  ];
  if (point === undefined || liveness.threshold !== 0.5)
    return [...lines, 'no figures are measured for this threshold'];
  const { data, date } = set.accuracy[0]!;
  lines.push(
    `${set.id}: ${percent(point.apcer)} of attack pictures pass, of the worst kind ${percent(point.worst?.apcer ?? point.apcer)}; ${percent(point.bpcer)} of live ones are refused (${data}, ${date})`,
  );
  if (live)
    lines.push(
      'people and cameras never seen, measured elsewhere on 2026-11-20: 7 to 11 % of attack pictures pass, 1 to 7 % of live ones are refused',
    );
  return lines;
}
