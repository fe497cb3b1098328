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

/** What a person's row in the gallery of one embedder is the mean of. */
export interface GalleryVectors {
  embedder: string;
  vectors: Float32Array[];
  /** Whether a confirmed picture is among them. */
  anchored: boolean;
}

/** The vectors whose means are the person's rows in the galleries, which only select candidates. */
export const galleryVectors = (
  pictures: readonly (Picture & { embedder: string; vector: Float32Array })[],
): GalleryVectors[] =>
  [...Map.groupBy(pictures, ({ embedder }) => embedder)].map(([embedder, own]) => ({
    embedder,
    anchored: own.some(({ anchor }) => anchor),
    vectors: own
      .toSorted(bestFirst)
      .slice(0, AVERAGED)
      .map(({ vector }) => vector),
  }));
