import { type Instruction as CameraWord, KEPT } from '../camera/shot-progress.ts';
import type { Slowness } from './slowness.ts';
import type { LiveState, StepName } from './wire.ts';

/** What the page says: a key of the camera's strings, or of its own. */
export type CaptureWord =
  | 'connecting'
  | 'lost'
  | 'queued'
  | 'begin'
  | 'checking'
  | 'hold'
  | 'faceFirst'
  | `slow${Slowness}`
  | keyof typeof stepWords;
export type Instruction = { of: 'camera'; word: CameraWord } | { of: 'page'; word: CaptureWord };

/** What to do, and what keeps it from being done. */
export interface Saying {
  /** The step, or a state of the page: with another one both lines change at once. */
  key: string;
  /** Stays until the step is done or its time is over. */
  instruction: Instruction;
  /** Below the instruction; before the first step in its place. */
  advice?: Instruction | undefined;
}

const stepWords = {
  holdStill: 'stay',
  turnLeft: 'slowlyArc',
  turnRight: 'slowlyArc',
  lookUp: 'slowlyArc',
  lookDown: 'slowlyArc',
  comeCloser: 'slowly',
  blink: 'eyesClosed',
  colorFlash: 'flashNow',
} as const;

export const wordOfStep: Readonly<Record<StepName, keyof typeof stepWords>> = {
  'hold-still': 'holdStill',
  'turn-left': 'turnLeft',
  'turn-right': 'turnRight',
  'look-up': 'lookUp',
  'look-down': 'lookDown',
  'come-closer': 'comeCloser',
  blink: 'blink',
  'color-flash': 'colorFlash',
};

const lightWords: readonly string[] = ['TOO_DARK', 'UNDER_EXPOSED'] satisfies CameraWord[];
/** The screen becomes a lamp. */
export const needsLight = ({ of, word }: Instruction): boolean =>
  of === 'camera' && lightWords.includes(word);

type Hint =
  | 'screenLights'
  | 'wipeLens'
  | 'lostText'
  | 'checkingText'
  | (typeof stepWords)[keyof typeof stepWords];

/** How an instruction is done. */
function hintOf(instruction: Instruction): Hint | undefined {
  const { of, word } = instruction;
  if (needsLight(instruction)) return 'screenLights';
  if (of === 'camera') return word === 'BLURRED' ? 'wipeLens' : undefined;
  if (word === 'lost') return 'lostText';
  if (word === 'checking') return 'checkingText';
  return word in stepWords ? stepWords[word as keyof typeof stepWords] : undefined;
}

/** The two lines: a heading, and below it advice or how it is done. Before the first step there is nothing but advice. */
export function linesOf({ key, instruction, advice }: Saying): {
  heading: Instruction;
  advice?: Instruction | undefined;
  hint: Hint | undefined;
} {
  if (key === GUIDING && advice) return { heading: advice, hint: hintOf(advice) };
  return { heading: instruction, advice, hint: advice ? undefined : hintOf(instruction) };
}

const cameraWords: readonly CameraWord[] = [
  ...([
    'FACE_NOT_FOUND',
    'SEVERAL_FACES',
    'TOO_FAR',
    'TOO_CLOSE',
    'NO_MARGIN',
    'TOO_DARK',
    'TOO_BRIGHT',
  ] as const),
  ...(['UNDER_EXPOSED', 'OVER_EXPOSED', 'NOT_FRONTAL', 'EYES_CLOSED', 'BLURRED'] as const),
];
/** Of a code that this page does not know, by the step that it belongs to. */
const wordOfGuidance: Readonly<Record<string, CameraWord>> = {
  face: 'FACE_NOT_FOUND',
  distance: 'NO_MARGIN',
  light: 'TOO_DARK',
  pose: 'NOT_FRONTAL',
  eyes: 'EYES_CLOSED',
  focus: 'BLURRED',
};
/** Codes that only repeat the step (TURN_LEFT) are none of these: the step says it. */
function adviceOf({ guidance, step }: LiveState, slow: Slowness): Instruction | undefined {
  if (!guidance) return undefined;
  const known = cameraWords.find((word) => word === guidance.code);
  if (known) return { of: 'camera', word: known };
  if (guidance.step === 'movement') {
    switch (guidance.code) {
      case 'HOLD':
        return { of: 'page', word: 'hold' };
      case 'FACE_CAMERA':
        return { of: 'page', word: 'faceFirst' };
      case 'FRAMES_TOO_SLOW':
        return { of: 'page', word: `slow${slow}` };
      case 'COME_CLOSER':
        return step?.name === 'come-closer' ? undefined : { of: 'camera', word: 'TOO_FAR' };
      default:
        return undefined;
    }
  }
  const word = wordOfGuidance[guidance.step];
  return word && { of: 'camera', word };
}

