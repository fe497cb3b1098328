import { type Comparison, type Decision, heldBy, heldRate } from '../matching/index.ts';
import type { Likeness } from './review-item.ts';

/** `quality` is that of the picture that was sent, 0..1. */
export const likenessOf = ({ comparison, threshold }: Decision, quality: number): Likeness => ({
  scorer: comparison?.reference.scorer.id ?? '',
  score: comparison?.score ?? 0,
  threshold: threshold.threshold,
  pictures: comparison?.reference.pictures ?? 0,
  quality,
  ...(comparison && rateOf(comparison)),
});

/** Below what the tables of the scorer measure only the bound is known. */
function rateOf({ logRate, reference }: Comparison): Pick<Likeness, 'rate' | 'holdsFor' | 'beyondMeasured'> {
  const measured = reference.calibration.measuredDownTo * reference.templates.length;
  const rate = 10 ** logRate;
  const held = (one: number) => ({
    rate: heldRate(reference.scorer, Math.min(1, one)),
    holdsFor: heldBy(reference.scorer),
  });
  return rate < measured ? { ...held(measured), beyondMeasured: true } : held(rate);
}
