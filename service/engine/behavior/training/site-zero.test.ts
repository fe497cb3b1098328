import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../test/accuracy/random.ts';
import { personWindow } from '../../../../test/support/behavior-windows.ts';
import { BehaviorModel, type ConfirmedWindow, programWindows, researchModel, siteZero } from '../index.ts';
import { mouseFeatures } from '../model/behavior-model.ts';

/** z is 1 up to a straightness of 0.5, and 0 above. */
const model = BehaviorModel.parse({
  ...{ format: 1, id: 'one-stump', bias: 0, z0: 0, slope: 1, even: 0, thinZeros: [0, 0, 0, 0, 0, 0, 0] },
  ...{ features: [...mouseFeatures], medians: mouseFeatures.map(() => 0), stumps: [[0, 0.5, 1, 0]] },
  trained: { at: '2026-11-21', on: [], humanWindows: 0, people: 0, botWindows: 0, generators: [] },
});

const random = createRandom(3);
const windowsOf = (people: number, each: number, str = 0.4): ConfirmedWindow[] =>
  Array.from({ length: people * each }, (_, i) => ({
    person: `p${i % people}`,
    data: personWindow({ mouse: { str, dev: random(), n: 12 } }),
  }));

describe('the zero of a site', () => {
  it('is the 1 % quantile of its people', () => {
    expect(siteZero(model, windowsOf(40, 20))).toEqual({ z0: 1, windows: 800, people: 40 });
    expect(siteZero(model, [...windowsOf(40, 20), ...windowsOf(1, 20, 0.9)])).toMatchObject({ z0: 0 });
  });

  it('gives every person the same weight: one who comes often does not set it', () => {
    const often = Array.from(
      { length: 5_000 },
      (): ConfirmedWindow => ({
        person: 'often',
        data: personWindow({ mouse: { str: 0.9, n: 12 } }),
      }),
    );
    expect(siteZero(model, [...windowsOf(250, 4), ...often])).toMatchObject({ z0: 1, people: 251 });
  });

  it.each([
    ['people', windowsOf(29, 40), 'there are 1160 of 29'],
    ['windows', windowsOf(40, 12), 'there are 480 of 40'],
  ])('is refused of too few %s', (_, windows, message) => {
    expect(() => siteZero(model, windows)).toThrow(message);
  });

  it('counts no window that is short or has few movements', () => {
    const short = windowsOf(40, 20).map(({ person, data }) => ({ person, data: { ...data, winMs: 10_000 } }));
    expect(() => siteZero(model, short)).toThrow('there are 0 of 0');
    const few = windowsOf(40, 20).map(({ person, data }) => ({
      person,
      data: { ...data, mouse: { ...data.mouse, n: 7 } },
    }));
    expect(() => siteZero(model, few)).toThrow('there are 0 of 0');
  });

  it('is refused far from that of the weights', () => {
    expect(() => siteZero({ ...model, z0: 2.51 }, windowsOf(40, 20))).toThrow(
      '1.51 below that of the weights; at most 1.5',
    );
    expect(() => siteZero({ ...model, z0: -2.01 }, windowsOf(40, 20))).toThrow(
      '3.01 above that of the weights; at most 3',
    );
    expect(siteZero({ ...model, z0: 2.5 }, windowsOf(40, 20)).z0).toBe(1);
    expect(siteZero({ ...model, z0: -2 }, windowsOf(40, 20)).z0).toBe(1);
  });
});

it('the programs that ship have several generators, no replay and no person', () => {
  const windows = programWindows();
  const generators = new Set(windows.map(({ generator }) => generator));
  expect(windows.length).toBeGreaterThan(300);
  expect(generators.size).toBeGreaterThanOrEqual(6);
  expect([...generators].filter((name) => /replay|human|certh/.test(name ?? ''))).toEqual([]);
  expect(researchModel.trained.generators).toEqual(expect.arrayContaining([...generators]));
  for (const { data } of windows) {
    expect(data.mouse.n).toBeGreaterThanOrEqual(2);
    expect(data.mouse.str).toBeLessThanOrEqual(1);
  }
});
