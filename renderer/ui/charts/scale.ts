/** Round values from 0 to at least `most`, about `count` of them: 0, 40, 80, 120, 160. */
export function ticksUpTo(most: number, count: number): number[] {
  if (most <= 0) return [0, 1];
  const rough = most / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 4, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const whole = most >= 1 ? Math.max(1, step) : step;
  return Array.from({ length: Math.ceil(most / whole - 1e-9) + 1 }, (_, index) => index * whole);
}

/** Powers of ten from `least` to `most`, both positive. */
export function decades(least: number, most: number): number[] {
  const from = Math.ceil(Math.log10(least) - 1e-9);
  const to = Math.floor(Math.log10(most) + 1e-9);
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => 10 ** (from + index));
}

/** Every so many labels that `width` has room for. */
export const labelStep = (labels: number, width: number, each: number): number =>
  Math.max(1, Math.ceil((labels * each) / Math.max(1, width)));

export type Scale = (value: number) => number;
export const linear =
  (from: number, to: number, start: number, end: number): Scale =>
  (value) =>
    start + ((value - from) / (to - from || 1)) * (end - start);
export const logarithmic = (from: number, to: number, start: number, end: number): Scale => {
  const inner = linear(Math.log10(from), Math.log10(to), start, end);
  return (value) => inner(Math.log10(value));
};
