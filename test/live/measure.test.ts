import { expect, test } from 'vitest';
import type { Species } from './attack.ts';
import { type MeasureDeps, measureAttack } from './measure.ts';
import type { Attempt } from './trial.ts';

const attempt = (passed: boolean, presentation?: number): Attempt => ({
  passed,
  reasons: passed ? [] : ['NOT_A_HEAD'],
  steps: ['turn-left'],
  completed: 1,
  ms: 5000,
  score: 0.5,
  hashes: [],
  evidence: [
    {
      kind: 'weighing',
      passed,
      maturity: 'experimental',
      details: { rigidResidual: 0.059, flattening: 4, presentation },
    },
  ],
});

/** Passes at once for what PAD says of it, and without PAD at the third attempt. */
const species: Species = {
  name: 'sheet',
  attacker: 'holds a sheet',
  made: 'simulated',
  draw: 'product',
  prepare: async () => ({
    sources: 1,
    run: (_trial, { models }) =>
      models.pad
        ? { accepted: true, attempts: [attempt(true, 12)] }
        : { accepted: true, attempts: [attempt(false), attempt(false), attempt(true)] },
  }),
};

test('a session that PAD alone let pass goes on without it, up to three attempts', async () => {
  const deps = {
    models: { scorers: [], pad: { id: 'pair' } },
    say: () => undefined,
  } as unknown as MeasureDeps;
  const settings = [true, false].map((pad) => ({ pad, strict: false }));
  const [withPad, without] = await measureAttack(species, settings, 10, deps);
  expect(withPad).toMatchObject({ accepted: { hits: 10 }, firstTry: { hits: 10 } });
  expect(without).toMatchObject({
    accepted: { hits: 10 },
    firstTry: { hits: 0 },
    reasons: { NOT_A_HEAD: 20 },
    finished: { attempts: 30, passed: 10 },
  });
});