const GUIDING = 'guiding';

/** What to say now. */
export function sayingOf(
  live: LiveState | undefined,
  { connected, before, slow }: { connected: boolean; before: boolean; slow: Slowness | undefined },
): Saying {
  const page = (word: CaptureWord): Saying => ({ key: word, instruction: { of: 'page', word } });
  if (!connected) return page(before ? 'lost' : 'connecting');
  switch (live?.state) {
    case 'queued':
      return page('queued');
    case 'checking':
      return page('checking');
    case 'guiding':
    case 'running': {
      const { attempt, step } = live;
      const advice = adviceOf(live, slow ?? 'Network');
      if (live.state === 'guiding' || !step)
        return { key: GUIDING, instruction: { of: 'page', word: 'begin' }, advice };
      const word = wordOfStep[step.name] ?? 'begin';
      return { key: `${attempt} ${step.index}`, instruction: { of: 'page', word }, advice };
    }
    default:
      return page('connecting');
  }
}

const isSame = (one: Instruction | undefined, other: Instruction | undefined): boolean =>
  one?.of === other?.of && one?.word === other?.word;

/** Milliseconds for which advice has to hold before it is given: one misread picture is none. */
const SETTLED = 200;

/** Shows another step at once. Advice comes one at a time, and each is kept for 1.2 s, so that it can be read. */
export function createInstructionHold() {
  let shown: Saying | undefined;
  /** When the advice was shown. */
  let since = Number.NEGATIVE_INFINITY;
  let next: { advice: Instruction | undefined; from: number } | undefined;
  return {
    /** What to show, and in how many milliseconds to ask again; undefined: nothing waits. */
    say(wanted: Saying, now: number): { shown: Saying; again?: number } {
      if (shown?.key !== wanted.key) {
        shown = { key: wanted.key, instruction: wanted.instruction };
        // Before the first step the heading itself changes: it too is to be read.
        since = wanted.key === GUIDING ? now : Number.NEGATIVE_INFINITY;
        next = undefined;
      }
      const { advice } = wanted;
      if (isSame(shown.advice, advice)) {
        next = undefined;
        return { shown };
      }
      // Where several things are wrong by turns, one of them is said.
      const goesOn = next !== undefined && (next.advice === undefined) === (advice === undefined);
      next = { advice, from: goesOn && next ? next.from : now };
      const due = Math.max(next.from + SETTLED, since + KEPT);
      if (now < due) return { shown, again: due - now };
      shown = { ...shown, advice };
      since = now;
      next = undefined;
      return { shown };
    },
  };
}

/** Milliseconds between two changes of the screen's color: below three flashes a second (WCAG 2.3.1). */
const CALM = 400;

/** The color that fills the screen: only a plain one, and never changed faster than eyes bear. */
export function createFlashLimiter() {
  let shown: string | undefined;
  let since = Number.NEGATIVE_INFINITY;
  return (live: LiveState | undefined, now: number): string | undefined => {
    const wanted =
      live?.state === 'running' && live.step?.name === 'color-flash' ? live.step.color : undefined;
    const color = wanted !== undefined && /^#[0-9a-f]{6}$/i.test(wanted) ? wanted : undefined;
    if (color === shown || now - since < CALM) return shown;
    shown = color;
    since = now;
    return shown;
  };
}
