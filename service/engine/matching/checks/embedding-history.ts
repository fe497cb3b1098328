import { median } from '../../../lib/median.ts';
import { meanDirection } from '../../../lib/vectors.ts';
import { cosineSimilarity } from '../score.ts';
import { type Check, type Finding, NOT_RECOGNIZED, type PictureInputs, rule } from './check.ts';
import { personMessages } from './person-messages.ts';

/** Verified pictures needed before an outlier means anything; the store keeps the last twenty. */
const FEWEST = 5;
/** Cosine distance: even a very steady person's pictures differ by this. */
const STEADIEST = 0.01;
/** Deviations from the person's own usual distance: up to the first the score is 1, at the second 0.5, at the third 0. */
const USUAL = 2;
const OUTLIER = 4;
const STRANGE = 6;

/**
 * How far the picture lies from the person's earlier verified ones, against how far each of those lies from the rest
 * (leave one out). All vectors come from one model file.
 */
export function embeddingHistory(probe: Float32Array, history: readonly Float32Array[]): Finding {
  if (history.length < FEWEST)
    return { skipped: `${earlierPictures(history.length)}; ${FEWEST} are needed.` };
  const usual = history.map((vector, i) => distance(vector, history.toSpliced(i, 1)));
  const middle = median(usual);
  const spread = Math.max(STEADIEST, 1.4826 * median(usual.map((value) => Math.abs(value - middle))));
  const found = distance(probe, history);
  const deviations = (found - middle) / spread;
  const details = {
    pictures: history.length,
    distance: round(found),
    usualDistance: round(middle),
    deviations: round(deviations),
  };
  if (deviations <= OUTLIER)
    return { score: Math.min(1, 1 - (0.5 * (deviations - USUAL)) / (OUTLIER - USUAL)), details };
  return {
    score: Math.max(0, 0.5 - (0.5 * (deviations - OUTLIER)) / (STRANGE - OUTLIER)),
    reason: personMessages.UNLIKE_EARLIER,
    details,
  };
}

const earlierPictures = (count: number) =>
  count === 1 ? 'There is 1 earlier verified picture' : `There are ${count} earlier verified pictures`;

const distance = (vector: Float32Array, others: readonly Float32Array[]) =>
  1 - cosineSimilarity(vector, meanDirection(others));

const round = (value: number) => Math.round(value * 1000) / 1000;

export const embeddingHistoryCheck = {
  name: 'embeddingHistory',
  defaultRule: rule(0.1, 0.5),
  maturity: 'experimental',
  sentence: personMessages.UNLIKE_EARLIER,
  disclosure: 'coarse-in-refusal',
  run: ({ history, probe }: PictureInputs) =>
    history
      ? embeddingHistory(
          probe.vector,
          history
            .filter((one) => one.embedder === probe.embedder && one.sha256 === probe.sha256)
            .map(({ vector }) => vector),
        )
      : NOT_RECOGNIZED,
} as const satisfies Check;
