import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Manifest } from '../../service/inference/models/manifest.ts';
import { direction, near } from '../support/faces.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import { measureJudgement } from './judgement.ts';
import { judgementAsText } from './render-report.ts';

const { scorers } = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
const r = scorers.find(({ id }) => id === 'r')!;
const model = r.terms[0]!.model;

/** 24 people with three pictures, alike at the cosine `likeness` squared. */
const peopleAlike = (likeness: number) =>
  Array.from({ length: 24 }, (_, person) =>
    [1, 2, 3].map((picture) => ({
      [model]: near(direction(`person ${person}`, 256), likeness, `person ${person} picture ${picture}`),
    })),
  );

test('people whose pictures are alike are refused by no rule, before or now', async () => {
  const reports = await measureJudgement(peopleAlike(0.995), r, [8]);
  expect(reports.map(({ rule }) => rule)).toEqual([
    'a second picture at enrollment, 24 people',
    '1:1 with one confirmed and further unconfirmed pictures, 24 people',
    '1:N over 8 people with one picture, 125 galleries',
  ]);
  for (const { rows } of reports)
    for (const { genuineRefused, strangersAccepted } of rows) {
      expect(genuineRefused).toMatchObject({ hits: 0, rate: 0 });
      // Directions drawn at random in 256 dimensions are nowhere near the threshold.
      expect(strangersAccepted).toMatchObject({ hits: 0, rate: 0 });
    }
  expect(reports[0]!.rows[0]!.strangersAccepted.of).toBe(24 * 23);
  expect(judgementAsText({ r: reports }, { data: 'drawn', date: '2026-11-21' })).toContain(
    'genuine refused 0.00 % [0.00, 13.80] (0 of 24), strangers accepted 0.00 % [0.00, 0.69] (0 of 552)',
  );
});

test('between the two rates a second picture is refused before and accepted now', async () => {
  // In every group: 0.42 lies between the scores for 1 in 1,000 (0.4615) and for 1 % (0.3671).
  const people = Array.from({ length: 24 }, (_, person) => {
    const first = direction(`person ${person}`, 256);
    return [first, near(first, 0.42, `person ${person} again`)].map((vector) => ({ [model]: vector }));
  });
  const [second] = await measureJudgement(people, r, []);
  expect(second!.rows.map(({ genuineRefused }) => genuineRefused.rate)).toEqual([1, 0]);
});
