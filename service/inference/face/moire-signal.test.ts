import { expect, test } from 'vitest';
import type { Picture } from '../pictures/picture.ts';
import { moireSignal } from './measure-quality.ts';

function picture(value: (x: number, y: number) => number): Picture {
  const pixels = new Uint8Array(200 * 200 * 3);
  for (let i = 0; i < 200 * 200; i++) pixels.fill(value(i % 200, Math.floor(i / 200)), 3 * i, 3 * i + 3);
  return { width: 200, height: 200, pixels };
}
const box = { x: 20, y: 20, width: 150, height: 150 };

function roughness(): () => number {
  let state = 7;
  return () => {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    return (state >> 16) % 24;
  };
}

test('a grid over a noisy picture stands out; the noise alone and a flat picture do not', () => {
  const rough = roughness();
  const noisy = moireSignal(
    picture(() => 110 + rough()),
    box,
  );
  const grid = moireSignal(
    picture((x, y) => 110 + rough() + 30 * Math.sin(x * 1.27) * Math.sin(y * 1.27)),
    box,
  );
  expect(noisy).toBeLessThan(0.3);
  expect(grid).toBe(1);
  expect(
    moireSignal(
      picture(() => 90),
      box,
    ),
  ).toBe(0);
});

test('a box with less than one window inside the picture has no signal', () => {
  expect(
    moireSignal(
      picture(() => 90),
      { x: 190, y: 20, width: 150, height: 150 },
    ),
  ).toBe(0);
});
