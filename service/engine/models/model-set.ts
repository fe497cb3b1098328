import type { Manifest, ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import { defined } from '../../lib/defined.ts';

/** The one that every built-in profile but `phantom` names. */
const DEFAULT_DETECTOR = 'blazeface';

/** Models that are available to verifications. */
export interface ModelSet {
  /** The detector ids that are installed, "blazeface" first. */
  detectors: string[];
  /** Embedder A, and B where its licence doubt was accepted. */
  embedders: string[];
  /** The embedder of the galleries: the first scorer's. Absent when none is usable. */
  primary?: string;
  /** "a", and "fused" where every term's model is enabled; the best last. */
  scorers: ScorerEntry[];
  /** PAD sets whose every model is usable, in the manifest's order; the first is used where a profile names none. */
  padSets: PadSetEntry[];
  /** SHA-256 of every usable model's file, by id. */
  files: Record<string, string>;
  /** Installed, but switched off (“gatehouse models enable” makes them usable). */
  off: {
    detectors: string[];
    /** PAD sets whose every model is installed, with those of their models that are off. */
    padSets: { id: string; models: string[] }[];
  };
}

/** The usable part of the manifest: fewer terms first among scorers, the manifest's order otherwise. */
export function modelSetOf(manifest: Manifest, isEnabled: (entry: ModelEntry) => boolean): ModelSet {
  const usable = new Map(manifest.models.filter(isEnabled).map((entry) => [entry.id, entry]));
  const idsOf = (role: ModelEntry['role']) =>
    [...usable.values()].filter((one) => one.role === role).map(({ id }) => id);
  const scorers = manifest.scorers
    .filter(({ terms }) => terms.every(({ model }) => usable.get(model)?.role === 'embedder'))
    .toSorted((a, b) => a.terms.length - b.terms.length);
  const primary = scorers[0]?.terms[0]?.model;
  const padSets = manifest.padSets.filter(({ models }) =>
    models.every((model) => usable.get(model)?.role === 'pad'),
  );
  return {
    detectors: idsOf('detector').toSorted(
      (a, b) => Number(b === DEFAULT_DETECTOR) - Number(a === DEFAULT_DETECTOR),
    ),
    embedders: idsOf('embedder'),
    ...defined({ primary }),
    scorers,
    padSets,
    files: Object.fromEntries([...usable.values()].map(({ id, sha256 }) => [id, sha256])),
    off: {
      detectors: manifest.models
        .filter(({ role, id }) => role === 'detector' && !usable.has(id))
        .map(({ id }) => id),
      padSets: manifest.padSets
        .filter(({ models }) =>
          models.every((id) => manifest.models.some((one) => one.role === 'pad' && one.id === id)),
        )
        .map(({ id, models }) => ({ id, models: models.filter((model) => !usable.has(model)) }))
        .filter(({ models }) => models.length > 0),
    },
  };
}

/** What every verification needs; undefined when `set` has it all. */
export function missingFrom(set: ModelSet, manifest: Manifest): string | undefined {
  if (!set.detectors.includes(DEFAULT_DETECTOR))
    return `the detector ${DEFAULT_DETECTOR}, which the profile default names,`;
  if (set.primary === undefined) return 'the embedding model that the galleries rest on';
  for (const role of ['landmarks', 'iris'] as const) {
    if (!manifest.models.some((entry) => entry.role === role && set.files[entry.id]))
      return `the ${role} model`;
  }
  return undefined;
}
