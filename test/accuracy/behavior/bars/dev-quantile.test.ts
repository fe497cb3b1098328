import { expect, test } from 'vitest';
import { SessionData } from '../../../../service/engine/behavior/index.ts';
import { simulateSession } from '../../../bots/families/simulate.ts';
import { emptyTrack, type Subject } from '../sets/data-set.ts';
import { trainBehaviorModel } from '../training/train-behavior-model.ts';
import { type BehaviorWindow, windowsOf } from '../windows.ts';
import { devQuantiles, fitOn } from './dev-quantile.ts';

/** Half-minutes of drawn programs, some of which stand for people here. */
const windowsOfFamily = (family: string, about: Pick<Subject, 'set' | 'label'>): BehaviorWindow[] =>
  Array.from({ length: 72 }, (_, i) => i + 1).flatMap((seed) => {
    const { moves, presses, lastsMs } = simulateSession(family, seed);
    return windowsOf(
      {
        ...about,
        generator: about.label === 'human' ? null : family,
        person: `person-${seed % 4}`,
        half: 'dev',
        track: {
          ...emptyTrack,
          session: `${family}-${seed}`,
          from: 0,
          to: lastsMs,
          moves,
          presses,
          events: moves.map(({ t }) => ({ t, counts: ['move'] as const })),
        },
      },
      30_000,
    );
  });

test('the lowest site is where the product puts its zero, and all people together lie above it', () => {
  const windows = [
    ...windowsOfFamily('spring', { set: 'webbot', label: 'human' }),
    ...windowsOfFamily('strokes', { set: 'sapimouse', label: 'human' }),
    ...windowsOfFamily('strokes', { set: 'balabit', label: 'human' }),
    ...['arc', 'through'].flatMap((name) => windowsOfFamily(name, { set: 'zoo', label: 'bot' })),
  ];
  const model = trainBehaviorModel(
    windows.map(({ label, set, person, generator, data }) => ({
      label,
      set,
      person,
      generator,
      data: SessionData.parse(data),
    })),
    { id: 'of-a-test', at: '2026-11-24' },
  );
  const { pooled, lowest } = devQuantiles(windows);
  expect(lowest).toBeCloseTo(model.z0, 4);
  expect(pooled).toBeGreaterThan(lowest);
  expect(fitOn(windows).stumps).toHaveLength(model.stumps.length);
});
