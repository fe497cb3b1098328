/** Exact 1:N search (types). One flat matrix per organization, world and embedder; rows are unit vectors. */

/** Which matrix: `organization/world/embedder`. */
export type GalleryName = string;

export interface GalleryCandidate {
  /** The template's id, as added. */
  template: string;
  /** Cosine, -1..1. */
  similarity: number;
}

export interface Galleries {
  /** Adds or replaces; visible to the next search. `vector` has unit length. */
  put(gallery: GalleryName, template: string, vector: Float32Array): void;
  /** Zeroes the row at once. Unknown ids are ignored. */
  erase(gallery: GalleryName, template: string): void;
  /** The `count` nearest rows, best first. Runs in a worker: the event loop is not blocked. */
  search(gallery: GalleryName, probe: Float32Array, count: number): Promise<GalleryCandidate[]>;
  size(gallery: GalleryName): number;
}
