import { describe, expect, it } from 'vitest';
import { BehaviorModel, judgeBehavior, type SessionData } from '../../../../service/engine/behavior/index.ts';
import { mouseFeatures } from '../../../../service/engine/behavior/model/behavior-model.ts';
import { personWindow } from '../../../support/behavior-windows.ts';
import { createRandom } from '../../random.ts';
import { boostStumps } from './boost-stumps.ts';
import { fitStumps, trainBehaviorModel } from './train-behavior-model.ts';
import type { TrainingWindow } from './training-window.ts';

const random = createRandom(7);
const around = (middle: number, spread: number) => middle + spread * (random() + random() + random() - 1.5);

/** People wander and vary, programs go straight and evenly; each set and generator by its own habits. */
function windowOf(
  label: 'human' | 'bot',
  set: number,
  person: number,
  straight = { str: 0.85, strIqr: 0.2 },
): TrainingWindow {
  const human = label === 'human';
  const n = 1 + Math.floor(random() * 14);
  const shape = human
    ? {
        str: around(straight.str, 0.1),
        strIqr: around(straight.strIqr, 0.1),
        vcv: around(0.8, 0.2),
        durSd: around(0.6, 0.2),
      }
    : {
        str: around(0.97, 0.05),
        strIqr: around(0.04, 0.08),
        vcv: around(0.5 + 0.1 * set, 0.3),
        durSd: around(0.3, 0.3),
      };
  const bounded = Object.fromEntries(
    Object.entries(shape).map(([name, value]) => [name, Math.max(0, Math.min(1, value))]),
  );
  return {
    label,
    set: human ? `people-${set}` : 'zoo',
    person: `p${person}`,
    generator: human ? null : `generator-${set}`,
    data: personWindow({ mouse: { ...bounded, n, strLo: 0, vcvLo: 0, vcvHi: 2, fitts2: 0 } }),
  };
}

const windows = [
  ...Array.from({ length: 400 }, (_, i) => windowOf('human', i % 2, i % 16)),
  ...Array.from({ length: 150 }, (_, i) => windowOf('bot', i % 3, i % 3)),
];
const about = { id: 'trained-in-a-test', at: '2026-11-21' };

