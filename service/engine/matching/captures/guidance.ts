import type { Analysis } from '../../../inference/face.ts';
import { adviceOf, faceQuality, type QualityComponent, type QualityGate } from '../checks/face-quality.ts';

/** What is checked of a frame, in this order; guidance names the first that fails. */
const guidanceSteps = ['face', 'distance', 'light', 'pose', 'eyes', 'focus'] as const;
export type GuidanceStep = (typeof guidanceSteps)[number];

/** Codes of faceQuality's advice, each of one step. */
const stepOf: Record<QualityComponent | QualityGate, GuidanceStep> = {
  facePresent: 'face',
  singleFacePresent: 'face',
  lowerFaceVisible: 'face',
  humanFace: 'face',
  interEyeDistance: 'distance',
  headSize: 'distance',
  faceMargin: 'distance',
  luminanceMean: 'light',
  underExposurePrevention: 'light',
  overExposurePrevention: 'light',
  headPose: 'pose',
  uprightFace: 'pose',
  eyesOpen: 'eyes',
  sharpness: 'focus',
};

export interface Guidance {
  /** Nothing is wrong: a picture taken now would be good. */
  good: boolean;
  /** The worst fault; absent if the frame is good. */
  worst?: { step: GuidanceStep; code: string; advice: string };
  /** Steps that are in order; empty without exactly one face. */
  passed: GuidanceStep[];
}

/** Share of the frame's width from which a face fills the oval of the page. */
const FILLS_OVAL = 0.22;

/** Guidance for one frame: the first failing step, and its worst fault. */
export function guidanceOf(analysis: Analysis, { pad }: { pad: boolean }): Guidance {
  const advice = adviceOf(faceQuality(analysis, { pad })).map(({ component, code, advice }) => ({
    step: stepOf[component],
    code,
    advice,
  }));
  const share = analysis.face?.quality.frameShare;
  if (share !== undefined && share < FILLS_OVAL)
    advice.unshift({ step: 'distance', code: 'TOO_FAR', advice: 'Move closer.' });
  const wrong = new Set(advice.map(({ step }) => step));
  const passed = wrong.has('face') ? [] : guidanceSteps.filter((step) => !wrong.has(step));
  for (const step of guidanceSteps) {
    const worst = advice.find((one) => one.step === step);
    if (worst) return { good: false, worst, passed };
  }
  return { good: true, passed };
}
