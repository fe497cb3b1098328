import type { Analysis, AnalysisRequest, FaceAnalyzer } from '../../inference/face.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { describeActor } from '../audit/index.ts';
import { faceQuality, isBlackAndWhite } from '../checks/index.ts';
import type { PictureGuard } from '../lockout/index.ts';
import type { ModelPlan, Profile } from '../profiles/index.ts';
import { analyzeFrames } from './analyze-frames.ts';
import { disclosedResults } from './disclosed-results.ts';
import type { WriteVerification } from './record-verification.ts';
import {
  blackAndWhiteRefusal,
  type PictureRefusal,
  pictureRefusal,
  refusedBefore,
} from './refuse-picture.ts';
import type { EnrollCommand, VerifyCommand } from './verdict.ts';
import type { Run, Seen, Sight } from './verification-run.ts';

/** A picture that cannot be judged, or that the profile refuses. */
export interface RefusedSight {
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
