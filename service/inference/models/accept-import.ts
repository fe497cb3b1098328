import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import { Manifest, ModelEntry, type PadSetEntry, type ScorerEntry } from './manifest.ts';
import { findExternalReference, looksLikeOnnx } from './onnx-file.ts';

/** What a customer's own model may bring along. */
export interface OwnSets {
  scorers: readonly ScorerEntry[];
  padSets: readonly PadSetEntry[];
}

const ownSets = Manifest.pick({ scorers: true, padSets: true });

/** The entry to keep, under a file name of its own. Throws Problem INVALID_REQUEST, or CONFLICT for an id that is built in. */
export function acceptImport(
  entry: ModelEntry,
  onnx: Uint8Array,
  sets: OwnSets,
  builtIn: Manifest,
): ModelEntry {
  const parsed = requireValid(ModelEntry.safeParse(entry), 'The manifest entry of the model is not valid.');
  if (parsed.origin !== 'imported') {
    throw new Problem(
      'INVALID_REQUEST',
      'The manifest entry of an imported model must have the origin "imported".',
    );
  }
  if (builtIn.models.some(({ id }) => id === entry.id)) {
    throw new Problem('CONFLICT', `"${entry.id}" is a built-in model; give the imported one another id.`);
  }
  requireValid(ownSets.safeParse(sets), 'The scorers or PAD sets of the model are not valid.');
  const taken = [...builtIn.scorers, ...builtIn.padSets].map(({ id }) => id);
  const clash = [...sets.scorers, ...sets.padSets].find(({ id }) => taken.includes(id));
  if (clash) {
    throw new Problem(
      'CONFLICT',
      `"${clash.id}" is a built-in scorer or PAD set; give the imported one another id.`,
    );
  }
  if (!looksLikeOnnx(onnx))
    throw new Problem('INVALID_REQUEST', `The file for "${entry.id}" is not an ONNX model.`);
  refuseExternalReference(entry.id, onnx);
  const found = createHash('sha256').update(onnx).digest('hex');
  if (found !== entry.sha256) {
    throw new Problem(
      'INVALID_REQUEST',
      `The file for "${entry.id}" differs from its manifest entry: expected SHA-256 ${entry.sha256}, found ${found}.`,
    );
  }
  // A name of its own for every content: replacing a model never leaves a file that its entry does not match.
  return { ...parsed, file: `${entry.id}-${found.slice(0, 12)}.onnx` };
}

function requireValid<T>(parsed: z.ZodSafeParseResult<T>, sentence: string): T {
  if (parsed.success) return parsed.data;
  throw new Problem('INVALID_REQUEST', sentence, {
    details: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  });
}

/** Bytes that `acceptImport` takes. */
export function isWholeModel(id: string, onnx: Uint8Array): boolean {
  try {
    refuseExternalReference(id, onnx);
    return looksLikeOnnx(onnx);
  } catch {
    return false;
  }
}

/** The runtime would read what the file names: any file that the service may read. */
function refuseExternalReference(id: string, onnx: Uint8Array): void {
  let found: string | undefined;
  try {
    found = findExternalReference(onnx);
  } catch (cause) {
    throw new Problem('INVALID_REQUEST', `The file for "${id}" is not an ONNX model.`, { cause });
  }
  if (found !== undefined) {
    throw new Problem(
      'INVALID_REQUEST',
      `The file for "${id}" has ${found}. A model is one file here: save it again with everything inside (onnx.save_model without external data).`,
    );
  }
}
