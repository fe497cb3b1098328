interface ScoredExample {
  z: number;
  human: boolean;
  weight: number;
}

const STEPS = 100;
const LEAST = 0.05;
const MOST = 5;

/** Logistic regression of the label on z (Platt): its slope, and the z at which people and programs are as likely, not below 0. */
export function platt(examples: readonly ScoredExample[]): { slope: number; even: number } {
  let [slope, intercept] = [0.5, 0];
  let loss = lossOf(examples, slope, intercept);
  for (let step = 0; step < STEPS; step++) {
    const [ds, di] = newtonStep(examples, slope, intercept);
    let length = 1;
    let next = lossOf(examples, slope + ds, intercept + di);
    while (next > loss && length > 1e-6) {
      length /= 2;
      next = lossOf(examples, slope + length * ds, intercept + length * di);
    }
    if (!(loss - next > 1e-12)) break;
    slope += length * ds;
    intercept += length * di;
    loss = next;
  }
  return {
    slope: Math.max(LEAST, Math.min(MOST, slope)),
    even: Math.max(0, Math.min(MOST, -intercept / slope) || 0),
  };
}

function newtonStep(examples: readonly ScoredExample[], slope: number, intercept: number): [number, number] {
  let [gs, gi, hss, hsi, hii] = [0, 0, 1e-9, 0, 1e-9];
  for (const { z, human, weight } of examples) {
    const p = 1 / (1 + Math.exp(-(slope * z + intercept)));
    const [g, h] = [weight * (Number(human) - p), weight * p * (1 - p)];
    gs += g * z;
    gi += g;
    hss += h * z * z;
    hsi += h * z;
    hii += h;
  }
  const determinant = hss * hii - hsi * hsi;
  return [(hii * gs - hsi * gi) / determinant, (hss * gi - hsi * gs) / determinant];
}

/** Cross-entropy; finite for any z. */
function lossOf(examples: readonly ScoredExample[], slope: number, intercept: number): number {
  return examples.reduce((sum, { z, human, weight }) => {
    const margin = (human ? 1 : -1) * (slope * z + intercept);
    return sum + weight * (Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin))));
  }, 0);
}
