import type { Analysis, AnalysisRequest } from '../../inference/face.ts';
import type { FaceAnalyzer } from '../../inference/workers/face-analyzer.ts';
import { defined } from '../../lib/defined.ts';
import { Problem, type ProblemCode } from '../../lib/problem.ts';
import { describeActor } from '../audit/index.ts';
import {
  adviceOf,
  applyRule,
  BLACK_AND_WHITE,
  type CheckResult,
  enrollmentEmbedders,
  type Frame,
  faceQuality,
  isBlackAndWhite,
  type ModelPlan,
  type PictureGuard,
  type Profile,
  type Profiles,
  personMessages,
  planMatching,
  type QualityComponent,
  type QualityGate,
  type QualityReport,
  qualityFinding,
  REFUSED_BEFORE,
  type Rule,
  samePerson,
} from '../matching/index.ts';
import type { Models } from '../models/index.ts';
import type { FaceForReview, PictureForReview } from '../uniqueness/index.ts';
import type { WriteVerification } from './record-verification.ts';
import {
  type AnalyzedPictures,
  disclosedResults,
  type EnrollCommand,
  type JudgeablePicture,
  type Run,
  refusedLiveness,
  type Unverified,
  type VerifyCommand,
} from './verdict.ts';

/** A picture that cannot be judged, or that the profile refuses. */
interface RefusedPicture {
  main: Analysis;
  refusal: PictureRefusal;
}

export interface AnalysisDeps {
  analyzer: FaceAnalyzer;
  /** Milliseconds that one picture may take, waiting for a worker included. */
  deadline: number;
}

type PictureCommand = Pick<VerifyCommand | EnrollCommand, 'world' | 'organization' | 'actor' | 'signal'>;

/** The request to the analyzer; it counts in the worker share of the caller who sent the picture. */
export function analysisRequest(
  { world, organization, actor, signal }: PictureCommand,
  { detector, pad }: Pick<ModelPlan, 'detector' | 'pad'>,
  embedders: readonly string[],
  deadline: number,
): AnalysisRequest {
  return {
    detector,
    embedders: [...embedders],
    deadline,
    share: { world, organization, key: actor.is === 'key' ? actor.key : describeActor(actor) },
    ...defined({ pad: pad?.id, signal }),
  };
}

/** Analyzes one picture. Throws what `analyze` throws, and CHECK_FAILED for pixels that liveness refused before. */
export async function analyzePicture(
  analyzer: FaceAnalyzer,
  picture: Uint8Array,
  request: AnalysisRequest,
  { profile, guard }: { profile: Pick<Profile, 'slug' | 'definition'>; guard: PictureGuard },
): Promise<JudgeablePicture | RefusedPicture> {
  const stopAt = guard.stopAt.length > 0 ? { stopAt: guard.stopAt } : {};
  const main = await analyzer.analyze(picture, { ...request, ...stopAt });
  if (main.testOutcome === undefined && (await guard.refusedBefore(main.pixelHash)))
    throw refusedBefore(profile);
  const pad = request.pad !== undefined;
  const quality = faceQuality(main, { pad });
  const { checks, refuseQuality } = profile.definition;
  const refusal =
    pictureRefusal(quality, checks.faceQuality, refuseQuality) ??
    (pad && isBlackAndWhite(main) ? blackAndWhiteRefusal(quality, checks.faceQuality) : undefined);
  if (refusal) return { main, refusal };
  const { face } = main;
  if (!face) throw new Error('A picture without a face passed as one that can be judged.');
  if (pad && !face.pad) throw new Error(`The analyzer left out the PAD set ${request.pad}.`);
  return { main, face, quality };
}

/** The step `analyze`: the frames are analyzed once the main picture is known to show a face that can be judged. Stores a refusal. */
export function createAnalyze({ analyzer, deadline, write }: AnalysisDeps & { write: WriteVerification }) {
  return async function analyze(run: Run, guard: PictureGuard): Promise<AnalyzedPictures> {
    const { command, plan, profile } = run;
    const request = analysisRequest(command, plan, plan.embedders, deadline);
    const analyzed = await analyzePicture(analyzer, command.picture, request, { profile, guard });
    if (!('refusal' in analyzed))
      return { ...analyzed, frames: await analyzeFrames(analyzer, command, request) };
    const { problem, outcome, result } = analyzed.refusal;
    const disclosed = { reason: result.reason ?? problem.message };
    const { code, message, extra } = problem;
    const ended = { outcome, decidedBy: result.check };
    await write(run, analyzed.main, { verified: false, ended, checks: [result], reason: message }, disclosed);
    const checkResults = disclosedResults([result], false);
    const { testOutcome } = analyzed.main;
    throw new Problem(code, message, {
      ...extra,
      verification: run.id,
      checkResults,
      ...defined({ testOutcome }),
    });
  };
}

/** Frames of one request in the analyzer's queue at a time: the others' pictures come in between. */
const AT_ONCE = 4;

