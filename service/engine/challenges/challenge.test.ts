import { expect, test } from 'vitest';
import { cooperative, drawn, play } from '../../../test/support/challenge-actor.ts';
import { challengeModels, challengePad } from '../../../test/support/challenge-frames.ts';
import { stepNames } from './index.ts';

test('a cooperative person passes every step', () => {
  const { result, progress } = play(drawn(stepNames), cooperative);
  expect(result.reasons).toEqual([]);
  expect(result).toMatchObject({ passed: true, completed: 8, assurance: 'active' });
  expect(result.score).toBeGreaterThan(0.7);
  expect(progress.flatMap(({ passed }) => passed ?? [])).toEqual([...stepNames]);
  expect(result.identity?.embeddings.one).toHaveLength(128);
  expect(new Set(result.frameHashes).size).toBe(progress.length);
});

test('with presentation attack detection too', () => {
  const { result } = play(drawn(['hold-still', 'turn-left', 'turn-right']), cooperative, {
    models: { ...challengeModels, pad: challengePad },
  });
  expect(result).toMatchObject({ passed: true, reasons: [] });
});
