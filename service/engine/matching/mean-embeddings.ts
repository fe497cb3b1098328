import type { ScorerEntry } from '../../inference/models/manifest.ts';
import { meanDirection } from '../../lib/mean-direction.ts';
import type { Embeddings } from './embeddings.ts';

/** The mean direction of several pictures, for each model of the scorer; every picture has them all. */
export function meanEmbeddings({ terms }: ScorerEntry, pictures: readonly Embeddings[]): Embeddings {
  return Object.fromEntries(
    terms.map(({ model }) => [model, meanDirection(pictures.map((embeddings) => embeddings[model]!))]),
  );
}
