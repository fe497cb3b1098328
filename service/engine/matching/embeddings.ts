/** Unit vectors of one picture by embedder id. */
export type Embeddings = Record<string, Float32Array>;
