import type { Analysis } from '../../inference/face.ts';
import { adviceOf, faceQuality, type QualityComponent } from '../checks/index.ts';

/** What is checked of a frame, in this order; guidance names the first that fails. */
const guidanceSteps = ['face', 'distance', 'light', 'pose', 'eyes', 'focus'] as const;
export type GuidanceStep = (typeof guidanceSteps)[number];

/** Codes of faceQuality's advice, each of one step. */
const stepOf: Record<QualityComponent, GuidanceStep> = {
  facePresent: 'face',
  singleFacePresent: 'face',
  interEyeDistance: 'distance',
  headSize: 'distance',
  faceMargin: 'distance',
  luminanceMean: 'light',
  underExposurePrevention: 'light',
  overExposurePrevention: 'light',
  headPose: 'pose',
  eyesOpen: 'eyes',
  sharpness: 'focus',
};

export interface Guidance {
  /** Nothing is wrong: a picture taken now would be good. */
  good: boolean;
  /** What to put right first; absent when good. */
  worst?: { step: GuidanceStep; code: string; advice: string };
  /** Steps that are in order; empty without exactly one face. */
  passed: GuidanceStep[];
}

/** Of the frame's width: the page sends the square that the person sees, and a face fills its oval from here on. */
const FILLS_OVAL = 0.22;

/** What is to be said about one frame: by step, and within a step the worst. */
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
