import {
  type Challenge,
  type ChallengeModels,
  type ChallengeProgress,
  type ChallengeResult,
  createChallenge,
  type DrawnChallenge,
  type DrawnStep,
  type ObservedFrame,
  type StepName,
} from '../../service/engine/matching/index.ts';
import { challengeAnalysis, challengeModels, type HeadScript, timedFrame } from './challenge-frames.ts';

/** What the person does `since` milliseconds after the step was revealed; undefined: no face. */
export type Act = (step: Challenge['step'], since: number, at: number) => HeadScript | undefined;

/** Starts after a reaction of half a second, is there in 400 ms and stays. */
const after = (since: number, amount: number) => amount * Math.min(1, Math.max(0, (since - 500) / 400));

const poses: Record<StepName, (since: number) => HeadScript> = {
  'hold-still': () => ({}),
  'turn-left': (since) => ({ yaw: after(since, 21) }),
  'turn-right': (since) => ({ yaw: -after(since, 21) }),
  'look-up': (since) => ({ pitch: -after(since, 14) }),
  'look-down': (since) => ({ pitch: after(since, 14) }),
  'come-closer': (since) => ({ closer: 1 + after(since, 0.32) }),
  blink: (since) => ({ eyes: since > 700 && since < 900 ? 0.3 : 1 }),
  'color-flash': () => ({}),
};

/** Does what is asked, from the neutral pose, with the sway of a living head. */
export const cooperative: Act = (step, since, at) => {
  const sway = { yaw: 0.6 * Math.sin(at / 310), pitch: 0.7 * Math.sin(at / 270) };
  const pose = step ? poses[step.name](since) : {};
  const eyes = (pose.eyes ?? 1) * (1 + 0.05 * Math.sin(at / 190));
  const expression = 0.01 * Math.sin(at / 230);
  return {
    ...pose,
    eyes,
    expression,
    yaw: (pose.yaw ?? 0) + sway.yaw,
    pitch: (pose.pitch ?? 0) + sway.pitch,
  };
};

export const drawn = (names: readonly StepName[], more: Partial<DrawnChallenge> = {}): DrawnChallenge => ({
  steps: names.map((name): DrawnStep => ({ name, holdMs: 500, limitMs: 5000 })),
  path: { flash: true, motion: true },
  assurance: 'active',
  strict: false,
  // What is scripted repeats itself; movements have tests of their own.
  repeats: 'record',
  ...more,
});

export interface Played {
  result: ChallengeResult;
  progress: ChallengeProgress[];
  challenge: Challenge;
}

export interface PlayOptions {
  models?: ChallengeModels;
  /** Milliseconds between frames. */
  pace?: number;
  /** Changes a frame before it is observed; undefined drops it. */
  tamper?(frame: ObservedFrame, index: number, challenge: Challenge): ObservedFrame | undefined;
  /** Milliseconds. */
  most?: number;
}

/** One attempt, frame by frame, until it is over. */
export function play(order: DrawnChallenge, act: Act, options: PlayOptions = {}): Played {
  const { models = challengeModels, pace = 100, tamper, most = 60_000 } = options;
  const challenge = createChallenge(order, models);
  const progress: ChallengeProgress[] = [];
  let shown: { index: number; at: number } = { index: -1, at: 0 };
  for (let at = 1000, i = 0; at < most && challenge.phase !== 'over'; at += pace, i++) {
    const { step } = challenge;
    if (step && step.index !== shown.index) shown = { index: step.index, at };
    const script = act(step, step ? at - shown.at : 0, at);
    const analysis = challengeAnalysis(`${at}`, script ?? {}, challenge.needs);
    const { face: _, ...faceless } = analysis;
    const frame = timedFrame(at, script ? analysis : { ...faceless, faces: [] });
    const sent = tamper ? tamper(frame, i, challenge) : frame;
    if (sent) progress.push(challenge.observe(sent));
  }
  return { result: challenge.result(1_000_000 + most), progress, challenge };
}
