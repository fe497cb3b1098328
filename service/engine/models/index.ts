import type { InstalledModel } from '../../inference/face.ts';
import type { ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/manifest.ts';
import type { Actor } from '../audit/index.ts';

/** What a verification may use right now. */
export interface ModelSet {
  /** The detector ids that are installed, "blazeface" first. */
  detectors: string[];
  /** Embedder A, and B where its licence doubt was accepted. */
  embedders: string[];
  /** "a", and "fused" where every term's model is enabled; the best last. */
  scorers: ScorerEntry[];
  pad?: PadSetEntry;
}

export interface ModelReport extends InstalledModel {
  acceptedBy?: string;
  acceptedAt?: number;
}

export interface Models {
  current(): ModelSet;
  list(): Promise<ModelReport[]>;
  /** Hashes every file again. */
  verify(): Promise<{ id: string; file: string; ok: boolean; expected: string; found?: string }[]>;
  /** Refuses bytes whose hash is neither pinned by our manifest nor given in `entry` (a customer's own model). */
  import(input: { onnx: Uint8Array; entry: ModelEntry }, actor: Actor): Promise<ModelReport>;
  /** Throws LICENCE_NOT_ACCEPTED for a doubtful licence without `acceptLicenceDoubt`. */
  enable(id: string, input: { acceptLicenceDoubt: boolean }, actor: Actor): Promise<ModelReport>;
  disable(id: string, actor: Actor): Promise<ModelReport>;
  remove(id: string, actor: Actor): Promise<void>;
}
