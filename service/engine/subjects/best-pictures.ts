/** Pictures of a person that their gallery row is the mean of, at most: what the shipped calibration tables are measured with. */
const AVERAGED = 4;

interface Picture {
  id: string;
  quality: number;
  createdAt: number;
  anchor: boolean;
}

/** Anchors first, because what keys enrolled must not drive them out of the mean; then by quality, then the newer. */
export const bestFirst = (a: Picture, b: Picture): number =>
  Number(b.anchor) - Number(a.anchor) ||
  b.quality - a.quality ||
  b.createdAt - a.createdAt ||
  (a.id < b.id ? 1 : -1);

/** The vectors whose mean is the person's row in the gallery, which only selects candidates. */
export const averagedVectors = (pictures: readonly (Picture & { vector: Float32Array })[]): Float32Array[] =>
  pictures
    .toSorted(bestFirst)
    .slice(0, AVERAGED)
    .map(({ vector }) => vector);
