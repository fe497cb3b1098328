import { Problem } from '../../../lib/problem.ts';
import type { StoredTemplate, TemplateRow } from './loaded-templates-store.ts';

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

type Kept = Pick<
  TemplateRow,
  'id' | 'enrollment' | 'embedder' | 'embedder_sha256' | 'quality' | 'created_at' | 'anchor'
>;

/** The embeddings of an enrollment by embedder id, unit length. */
export type Vectors = Readonly<Record<string, Float32Array>>;

interface Candidate {
  id: string;
  templates: readonly Kept[];
  usable: boolean;
  anchor: boolean;
  quality: number;
  at: number;
}

/**
 * The templates of the enrollments to drop, so that `most` are left. Anchors are never dropped. Of the others those go first
 * that older model files made, then the one least like all that stay (the most mutually consistent set is kept), one after the
 * other; of equals the worse picture, then the older. `vectors` are those of the enrollments of the present model files.
 */
export function surplusOf(
  rows: readonly Kept[],
  files: Readonly<Record<string, string>>,
  most: number,
  vectors: ReadonlyMap<string, Vectors>,
): string[] {
  const left = toCandidates(rows, files);
  const dropped: Candidate[] = [];
  while (left.length > most) {
    const likeness = new Map(left.map((one) => [one.id, likenessOf(one.id, left, vectors)]));
    const [worst] = left
      .filter(({ anchor }) => !anchor)
      .toSorted(
        (a, b) =>
          Number(a.usable) - Number(b.usable) ||
          likeness.get(a.id)! - likeness.get(b.id)! ||
          a.quality - b.quality ||
          a.at - b.at ||
          (a.id < b.id ? -1 : 1),
      );
    if (worst === undefined) break;
    left.splice(left.indexOf(worst), 1);
    dropped.push(worst);
  }
  return dropped.flatMap(({ templates }) => templates.map(({ id }) => id));
}

/** Anchors are never dropped, so there may be no more of them than pictures are kept. Throws CONFLICT. */
export function refuseMoreAnchors(
  rows: readonly Pick<TemplateRow, 'enrollment' | 'anchor'>[],
  most: number,
): void {
  const anchors = new Set(rows.flatMap(({ enrollment, anchor }) => (anchor === 1 ? [enrollment] : [])));
  if (anchors.size <= most) return;
  throw new Problem(
    'CONFLICT',
    `The person has ${most} confirmed pictures, the most there may be: withdraw the confirmation of one with “gatehouse subject confirm --withdraw”.`,
  );
}

function toCandidates(rows: readonly Kept[], files: Readonly<Record<string, string>>): Candidate[] {
  return [...Map.groupBy(rows, ({ enrollment }) => enrollment)].map(([id, templates]) => ({
    id,
    templates,
    usable: templates.some((row) => files[row.embedder] === row.embedder_sha256),
    anchor: templates.some(({ anchor }) => anchor === 1),
    quality: templates[0]!.quality,
    at: templates[0]!.created_at,
  }));
}

/** Sum of the cosines with all others, the mean over the embedders that two have in common. */
function likenessOf(id: string, all: readonly Candidate[], vectors: ReadonlyMap<string, Vectors>): number {
  const own = vectors.get(id);
  if (own === undefined) return 0;
  return all.reduce((sum, other) => {
    const theirs = other.id === id ? undefined : vectors.get(other.id);
    return sum + (theirs === undefined ? 0 : cosineOf(own, theirs));
  }, 0);
}

function cosineOf(a: Vectors, b: Vectors): number {
  const cosines = Object.entries(a).flatMap(([embedder, left]) => {
    const right = b[embedder];
    return right === undefined ? [] : [left.reduce((sum, value, i) => sum + value * right[i]!, 0)];
  });
  return cosines.reduce((sum, value) => sum + value, 0) / Math.max(1, cosines.length);
}

/** By enrollment. */
export function vectorsOf(templates: readonly StoredTemplate[]): Map<string, Vectors> {
  return new Map(
    [...Map.groupBy(templates, ({ enrollment }) => enrollment)].map(([enrollment, rows]) => [
      enrollment,
      Object.fromEntries(rows.map(({ embedder, vector }) => [embedder, vector])),
    ]),
  );
}
