import type { Analysis, AnalyzedFace } from '../../inference/face.ts';
import { defined } from '../../lib/defined.ts';
import { BLACK_AND_WHITE, isBlackAndWhite } from './black-and-white.ts';
import { faceQuality } from './face-quality.ts';
import type { Frame } from './frame.ts';

/** Degrees: identity is not judged on faces turned farther (LIVENESS.md §3). */
const LARGEST_YAW = 30;

/** Why a frame cannot count as evidence of life. */
interface Fault {
  /** For programs: the codes of `QualityAdvice`. */
  code: string;
  /** For the person in front of the camera. */
  advice: string;
  /** The face can still be identified. */
  identifiable: boolean;
}

export interface SortedFrames {
  /** Liveness and identity can be judged on them. */
  fit: Frame[];
  /** Identity can be judged on them: the fit ones, and close-ups. */
  identifiable: Frame[];
  /** With a face turned too far or too small to identify. */
  unidentifiable: Frame[];
  faceless: Frame[];
  /** Number of unusable frames, by the code of their fault. */
  leftOut: Record<string, number>;
  /** The most frequent fault; absent if all frames are usable. */
  advice?: string;
}

/** Sorts frames by what they are evidence of. The limits are those of a main picture that PAD runs on. */
export function sortFrames(frames: readonly Frame[]): SortedFrames {
  const judged = frames.map((frame) => ({ frame, fault: faultOf(frame.analysis) }));
  const faults = judged.flatMap(({ fault }) => fault ?? []);
  const leftOut: Record<string, number> = {};
  for (const { code } of faults) leftOut[code] = (leftOut[code] ?? 0) + 1;
  const [commonest] = faults.toSorted((a, b) => leftOut[b.code]! - leftOut[a.code]!);
  const those = (wanted: (frame: Frame, fault: Fault | undefined) => boolean) =>
    judged.filter(({ frame, fault }) => wanted(frame, fault)).map(({ frame }) => frame);
  return {
    fit: those((_, fault) => fault === undefined),
    identifiable: those((_, fault) => fault?.identifiable ?? true),
    unidentifiable: those(({ analysis }, fault) => fault?.identifiable === false && !!analysis.face),
    faceless: those(({ analysis }) => !analysis.face),
    leftOut,
    ...defined({ advice: commonest?.advice }),
  };
}

/** Whether identity is judged on this face. */
export function facesCamera({ quality }: AnalyzedFace): boolean {
  return Math.abs(quality.pose.yaw) <= LARGEST_YAW;
}

function faultOf(analysis: Analysis): Fault | undefined {
  if (analysis.face && !facesCamera(analysis.face))
    return { code: 'NOT_FRONTAL', advice: 'Face the camera.', identifiable: false };
  const { unjudgeable } = faceQuality(analysis, { pad: true });
  if (unjudgeable === undefined) {
    if (!isBlackAndWhite(analysis)) return undefined;
    return { code: 'NO_COLOR', advice: BLACK_AND_WHITE, identifiable: true };
  }
  const { code, advice, problem } = unjudgeable;
  return { code, advice, identifiable: problem === 'FACE_QUALITY_REFUSED' };
}
