import type { Analysis, AnalyzedFace } from '../../../inference/face.ts';
import type { PadSetEntry } from '../../../inference/models/manifest.ts';
import { Problem } from '../../../lib/problem.ts';
import type { FaceJudge } from '../../accounts/index.ts';
import {
  blinksIn,
  builtInProfiles,
  faceQuality,
  holdingFor,
  isBlackAndWhite,
  isSameAt,
  planModels,
  sameFace,
} from '../../matching/index.ts';
import type { Models } from '../../models/index.ts';
import {
  type AnalysisDeps,
  analysisRequest,
  analyzeFrames,
  blackAndWhiteRefusal,
  pictureRefusal,
} from '../analyze-pictures.ts';

export interface JudgeAdministratorFaceDeps extends AnalysisDeps {
  models: Pick<Models, 'current' | 'importable'>;
}

/** Beside the picture: at ten a second, enough for a person to read that they shall blink, and to do it. */
const FEWEST_FRAMES = 20;
/** Milliseconds from the first frame to the last: least, and most. */
const SPAN = [1_500, 15_000] as const;
/** Built in: what the organization relaxes in its own profiles does not count here. */
const strict = builtInProfiles.find(({ slug }) => slug === 'strict-finance')!;

/** The face with which an administrator signs in: as strict as the strictest built-in profiles, whatever the organization relaxed. */
export function createJudgeAdministratorFace({
  analyzer,
  deadline,
  models,
}: JudgeAdministratorFaceDeps): FaceJudge {
  return {
    async analyze({ organization, administrator }, { picture, frames, frameTimes, signal }) {
      if (frames.length < FEWEST_FRAMES) throw tooFew();
      requireTimes(frames, frameTimes);
      const set = models.current();
      const circumstances = { set, importable: models.importable() };
      const plan = planModels(strict, { ...circumstances, world: 'live', matchOnly: false });
      if (!plan.pad)
        throw new Problem('PAD_NOT_INSTALLED', 'Signing in by face needs presentation attack detection.');
      const actor = { is: 'administrator', administrator } as const;
      const command = { organization, world: 'live', actor, ...(signal && { signal }) } as const;
      const request = analysisRequest(command, plan, plan.embedders, deadline);
      const main = await analyzer.analyze(picture, request);
      requireGoodPicture(main);
      const seen = await analyzeFrames(analyzer, { frames: [...frames] }, request);
      const looks: Analysis[] = [main, ...seen.map(({ analysis }) => analysis)];
      requireLife(looks, plan.pad);
      const faces = looks.map(({ face }) => face!);
      const { same } = sameFace(faces[0]!, faces.slice(1), neighboursOf(faces), plan.scorers);
      if (!same) throw notOneLivingPerson();
      if (!blinksIn(seen.map(({ analysis }, i) => ({ at: frameTimes[i]!, analysis })))) throw noBlink();
      const { embeddings } = faces[0]!;
      return {
        embeddings,
        files: Object.fromEntries(Object.keys(embeddings).map((id) => [id, set.files[id] ?? ''])),
        pixelHashes: looks.flatMap(({ pixelHash, sentHash = [] }) => [pixelHash].concat(sentHash)),
      };
    },
    isSame(one, other) {
      const { falseMatchRate, holdsFor } = strict.definition.match;
      const scorers = holdingFor(models.current().scorers, holdsFor);
      const comparable = Object.keys(one.embeddings).every((id) => one.files[id] === other.files[id]);
      return comparable ? isSameAt(scorers, one.embeddings, other.embeddings, falseMatchRate) : undefined;
    },
  };
}

/** As the profile `strict-finance` refuses a picture, with what to do about it. */
function requireGoodPicture(main: Analysis): void {
  const { checks, refuseQuality } = strict.definition;
  const quality = faceQuality(main, { pad: true });
  const refusal =
    pictureRefusal(quality, checks.faceQuality, refuseQuality) ??
    (isBlackAndWhite(main) ? blackAndWhiteRefusal(quality, checks.faceQuality) : undefined);
  if (refusal) {
    const { code, message, extra } = refusal.problem;
    throw new Problem(code, [message, extra.reason].join(' ').trim());
  }
}

/** One face in every picture, each of other pixels; the mean of their margins, and the picture's own, above the APCER-5 % threshold. */
function requireLife(looks: readonly Analysis[], { thresholds }: PadSetEntry): void {
  const scores = looks.flatMap(({ face }) => (face?.pad ? [face.pad.live] : []));
  if (scores.length !== looks.length || !looks.every(canBeJudged)) throw notOneLivingPerson();
  if (new Set(looks.map(({ pixelHash }) => pixelHash)).size !== looks.length) throw notOneLivingPerson();
  const mean = scores.map(logit).reduce((sum, one) => sum + one, 0) / scores.length;
  const threshold = thresholds.apcer5.score;
  if (mean < logit(threshold) || scores[0]! < threshold) throw notOneLivingPerson();
}

/** One face, large enough and in color. */
const canBeJudged = (picture: Analysis) =>
  faceQuality(picture, { pad: true }).unjudgeable === undefined && !isBlackAndWhite(picture);

const CLOSEST = 1e-7;
const logit = (score: number) => {
  const bounded = Math.min(1 - CLOSEST, Math.max(CLOSEST, score));
  return Math.log(bounded / (1 - bounded));
};

const neighboursOf = (faces: readonly AnalyzedFace[]) =>
  faces.slice(2).map((face, i): [AnalyzedFace, AnalyzedFace] => [faces[i + 1]!, face]);

const notOneLivingPerson = () =>
  new Problem(
    'CHECK_FAILED',
    'The pictures could not be used: look into the camera in good light and try again.',
  );

/** Every picture was one of this person: only the blink was missing, and a person can give it. */
const noBlink = () =>
  new Problem(
    'CHECK_FAILED',
    'No blink was seen: look into the camera with open eyes and blink once while the pictures are taken, or use a passkey.',
  );

/** Throws INVALID_REQUEST unless each frame has its time, they rise, and the person had time to blink. */
function requireTimes(frames: readonly unknown[], times: readonly number[]): void {
  const span = times.at(-1)! - times[0]!;
  const message =
    times.length !== frames.length
      ? `Send the time of each of the ${frames.length} frames, in milliseconds.`
      : times.some((time, i) => !(i === 0 || time > times[i - 1]!))
        ? 'The times of the frames must rise.'
        : span < SPAN[0] || span > SPAN[1]
          ? `From the first frame to the last it takes ${SPAN[0]} to ${SPAN[1]} milliseconds.`
          : undefined;
  if (message) throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'frameTimes', message }] });
}

function tooFew(): Problem {
  const message = `Send at least ${FEWEST_FRAMES} frames, ten a second, in which the person blinks.`;
  return new Problem('INVALID_REQUEST', message, { details: [{ path: 'frames', message }] });
}