/** Throws what `analyze` throws; a frame that cannot be read is named. */
export async function analyzeFrames(
  analyzer: FaceAnalyzer,
  { frames = [], frameTimes }: Pick<VerifyCommand, 'frames' | 'frameTimes'>,
  request: AnalysisRequest,
): Promise<Frame[]> {
  const analyzed: Frame[] = [];
  for (let start = 0; start < frames.length; start += AT_ONCE) {
    const batch = frames.slice(start, start + AT_ONCE).map(async (frame, i) => {
      const at = frameTimes?.[start + i];
      const analysis = await analyzeFrame(analyzer, frame, start + i, request);
      return { analysis, ...defined({ at }) };
    });
    analyzed.push(...(await Promise.all(batch)));
  }
  return analyzed;
}

async function analyzeFrame(
  analyzer: FaceAnalyzer,
  frame: Uint8Array,
  index: number,
  request: AnalysisRequest,
) {
  try {
    return await analyzer.analyze(frame, request);
  } catch (error) {
    if (!(error instanceof Problem) || !error.code.startsWith('IMAGE_')) throw error;
    const details = [{ path: `frames.${index}`, message: error.message }];
    throw new Problem(error.code, `Frame ${index + 1}: ${error.message}`, { ...error.extra, details });
  }
}

interface FaceForReviewDeps extends AnalysisDeps {
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Pick<Profiles, 'get'>;
}

/**
 * Refuses as an enrollment does what shows no face that can be compared. It does not ask whether the picture shows a living person: a
 * reviewer may compare with the picture of a document.
 */
export function createFaceForReview({ analyzer, deadline, models, profiles }: FaceForReviewDeps) {
  return async function faceForReview(command: PictureForReview): Promise<FaceForReview> {
    const profile = await profiles.get(command.organization, 'default');
    const set = models.current();
    const plan = planMatching(profile, { set, importable: models.importable() });
    const embedders = enrollmentEmbedders(set, [profile.definition], plan);
    const request = analysisRequest(command, plan, embedders, deadline);
    const main = await analyzer.analyze(command.picture, { ...request, portrait: true });
    const quality = faceQuality(main, { pad: false });
    const { checks, refuseQuality } = profile.definition;
    const refusal = pictureRefusal(quality, checks.faceQuality, refuseQuality);
    if (refusal) throw refusal.problem;
    const { face, portrait } = main;
    if (!face || !portrait) throw new Error('A picture without a face passed as one that can be judged.');
    return {
      portrait,
      quality: quality.score,
      isLike(enrolled) {
        const { same, comparable } = samePerson(plan.scorers, face.embeddings, enrolled);
        return comparable ? same : undefined;
      },
    };
  };
}

/** The error, the stored record and the failed check of a refused picture. */
export interface PictureRefusal {
  problem: Problem;
  outcome: Unverified;
  result: CheckResult;
}

const messages: Partial<Record<ProblemCode, string>> = {
  FACE_NOT_FOUND: personMessages.NO_FACE_IN_PICTURE,
  SEVERAL_FACES: personMessages.MORE_THAN_ONE_FACE,
  FACE_TOO_SMALL: personMessages.FACE_TOO_SMALL,
};

const NOT_GOOD = 'The picture is not good enough';

export const notGood = (component: QualityComponent | QualityGate) => `${NOT_GOOD} (${component}).`;

/** The component that a stored FACE_QUALITY_REFUSED names; undefined for a picture without color. */
export const refusedComponent = (reason: string): string | undefined =>
  reason.startsWith(NOT_GOOD) ? /\((\w+)\)/.exec(reason)?.[1] : undefined;

/** The refusal of a picture that cannot be judged, or that has a fault the profile refuses; undefined otherwise. */
export function pictureRefusal(
  report: QualityReport,
  rule: Rule,
  refuseQuality: readonly string[],
): PictureRefusal | undefined {
  const { unjudgeable } = report;
  const fault = unjudgeable ?? adviceOf(report).find(({ component }) => refuseQuality.includes(component));
  if (fault === undefined) return undefined;
  const code = unjudgeable?.problem ?? 'FACE_QUALITY_REFUSED';
  const result: CheckResult = {
    ...applyRule('faceQuality', rule, qualityFinding(report)),
    pass: false,
    reason: fault.advice,
  };
  const message = messages[code] ?? notGood(fault.component);
  const problem = new Problem(code, message, { reason: fault.advice, checkResults: [result] });
  return { problem, outcome: code, result };
}

/** The refusal of a picture that liveness refused before: nothing was run on it. */
export function refusedBefore({ slug, definition }: Pick<Profile, 'slug' | 'definition'>): Problem {
  const result = refusedLiveness(definition.checks.liveness, REFUSED_BEFORE);
  const extra = { reason: REFUSED_BEFORE, checkResults: [result] };
  return new Problem('CHECK_FAILED', `The profile ${slug} refuses this: liveness.`, extra);
}

/** The refusal of a picture without color where liveness is to be judged: it is no attack, and cannot be judged. */
export function blackAndWhiteRefusal(report: QualityReport, rule: Rule): PictureRefusal {
  const result: CheckResult = {
    ...applyRule('faceQuality', rule, qualityFinding(report)),
    pass: false,
    reason: BLACK_AND_WHITE,
  };
  const extra = { reason: BLACK_AND_WHITE, checkResults: [result] };
  const outcome = 'FACE_QUALITY_REFUSED';
  return { problem: new Problem(outcome, BLACK_AND_WHITE, extra), outcome, result };
}
