import { expect, test } from 'vitest';
import { clickFeatures } from './click-features.ts';
import type { Press } from './raw-window.ts';

const press = (t: number, x: number, rest: Partial<Press> = {}): Press => ({
  t,
  x,
  y: 50,
  kind: 'mouse',
  held: 90,
  ...rest,
});

const box = (x: number, y: number) => ({ x, y, width: 120, height: 40 });

test('nothing pressed: nothing measured', () => {
  expect(clickFeatures([], [])).toEqual({
    n: 0,
    press: undefined,
    pressSd: undefined,
    pressMin: undefined,
    ctr: undefined,
    off: undefined,
    nOff: 0,
    tele: undefined,
    dwell: undefined,
    aid: 0,
    gap: undefined,
    emu: undefined,
  });
});

test('a press that is not released is no click; time held is of the mouse alone', () => {
  const open: Press = { t: 9, x: 0, y: 0, kind: 'mouse' };
  const {
    n,
    press: held,
    pressMin,
  } = clickFeatures(
    [press(1, 0, { held: 80 }), press(2, 0, { held: 120 }), press(3, 0, { held: 0, kind: 'touch' }), open],
    [],
  );
  expect({ n, held, pressMin }).toEqual({ n: 3, held: 100, pressMin: 80 });
});

test('centers: within 2 % of the element, or within a pixel of a small one', () => {
  const at = (offset: Press['offset']) => clickFeatures([press(0, 0, offset && { offset })], []);
  expect(at(box(0.02, -0.015))).toMatchObject({ ctr: 1, nOff: 1 });
  expect(at({ x: 0.06, y: 0, width: 13, height: 13 }).ctr).toBe(1);
  expect(at(box(0.1, 0))).toMatchObject({ ctr: 0, off: 0.1 });
  expect(at(undefined)).toMatchObject({ ctr: undefined, nOff: 0 });
});

test('a click far from the last one without an approach is a jump', () => {
  const approach = (t: number, x: number) =>
    [5, 4, 3, 2, 1, 0].map((back) => ({ t: t - 20 - back * 16, x: x - back * 30, y: 50 }));
  const jumped = (t: number, x: number) => [{ t: t - 2, x, y: 50 }];
  const clicks = [press(1_000, 400), press(3_000, 900), press(5_000, 100), press(7_000, 800)];
  const approached = clicks.flatMap(({ t, x }) => approach(t, x));
  expect(clickFeatures(clicks, approached)).toMatchObject({ tele: 0, dwell: 20 });
  // It is not known from where the first came.
  expect(clickFeatures(clicks, [...jumped(1_000, 400), ...jumped(3_000, 900)])).toMatchObject({ tele: 1 });
  expect(clickFeatures([press(1_000, 400)], jumped(1_000, 400)).tele).toBeUndefined();
});

test('a second click in the same place needs no approach, and a touch has none', () => {
  const moves = [0, 1, 2, 3].map((at) => ({ t: 900 + at * 16, x: 340 + at * 20, y: 50 }));
  expect(clickFeatures([press(1_000, 400), press(6_000, 402)], moves).tele).toBe(0);
  expect(
    clickFeatures([press(1_000, 0, { kind: 'touch' }), press(3_000, 900, { kind: 'touch' })], []),
  ).toMatchObject({ n: 2, tele: undefined, dwell: undefined, press: undefined });
});

test('presses by an accessibility action are counted apart, and say nothing of a hand', () => {
  const aided = [1, 2, 3].map((t) => press(1_000 * t, 300 * t, { aided: true, offset: box(0, 0), held: 0 }));
  expect(clickFeatures(aided, [])).toMatchObject({ aid: 3, n: 0, nOff: 0, ctr: undefined, tele: undefined });
});

test('time from press to press is of different places', () => {
  expect(clickFeatures([press(0, 0), press(200, 5), press(900, 300), press(2_000, 600)], []).gap).toBe(900);
  expect(clickFeatures([press(0, 0, { beyond: true }), press(200, 5)], []).emu).toBe(0.5);
});
