import { expect, test } from 'vitest';
import { isColor, wantsDarkText } from './text-on-color.ts';

const linear = (share: number) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);

test('on every color the letter reads at 4.5 to 1 or better', () => {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < 4096; n++) {
    const channels = [n >> 8, (n >> 4) & 15, n & 15].map((digit) => digit * 17);
    const color = `#${channels.map((one) => one.toString(16).padStart(2, '0')).join('')}`;
    const [red = 0, green = 0, blue = 0] = channels.map((one) => linear(one / 255));
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    const contrast = wantsDarkText(color) ? (light + 0.05) / 0.05 : 1.05 / (light + 0.05);
    least = Math.min(least, contrast);
  }
  expect(least).toBeGreaterThanOrEqual(4.5);
});

test('a color has six digits', () => {
  expect(['#1f4e3d', '#FFF000'].every(isColor)).toBe(true);
  expect(['#fff', '1f4e3d', '#1f4e3d;', 'red', '#1f4e3g'].some(isColor)).toBe(false);
});
