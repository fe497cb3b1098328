import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SessionData } from '../session-data.ts';
import { type AnswerFacts, judgeAnswer } from './answer-challenge.ts';

const counts = (change: Partial<SessionData['counts']> = {}) =>
  ({
    counts: {
      move: 40,
      down: 1,
      up: 1,
      keyDown: 0,
      keyUp: 0,
      input: 0,
      paste: 0,
      wheel: 0,
      scroll: 0,
      touch: 0,
      ...change,
    },
  }) as SessionData;
const facts = (change: Partial<AnswerFacts> = {}): AnswerFacts => ({
  type: 'click_targets',
  accessible: false,
  sinceMade: 2_400,
  ...change,
});
const judged = (logOdds: number, notes: string[] = []) => ({
  confidence: 1 / (1 + Math.exp(-logOdds)),
  notes,
});

test('a right answer alone is 0.70', () => {
  expect(judgeAnswer(facts())).toEqual({ confidence: 0.7, human: true, notes: ['challenge'] });
});

test('organic signals raise it, to 0.91 at most; thin ones change nothing', () => {
  expect(judgeAnswer(facts({ data: counts(), judgement: judged(4, ['organic_mouse']) }))).toEqual({
    confidence: 0.91,
    human: true,
    notes: ['organic_mouse', 'challenge'],
  });
  expect(judgeAnswer(facts({ data: counts(), judgement: judged(0) })).confidence).toBe(0.7);
});

test('the signals of a program outweigh a right answer', () => {
  for (const logOdds of [-1, -2.2, -3, -6]) {
    expect(
      judgeAnswer(facts({ data: counts(), judgement: judged(logOdds, ['teleport_clicks']) })),
    ).toMatchObject({
      human: false,
    });
  }
});

test.each([
  ['no person reads twelve labels in 0.3 s', facts({ sinceMade: 300 })],
  ['nor a pattern in 0.6 s', facts({ type: 'pattern', sinceMade: 600 })],
  ['nor tries again within a fifth of a second', facts({ sinceLast: 180 })],
])('%s', (_name, one) => {
  const { human, notes, confidence } = judgeAnswer({ ...one, data: counts(), judgement: judged(3) });
  expect({ human, confidence: confidence < 0.2, noted: notes.includes('challenge_too_fast') }).toEqual({
    human: false,
    confidence: true,
    noted: true,
  });
});

test('a clock that went back is no evidence', () => {
  expect(judgeAnswer(facts({ sinceMade: -3_000 })).notes).toEqual(['challenge']);
});

test('an answer without a press is noted and counts a little less; a screen reader still passes', () => {
  const empty = counts({ down: 0, up: 0 });
  expect(judgeAnswer(facts({ data: empty, judgement: judged(0) }))).toEqual({
    confidence: 0.56,
    human: true,
    notes: ['challenge_without_input', 'challenge'],
  });
  expect(judgeAnswer(facts({ data: empty, judgement: judged(0), accessible: true }))).toMatchObject({
    human: true,
    notes: ['accessible_challenge'],
  });
});

test('whatever comes: a number from 0 to 1, human from a half on, and worse signals never raise it', () =>
  fc.assert(
    fc.property(
      fc.record({
        type: fc.constantFrom('click_targets' as const, 'pattern' as const),
        accessible: fc.boolean(),
        sinceMade: fc.integer({ min: -1e6, max: 1e6 }),
        sinceLast: fc.integer({ min: -1e6, max: 1e6 }),
        down: fc.integer({ min: 0, max: 20_000 }),
      }),
      fc.double({ min: -50, max: 50, noNaN: true }),
      fc.double({ min: 0, max: 50, noNaN: true }),
      ({ down, ...one }, logOdds, less) => {
        const data = counts({ down });
        const before = judgeAnswer({ ...one, data, judgement: judged(logOdds) });
        const after = judgeAnswer({ ...one, data, judgement: judged(logOdds - less) });
        expect(before.confidence).toBeGreaterThanOrEqual(0);
        expect(before.confidence).toBeLessThanOrEqual(1);
        expect(before.human).toBe(before.confidence >= 0.5);
        expect(after.confidence).toBeLessThanOrEqual(before.confidence);
      },
    ),
  ));
