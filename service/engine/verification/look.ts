import type { Analysis, AnalysisRequest, FaceAnalyzer } from '../../inference/face.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { describeActor } from '../audit/index.ts';
import {
  enrollmentEmbedders,
  type Frame,
  faceQuality,
  isBlackAndWhite,
  type ModelPlan,
  type PictureGuard,
  type Profile,
  type Profiles,
  planMatching,
  samePerson,
} from '../matching/index.ts';
import type { Models } from '../models/index.ts';
import type { FaceForReview, PictureForReview } from '../uniqueness/index.ts';
import { disclosedResults } from './outcome.ts';
import type { WriteVerification } from './record-verification.ts';
import {
  blackAndWhiteRefusal,
  type PictureRefusal,
  pictureRefusal,
  refusedBefore,
} from './refuse-picture.ts';
import type { EnrollCommand, Run, Seen, Sight, VerifyCommand } from './verdict.ts';

/** A picture that cannot be judged, or that the profile refuses. */
interface RefusedSight {
  main: Analysis;
  refusal: PictureRefusal;
}

export interface SightDeps {
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
export async function lookAtPicture(
  analyzer: FaceAnalyzer,
  picture: Uint8Array,
  request: AnalysisRequest,
  { profile, guard }: { profile: Pick<Profile, 'slug' | 'definition'>; guard: PictureGuard },
): Promise<Sight | RefusedSight> {
  const stopAt = guard.stopAt.length > 0 ? { stopAt: guard.stopAt } : {};
  const main = await analyzer.analyze(picture, { ...request, ...stopAt });
  if (await guard.refusedBefore(main.pixelHash)) throw refusedBefore(profile);
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

/** The step `look`: the frames are analyzed once the main picture is known to show a face that can be judged. Stores a refusal. */
export function createLook({ analyzer, deadline, write }: SightDeps & { write: WriteVerification }) {
  return async function look(run: Run, guard: PictureGuard): Promise<Seen> {
    const { command, plan, profile } = run;
    const request = analysisRequest(command, plan, plan.embedders, deadline);
    const sight = await lookAtPicture(analyzer, command.picture, request, { profile, guard });
    if (!('refusal' in sight)) return { ...sight, frames: await analyzeFrames(analyzer, command, request) };
    const { problem, outcome, result } = sight.refusal;
    const disclosed = { reason: result.reason ?? problem.message };
    const { code, message, extra } = problem;
    const ended = { outcome, decidedBy: result.check };
    await write(run, sight.main, { verified: false, ended, checks: [result], reason: message }, disclosed);
    throw new Problem(code, message, { ...extra, checkResults: disclosedResults([result], false) });
  };
}

/** Frames of one request in the analyzer's queue at a time: the others' pictures come in between. */
const AT_ONCE = 4;

/** INVALID_REQUEST unless every frame has a time, or none. */
export function checkFrameTimes({
  frames = [],
  frameTimes,
}: Pick<VerifyCommand, 'frames' | 'frameTimes'>): void {
  if (frameTimes === undefined || frameTimes.length === frames.length) return;
  throw new Problem('INVALID_REQUEST', 'There must be as many frame times as frames.', {
    details: [{ path: 'frameTimes', message: `${frames.length} numbers, one for each frame.` }],
  });
}

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

interface LookForReviewDeps extends SightDeps {
  models: Pick<Models, 'current' | 'importable'>;
  profiles: Pick<Profiles, 'get'>;
}

/**
 * Refuses as an enrollment does what shows no face that can be compared. It does not ask whether the picture shows a living person: a
 * reviewer may compare with the picture of a document.
 */
export function createLookForReview({ analyzer, deadline, models, profiles }: LookForReviewDeps) {
  return async function lookForReview(command: PictureForReview): Promise<FaceForReview> {
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
