import { expect, test } from 'vitest';
import { weigh } from '../../service/engine/matching/challenges/weighing/weigh.ts';
import { fitWeights, leftOut } from './fit.ts';
import type { Sample } from './samples.ts';

const limits = { sure: 0, strict: 0, undecided: 0 };
const sample = (kind: string, owner: string, source: string, depth: number): Sample => ({
  kind,
  owner,
  source,
  attempts: [{ depth }, { depth: depth + 0.1 }],
});
const people = [4.5, 4.9, 5.3].map((depth, i) => sample('living', `person ${i}`, `person ${i}`, depth));
const sheets = [3.6, 4].map((depth, i) => sample('sheet', `photo ${i}`, `bent photo ${i}`, depth));

test('a source is judged by a fit that holds nothing of its owner: no other sheet of the same photograph', () => {
  const again = sample('sheet', 'photo 0', 'tilted photo 0', 4.7);
  const samples = [...people, ...sheets, again];
  const ratios = leftOut(samples, ['sheet']);
  const without = fitWeights([...people, sheets[1]!], ['sheet'], limits);
  expect(ratios.get(again)).toEqual(again.attempts.map((measures) => weigh(measures, without)!.ratio));
  expect(ratios.get(sheets[0]!)).toEqual(sheets[0]!.attempts.map((one) => weigh(one, without)!.ratio));
});
