import { type Instruction as CameraWord, KEPT } from '../camera/shot-progress.ts';
import type { LiveState, StepName } from './wire.ts';

/** What the page says: a key of the camera's strings, or of its own. */
export type CaptureWord =
  | 'connecting'
  | 'lost'
  | 'queued'
  | 'begin'
  | 'checking'
  | 'hold'
  | 'slowLine'
  | keyof typeof stepWords;
export type Instruction = { of: 'camera'; word: CameraWord } | { of: 'page'; word: CaptureWord };

const stepWords = {
  holdStill: 'stay',
  turnLeft: 'slowly',
  turnRight: 'slowly',
  lookUp: 'slowly',
  lookDown: 'slowly',
  comeCloser: 'slowly',
  blink: 'eyesClosed',
  colorFlash: 'flashNow',
} as const;

const wordOfStep: Readonly<Record<StepName, keyof typeof stepWords>> = {
  'hold-still': 'holdStill',
  'turn-left': 'turnLeft',
  'turn-right': 'turnRight',
  'look-up': 'lookUp',
  'look-down': 'lookDown',
  'come-closer': 'comeCloser',
  blink: 'blink',
  'color-flash': 'colorFlash',
};

/** The smaller line below an instruction. */
export function hintOf({ of, word }: Instruction) {
  if (of === 'camera') return word === 'TOO_DARK' || word === 'UNDER_EXPOSED' ? 'screenLights' : undefined;
  if (word === 'lost') return 'lostText';
  if (word === 'checking') return 'checkingText';
  if (word === 'hold') return 'stay';
  if (word === 'slowLine') return 'slowLineText';
  return word in stepWords ? stepWords[word as keyof typeof stepWords] : undefined;
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
const wordOfMovement: Readonly<Record<string, Instruction>> = {
  HOLD: { of: 'page', word: 'hold' },
  FACE_CAMERA: { of: 'camera', word: 'NOT_FRONTAL' },
  FRAMES_TOO_SLOW: { of: 'page', word: 'slowLine' },
};

/** The one thing to say now. A problem of the picture comes before the step, because the step cannot pass with it. */
export function instructionOf(live: LiveState | undefined, connected: boolean, before: boolean): Instruction {
  const page = (word: CaptureWord): Instruction => ({ of: 'page', word });
  if (!connected) return page(before ? 'lost' : 'connecting');
  switch (live?.state) {
    case 'queued':
      return page('queued');
    case 'checking':
      return page('checking');
    case 'guiding':
      return guidanceWord(live) ?? page('begin');
    case 'running':
      return guidanceWord(live) ?? (live.step ? page(wordOfStep[live.step.name] ?? 'begin') : page('begin'));
    default:
      return page('connecting');
  }
}

function guidanceWord({ guidance }: LiveState): Instruction | undefined {
  if (!guidance) return undefined;
  const known = cameraWords.find((word) => word === guidance.code);
  if (known) return { of: 'camera', word: known };
  if (guidance.step === 'movement') return wordOfMovement[guidance.code];
  const word = wordOfGuidance[guidance.step];
  return word && { of: 'camera', word };
}

const same = (one: Instruction | undefined, other: Instruction): boolean =>
  one !== undefined && one.of === other.of && one.word === other.word;

/** Keeps an instruction for 1.2 s, so that it can be read; then the latest one follows. */
export function createInstructionKeeper() {
  let shown: Instruction | undefined;
  let since = 0;
  let next: Instruction | undefined;
  const take = (instruction: Instruction, now: number) => {
    shown = instruction;
    since = now;
    next = undefined;
    return instruction;
  };
  return {
    /** What to show, and in how many milliseconds to ask again; undefined: nothing waits. */
    say(wanted: Instruction, now: number): { shown: Instruction; again?: number } {
      if (shown === undefined || now - since >= KEPT) {
        if (!same(shown, wanted)) return { shown: take(wanted, now) };
        next = undefined;
        return { shown: shown ?? wanted };
      }
      next = same(shown, wanted) ? undefined : wanted;
      return { shown, ...(next && { again: KEPT - (now - since) }) };
    },
  };
}

/** Milliseconds between two changes of the screen's color: below three flashes a second (WCAG 2.3.1). */
const CALM = 400;

/** The color that fills the screen: only a plain one, and never changed faster than eyes bear. */
export function createFlashKeeper() {
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
