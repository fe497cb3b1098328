import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Manifest, type ScorerEntry } from '../../service/inference/models/manifest.ts';
import { direction, near } from '../support/faces.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import { measureJudgement } from './judgement.ts';
import { judgementAsText } from './render-report.ts';

const a = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8'))).scorers[0] as ScorerEntry;
const model = a.terms[0]!.model;
const plan = { primary: model, scorers: [a] } satisfies Parameters<typeof measureJudgement>[1];

/** 24 people with three pictures, alike at the cosine `likeness` squared. */
const peopleAlike = (likeness: number) =>
  Array.from({ length: 24 }, (_, person) =>
    [1, 2, 3].map((picture) => ({
      [model]: near(direction(`person ${person}`, 128), likeness, `person ${person} picture ${picture}`),
    })),
  );

test('people whose pictures are alike are refused by no rule, before or now', async () => {
  const reports = await measureJudgement(peopleAlike(0.995), plan, [8]);
  expect(reports.map(({ rule }) => rule)).toEqual([
    'a second picture at enrollment, 24 people',
    '1:1 with one confirmed and further unconfirmed pictures, 24 people',
    '1:N over 8 people with one picture, 125 galleries',
  ]);
  for (const { rows } of reports)
    for (const { genuineRefused, strangersAccepted } of rows) {
      expect(genuineRefused).toMatchObject({ hits: 0, rate: 0 });
      // Directions drawn at random in 128 dimensions are nowhere near the threshold.
      expect(strangersAccepted).toMatchObject({ hits: 0, rate: 0 });
    }
  expect(reports[0]!.rows[0]!.strangersAccepted.of).toBe(24 * 23);
  expect(judgementAsText({ a: reports }, { data: 'drawn', date: '2026-11-21' })).toContain(
    'genuine refused 0.00 % [0.00, 13.80] (0 of 24), strangers accepted 0.00 % [0.00, 0.69] (0 of 552)',
  );
});

test('between the two rates a second picture is refused before and accepted now', async () => {
  // A cosine of 0.93 lies between the scores for 1e-4 (0.9416) and for 1 % (0.9109).
  const [second] = await measureJudgement(peopleAlike(Math.sqrt(0.926)), plan, []);
  expect(second!.rows.map(({ genuineRefused }) => genuineRefused.rate)).toEqual([1, 0]);
});
