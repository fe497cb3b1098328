import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readImport } from '../../models/import-weights.ts';
import type { PadSetEntry } from '../../service/inference/models/manifest.ts';
import type { ModelLibrary } from '../../service/inference/models/model-library.ts';

/** The entry beside a net of one's own: `acme.json` beside `acme.onnx`. */
export const entryFileOf = (file: string): string => file.replace(/\.onnx$/, '.json');

/**
 * Adds a net of one's own to the library, as `models import` does, and the PAD set `set`: the set `to` with the net. Until it is measured it has
 * the thresholds of `to`. Throws Error for an unknown set, Problem INVALID_REQUEST as an import.
 */
export async function addNet(
  library: Pick<ModelLibrary, 'manifest' | 'add'>,
  { file, weight, to, set }: { file: string; weight: number; to: string; set: string },
): Promise<void> {
  const manifest = library.manifest();
  const without = manifest.padSets.find(({ id }) => id === to);
  if (!without) throw new Error(`The manifest has no PAD set "${to}".`);
  const { model } = JSON.parse(readFileSync(entryFileOf(file), 'utf8')) as { model: unknown };
  const given = { name: basename(file), bytes: readFileSync(file), entry: { model } };
  const { entry, onnx } = await readImport(given, manifest);
  const more: PadSetEntry = {
    ...without,
    id: set,
    name: `${without.name}, and ${weight} of ${entry.name}`,
    models: [...without.models, { model: entry.id, weight }],
    maturity: 'experimental',
    accuracy: [],
  };
  await library.add(entry, onnx, { scorers: [], padSets: [more] });
}
