import type { Log } from '../../../lib/log.ts';
import { Problem } from '../../../lib/problem.ts';
import {
  type Embeddings,
  faceQuality,
  type GalleryShifts,
  holdingFor,
  holdsRate,
  type Scorer,
} from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import type { Enrollment, Subjects } from '../../people/index.ts';
import type { Outcome } from '../judge.ts';
import { type AnalyzedPictures, assuranceOf, type Run } from '../verdict.ts';

export interface UpgradeDeps {
  subjects: Pick<Subjects, 'enrollments' | 'visited'>;
  models: Pick<Models, 'current'>;
  shifts: GalleryShifts;
  log: Log;
}

/** How much stricter than the profile the superseded scorer has to hold. */
const STRICTER = 10;
/** The strictest rate for every measured group that is asked of it: there its tables end soon (docs/MODELS.md). */
const STRICTEST = 1e-4;

/** The false-match rate, for every measured group, that a superseded scorer has to hold at a visit; `rate`: the profile's. */
export const upgradeRate = (rate: number): number => Math.max(rate / STRICTER, STRICTEST);

/**
 * After a verified visit of a person who is compared by a superseded scorer alone: the picture may make templates of the embedder in use
 * (`Subjects.visited`). In the live world the person was shown to be alive, and their confirmed pictures match by the superseded scorer at a tenth of the
 * profile's rate, for every measured group whatever the profile asks: a stranger who is accepted by chance would come again, and the
 * two visits would agree. What fails here changes nothing of the verification.
 */
export function createUpgrade({ subjects, models, shifts, log }: UpgradeDeps) {
  return async function upgrade(
    run: Pick<Run, 'id' | 'realm' | 'plan' | 'profile' | 'command' | 'matchOnly' | 'assurance'>,
    { main, face }: Pick<AnalyzedPictures, 'main' | 'face'>,
    { recognized, checkResults }: Pick<Outcome, 'recognized' | 'checkResults'>,
  ): Promise<void> {
    const { scorers } = run.plan;
    const current = scorers.filter(({ supersededBy }) => supersededBy === undefined);
    const superseded = scorers.filter(({ supersededBy }) => current.some(({ id }) => id === supersededBy));
    if (recognized === undefined || superseded.length === 0) return;
    const { realm, profile, command } = run;
    const isAlive = assuranceOf(run, main) !== 'match-only' && checkResults.some(passedLiveness);
    // In the test world nothing rests on it. A live session that was passed has judged it, unless the organization only matches faces.
    const isJudged = isAlive || (run.assurance !== undefined && !run.matchOnly);
    if (realm.world === 'live' && !isJudged) return;
    const embeddings = embeddingsOf(current, face.embeddings);
    if (Object.keys(embeddings).length === 0) return;
    const rate = profile.definition.match.falseMatchRate;
    try {
      const anchors = (await subjects.enrollments(realm, recognized.id)).filter(({ anchor }) => anchor);
      if (hasAny(anchors, embeddings)) return;
      // The plan's own holds the average.
      const strict = models
        .current()
        .scorers.filter(({ id }) => superseded.some((one) => one.id === id))
        .flatMap((one) => holdingFor([one], 'every-group', one.id));
      if (!holdsRate(strict, face.embeddings, anchors.map(embeddingsIn), upgradeRate(rate), shifts.of(realm)))
        return;
      const shiftOf = shifts.of(realm);
      const agrees = (earlier: Embeddings) => holdsRate(current, embeddings, [earlier], rate, shiftOf);
      const { pixelHash } = main;
      const { score: quality } = faceQuality(main, { pad: true });
      const visit = { verification: run.id, embeddings, quality, pixelHash, agrees };
      await subjects.visited(realm, recognized.id, visit, command.actor);
    } catch (error) {
      if (error instanceof Problem) return;
      log.error({ error, verification: run.id }, 'templates of a verified visit could not be kept');
    }
  };
}

const embeddingsIn = ({ templates }: Enrollment): Embeddings =>
  Object.fromEntries(templates.map(({ embedder, vector }) => [embedder, vector]));

const passedLiveness = ({ check, pass, skipped }: Outcome['checkResults'][number]) =>
  check === 'liveness' && pass && skipped === undefined;

const hasAny = (anchors: readonly Enrollment[], embeddings: Embeddings) =>
  anchors.some(({ templates }) => templates.some(({ embedder }) => embeddings[embedder] !== undefined));

/** Of the scorers' models alone. */
const embeddingsOf = (scorers: readonly Scorer[], all: Embeddings): Record<string, Float32Array> =>
  Object.fromEntries(
    scorers
      .flatMap(({ terms }) => terms.map(({ model }) => model))
      .flatMap((model) => (all[model] ? [[model, all[model]] as const] : [])),
  );
