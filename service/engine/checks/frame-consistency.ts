import type { Analysis } from '../../inference/face.ts';
import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { sameFace } from '../matching/index.ts';
import type { Check, Finding, FrameEvidence, JudgedFrames, PictureInputs } from './check.ts';
import { SECOND_FACE, secondFaceShare } from './face-quality.ts';
import type { Frame } from './frame.ts';
import { movementBetween, neighbours } from './neighbours.ts';
import { type Rule, rule } from './rule.ts';
import { facesCamera, sortFrames } from './sort-frames.ts';

/** Share of pictures that may show no face: a blink of the detector. */
const FACELESS = 1 / 3;
/** Share of frames that may show a face turned too far, or too small, to identify. */
const UNIDENTIFIABLE = 1 / 2;
const NOTED = 0.8;

/**
 * One and the same face in all pictures, no picture twice, rising times and plausible motion. The main picture counts as
 * one and may be among the frames once; a second face is one at least 60 % as wide as the first. Identity is judged on
 * faces turned up to 30°; without a frame that is fit for it and for PAD nothing is consistent. 1, or 0.8 with a doubt,
 * less the frames without a face.
 */
export function judgeFrames(
  main: Analysis,
  frames: readonly Frame[],
  scorers: readonly ScorerEntry[],
): JudgedFrames {
  const isCopy = ({ analysis }: Frame) => analysis.pixelHash === main.pixelHash;
  const others = frames.filter((frame) => !isCopy(frame));
  if (others.length === 0) {
    const skipped = 'Two pictures or more are needed: send frames.';
    return { finding: { skipped, missing: true }, counted: [], leftOut: {} };
  }
  const { fit, identifiable, unidentifiable, faceless, leftOut, advice } = sortFrames(others);
  const pictures = [main, ...others.map(({ analysis }) => analysis)];
  const details: Record<string, unknown> = {
    pictures: pictures.length,
    withoutFace: faceless.length,
    counted: fit.length,
    leftOut,
  };
  const judged = (finding: Finding): JudgedFrames => ({
    finding,
    counted: frames.filter((frame) => isCopy(frame) || fit.includes(frame)),
    leftOut,
  });
  const fail = (reason: string) => judged({ score: 0, reason, details });

  if (new Set(frames.map(({ analysis }) => analysis.pixelHash)).size < frames.length)
    return fail('The same picture was sent twice.');
  if (!timesRise(frames)) return fail('The frame times do not rise.');
  if (pictures.some((picture) => secondFaceShare(picture) >= SECOND_FACE))
    return fail('A second face came into the picture.');
  if (faceless.length > FACELESS * pictures.length) return fail('The face is missing in too many frames.');
  if (!main.face || !facesCamera(main.face))
    return fail('The picture cannot be compared with its frames: face the camera in it.');
  if (unidentifiable.length > UNIDENTIFIABLE * others.length)
    return fail('The face is turned away or too small in too many frames: face the camera.');
  const jump = farthestJump(frames);
  if (jump) {
    details.largestStep = round(jump.step);
    if (!jump.plausible) return fail('The face moved faster than a head can.');
  }
  if (fit.length === 0) return fail(`No frame shows the face well enough. ${advice}`);
  const faces = identifiable.flatMap(({ analysis }) => analysis.face ?? []);
  const pairs = neighbours(frames)
    .map(([a, b]) => [a.face, b.face] as const)
    .filter((pair) => pair.every((face) => faces.includes(face)));
  const identity = sameFace(main.face, faces, pairs, scorers);
  Object.assign(details, identity.details);
  if (!identity.same) return fail('The frames do not show one and the same face.');
  return judged({
    score: (identity.doubtful ? NOTED : 1) * (1 - faceless.length / pictures.length),
    details,
  });
}

function timesRise(frames: readonly Frame[]): boolean {
  return frames.every(
    ({ at }, i) => i === 0 || at === undefined || at > (frames[i - 1]!.at ?? Number.NEGATIVE_INFINITY),
  );
}

/** The largest movement between neighbouring timed frames, in face widths per 200 ms. */
function farthestJump(frames: readonly Frame[]): { step: number; plausible: boolean } | undefined {
  let step: number | undefined;
  let plausible = true;
  for (const [earlier, later] of neighbours(frames)) {
    const [a, b] = [earlier.analysis.picture, later.analysis.picture];
    if (a.width !== b.width || a.height !== b.height) continue;
    const moved = movementBetween(earlier.face.box, later.face.box, later.at - earlier.at);
    step = Math.max(step ?? 0, moved.step);
    if (!moved.plausible) plausible = false;
  }
  return step === undefined ? undefined : { step, plausible };
}

const round = (value: number) => Math.round(value * 1000) / 1000;

/** Frames that do not belong together are no evidence of life, whether the profile asks for the check or not. */
export function evidenceOf(
  { finding, counted, leftOut }: JudgedFrames,
  { threshold }: Pick<Rule, 'threshold'>,
): FrameEvidence {
  if ('skipped' in finding || (finding.score > 0 && finding.score >= threshold)) return { counted, leftOut };
  return {
    counted: [],
    leftOut: counted.length > 0 ? { ...leftOut, FRAMES_INCONSISTENT: counted.length } : leftOut,
    note: 'Judged on the main picture alone: the frames did not pass frameConsistency.',
  };
}

export const frameConsistencyCheck = {
  name: 'frameConsistency',
  defaultRule: rule(0.3, 0.5, true),
  maturity: 'experimental',
  sentence: 'The frames do not fit together well: take the pictures again in one go.',
  withoutInput: 'skip',
  failure: 'against-person',
  run: ({ judged }: PictureInputs) => judged.finding,
} as const satisfies Check;