describe('training', () => {
  const model = trainBehaviorModel(windows, about);

  it('gives a model that parses, with what it was trained on', () => {
    expect(BehaviorModel.parse(JSON.parse(JSON.stringify(model)))).toEqual(model);
    expect(model.trained).toEqual({
      at: '2026-11-21',
      on: ['people-0', 'people-1', 'zoo'],
      humanWindows: 400,
      people: 16,
      botWindows: 150,
      generators: ['generator-0', 'generator-1', 'generator-2'],
    });
    expect(model.thinZeros).toEqual(model.thinZeros.toSorted((a, b) => a - b));
  });

  it('separates people and programs that it has not seen', () => {
    const judged = (label: 'human' | 'bot') =>
      Array.from({ length: 200 }, (_, i) => windowOf(label, i % 2, 100 + i))
        .filter(({ data }) => data.mouse.n >= 8)
        .map(({ data }) => judgeBehavior(data as SessionData, { model }).human);
    const [people, programs] = [judged('human'), judged('bot')];
    expect(people.filter((human) => !human).length / people.length).toBeLessThan(0.05);
    expect(programs.filter((human) => !human).length / programs.length).toBeGreaterThan(0.6);
  });

  it('has its zero where people of the set that is most like programs are', () => {
    const site = (person: number) => windowOf('human', 9, person, { str: 0.93, strIqr: 0.1 });
    const people = [
      ...Array.from({ length: 1_600 }, (_, i) => windowOf('human', i % 8, i % 32)),
      ...Array.from({ length: 300 }, (_, i) => site(200 + (i % 30))),
    ];
    const programs = windows.filter(({ label }) => label === 'bot');
    const { z0, thinZeros, ...weights } = trainBehaviorModel([...people, ...programs], about);
    const scores = Array.from({ length: 400 }, (_, i) => site(300 + i))
      .filter(({ data }) => data.mouse.n >= 8)
      .map(({ data }) => judgeBehavior(data as SessionData, { model: { ...weights, z0, thinZeros } }));
    const under = scores.filter(({ parts }) => parts.mouse!.z < z0);
    expect(under.length / scores.length).toBeLessThan(0.04);
  });

  it('fits what speaks for a person on full windows, where there are enough', () => {
    expect(model.full).toEqual({ slope: expect.any(Number), even: expect.any(Number) });
    const judged = (label: 'human' | 'bot') =>
      Array.from({ length: 300 }, (_, i) => windowOf(label, i % 2, 400 + i))
        .filter(({ data }) => data.mouse.n >= 8)
        .map(({ data }) => judgeBehavior(data as SessionData, { model }).parts.mouse!.logOdds);
    const [people, programs] = [judged('human'), judged('bot')];
    const sure = (list: number[]) => list.filter((logOdds) => logOdds > 1.5).length / list.length;
    // Where confidence is 0.82 and more, programs are rarer than it says.
    expect(sure(people)).toBeGreaterThan(0.4);
    expect(sure(programs) / (sure(people) + sure(programs))).toBeLessThan(0.18);
    const thin = windows.map((one) => ({
      ...one,
      data: { ...one.data, mouse: { ...one.data.mouse, n: Math.min(7, one.data.mouse.n) } },
    }));
    expect(trainBehaviorModel(thin, about)).not.toHaveProperty('full');
  });

  it('takes no input by which people of two sets lie further apart than people and programs', () => {
    const turning = (one: TrainingWindow): TrainingWindow => ({
      ...one,
      data: {
        ...one.data,
        mouse: { ...one.data.mouse, turn: { 'people-0': 0.1, 'people-1': 0.9 }[one.set] ?? random() },
      },
    });
    const fitted = (some: readonly TrainingWindow[]) =>
      new Set(fitStumps(some.map(turning)).stumps.map(([input]) => mouseFeatures[input]));
    expect(fitted(windows)).not.toContain('turn');
    expect(fitted(windows)).toContain('strIqr');
    // Of people of one set nothing is known of other recorders.
    const oneSet = windows.map((one) => ({ ...turning(one), set: one.label === 'human' ? 'shop' : 'zoo' }));
    expect(new Set(fitStumps(oneSet).stumps.map(([input]) => mouseFeatures[input]))).toContain('turn');
  });

  it('is the same for the same windows', () => {
    expect(trainBehaviorModel(windows, about)).toEqual(model);
  });

  it('leaves replays out: they are movements of people', () => {
    const replays = windows
      .filter(({ label }) => label === 'human')
      .map((one) => ({ ...one, label: 'bot' as const, generator: 'replay-warped' }));
    expect(trainBehaviorModel([...windows, ...replays], about)).toEqual(model);
  });

  it('refuses too little to learn from', () => {
    const few = windows.filter(({ label, person }) => label === 'bot' || person === 'p1');
    expect(() => trainBehaviorModel(few, about)).toThrow(
      'Training needs at least 200 windows with movements of 5 people and 50 of 2 generators; there are 25 of 1 and 150 of 3.',
    );
  });
});

describe('stumps', () => {
  it('find the input and the threshold that separate, and leave noise alone', () => {
    const rows = Array.from({ length: 200 }, (_, i) => [random(), i / 200, 1]);
    const { stumps } = boostStumps(
      rows,
      rows.map(([, x]) => x! >= 0.3),
      { rounds: 5 },
    );
    for (const [input, threshold, low, high] of stumps) {
      expect(input).toBe(1);
      expect(threshold).toBeCloseTo(0.3, 1);
      expect(low).toBeLessThan(high);
    }
  });

  it('of rows that are all alike are none', () => {
    expect(boostStumps([[1], [1], [1]], [true, false, true]).stumps).toEqual([]);
  });
});

describe('stumps', () => {
  const rows = Array.from({ length: 300 }, (_, i) => [
    i / 300,
    ((i * 7) % 300) / 300 + i / 600,
    (i * 13) % 300,
  ]);
  const labels = rows.map(([first]) => first! > 0.5);

  it('choose from a share of the inputs, drawn the same way each time', () => {
    const some = boostStumps(rows, labels, { rounds: 40, share: 0.4 });
    expect(boostStumps(rows, labels, { rounds: 40, share: 0.4 })).toEqual(some);
    expect(new Set(some.stumps.map(([input]) => input)).size).toBe(3);
    expect(new Set(boostStumps(rows, labels, { rounds: 40 }).stumps.map(([input]) => input)).size).toBe(1);
  });

  it('choose among the inputs that they are given', () => {
    const { stumps } = boostStumps(rows, labels, { rounds: 40, inputs: [1, 2] });
    expect(stumps.length).toBeGreaterThan(5);
    expect(stumps.map(([input]) => input)).not.toContain(0);
  });
});
