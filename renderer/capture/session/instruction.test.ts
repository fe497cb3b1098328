import { expect, test } from 'vitest';
import { KEPT } from '../camera/shot-progress.ts';
import { createInstructionHold, linesOf, sayingOf } from './instruction.ts';
import type { LiveState, StepName } from './wire.ts';

const base = { is: 'state', attempt: 1, attemptsLeft: 2 } as const;
const inStep = (name: StepName, guidance?: LiveState['guidance'], index = 0): LiveState => ({
  ...base,
  state: 'running',
  step: { index, of: 4, name, progress: 0.4, holdMs: 500, limitMs: 5000 },
  ...(guidance && { guidance }),
});
const guiding = (code?: string, step = 'light'): LiveState => ({
  ...base,
  state: 'guiding',
  ...(code !== undefined && { guidance: { step, code } }),
});
const say = (live: LiveState, slow?: 'Box' | 'Network' | 'Camera') =>
  sayingOf(live, { connected: true, before: true, slow });
/** The two lines as words. */
const words = (live: LiveState, slow?: 'Box' | 'Network' | 'Camera') => {
  const { heading, advice, hint } = linesOf(say(live, slow));
  return [heading.word, advice?.word, hint];
};

test('a step is named whatever is wrong, and what is wrong stands below it', () => {
  const movement = (code: string) => ({ step: 'movement', code });
  expect(words(inStep('turn-left'))).toEqual(['turnLeft', undefined, 'slowlyArc']);
  expect(words(inStep('turn-left', movement('TURN_LEFT')))).toEqual(['turnLeft', undefined, 'slowlyArc']);
  expect(words(inStep('turn-left', movement('HOLD')))).toEqual(['turnLeft', 'hold', undefined]);
  expect(words(inStep('turn-left', movement('FACE_CAMERA')))).toEqual(['turnLeft', 'faceFirst', undefined]);
  expect(words(inStep('turn-left', movement('COME_CLOSER')))).toEqual(['turnLeft', 'TOO_FAR', undefined]);
  expect(words(inStep('come-closer', movement('COME_CLOSER')))).toEqual(['comeCloser', undefined, 'slowly']);
  for (const [step, code] of [
    ['distance', 'TOO_CLOSE'],
    ['light', 'TOO_DARK'],
    ['face', 'FACE_NOT_FOUND'],
  ] as const)
    expect(words(inStep('blink', { step, code }))).toEqual(['blink', code, undefined]);
});

test('slow pictures are said of what makes them slow', () => {
  const slow = inStep('turn-right', { step: 'movement', code: 'FRAMES_TOO_SLOW' });
  for (const cause of ['Box', 'Network', 'Camera'] as const)
    expect(words(slow, cause)).toEqual(['turnRight', `slow${cause}`, undefined]);
});

test('before the first step advice is the instruction, also that of a code the page does not know', () => {
  expect(words(guiding())).toEqual(['begin', undefined, undefined]);
  expect(words(guiding('TOO_DARK'))).toEqual(['TOO_DARK', undefined, 'screenLights']);
  expect(words(guiding('BLURRED', 'focus'))).toEqual(['BLURRED', undefined, 'wipeLens']);
  expect(words(guiding('LENS_SMEARED', 'focus'))).toEqual(['BLURRED', undefined, 'wipeLens']);
  // An attempt whose first step is not revealed yet.
  expect(words({ ...guiding('TOO_FAR', 'distance'), state: 'running' })).toEqual([
    'TOO_FAR',
    undefined,
    undefined,
  ]);
});

test('another step is shown at once, without the advice of the one before', () => {
  const keeper = createInstructionHold();
  const hold = { step: 'movement', code: 'HOLD' };
  keeper.say(say(inStep('turn-left', hold)), 0);
  expect(keeper.say(say(inStep('turn-left', hold)), 300).shown).toMatchObject({ advice: { word: 'hold' } });
  expect(keeper.say(say(inStep('turn-right', undefined, 1)), 310).shown).toEqual({
    key: '1 1',
    instruction: { of: 'page', word: 'turnRight' },
  });
});

/** What a keeper advises at each time. */
function keeping() {
  const keeper = createInstructionHold();
  return {
    keeper,
    at: (live: LiveState, now: number) => keeper.say(say(live), now).shown.advice?.word,
  };
}

test('one misread picture is no advice, and advice stays long enough to be read', () => {
  const { keeper, at } = keeping();
  for (let now = 0; now < 2_000; now += 200) {
    expect(at(guiding(), now)).toBeUndefined();
    expect(at(guiding('TOO_DARK'), now + 100)).toBeUndefined();
  }
  expect(at(guiding(), 1_950)).toBeUndefined();
  expect(at(guiding('TOO_DARK'), 2_000)).toBeUndefined();
  expect(at(guiding('TOO_DARK'), 2_200)).toBe('TOO_DARK');
  expect(at(guiding(), 2_300)).toBe('TOO_DARK');
  expect(at(guiding(), 2_600)).toBe('TOO_DARK');
  expect(keeper.say(say(guiding()), 2_700)).toMatchObject({ again: KEPT - 500 });
  expect(at(guiding(), 2_200 + KEPT)).toBeUndefined();
});

test('where two things are wrong by turns, one of them is said, and it stays', () => {
  const { at } = keeping();
  for (let now = 0; now < KEPT; now += 200) {
    expect(at(guiding('TOO_DARK'), now)).toBeUndefined();
    expect(at(guiding('TOO_FAR', 'distance'), now + 100)).toBeUndefined();
  }
  for (let now = KEPT; now < 4_000; now += 200) {
    expect(at(guiding('TOO_DARK'), now)).toBe('TOO_DARK');
    expect(at(guiding('TOO_FAR', 'distance'), now + 100)).toBe('TOO_DARK');
  }
});

test('a lost connection is said at once', () => {
  const keeper = createInstructionHold();
  keeper.say(say(inStep('turn-left')), 0);
  const lost = sayingOf(inStep('turn-left'), { connected: false, before: true, slow: undefined });
  expect(keeper.say(lost, 10).shown.instruction.word).toBe('lost');
});
