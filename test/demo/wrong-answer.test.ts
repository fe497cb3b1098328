import sharp from 'sharp';
import { expect, test } from 'vitest';
import { renderReport } from '../../demo/report.ts';
import type { Trial } from '../../demo/trial.ts';
import { meaningOf, waysToBeWrong } from '../../demo/wrong-answer.ts';

const rates = { falseMatchRate: 1e-5, falseIdentificationRate: 1e-3 };
const picture = await sharp({ create: { width: 80, height: 80, channels: 3, background: '#888' } })
  .png()
  .toBuffer();

const trial = (changed: Partial<Trial>): Trial => ({
  who: 'Bea',
  picture,
  treatment: 'none',
  question: 'is this Cleo?',
  claimed: true,
  expected: undefined,
  status: 200,
  answer: { verified: true, email: 'cleo@demo.example' },
  milliseconds: 1,
  right: false,
  ...changed,
});

test.each([
  [trial({}), /^False match.*taken for cleo@demo\.example.*1 time in 100,000/],
  [trial({ claimed: false }), /^False match.*1 time in 1,000/],
  [trial({ expected: 'bea@demo.example' }), /^False match.*is bea@demo\.example.*taken for cleo/],
  [trial({ expected: 'bea@demo.example', answer: { verified: false } }), /^False non-match/],
  [
    trial({ status: 422, answer: { code: 'FACE_NOT_FOUND', reason: 'Move closer.' } }),
    /^Refused \(FACE_NOT_FOUND\).*Move closer\.$/,
  ],
])('a wrong answer is named as the error it is', (wrong, meaning) => {
  expect(meaningOf(wrong, rates)).toMatch(meaning);
});

test('the report says what a wrong row means: always in general, and for each by itself', async () => {
  const page = (trials: Trial[]) => renderReport({ trials, faces: picture, facts: [], why: '', rates });
  const [right, wrong] = await Promise.all([page([trial({ right: true })]), page([trial({})])]);
  for (const way of waysToBeWrong)
    expect([right, wrong].map((html) => html.includes(way))).toEqual([true, true]);
  expect(right).toContain('There is none in this run');
  expect(wrong).toContain('taken for cleo@demo.example');
  expect(right).not.toContain('taken for cleo@demo.example');
});
