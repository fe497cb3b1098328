import { z } from 'zod';
import type { Manifest, ModelEntry, PadSetEntry, ScorerEntry } from '../service/inference/models/manifest.ts';
import { Problem } from '../service/lib/problem.ts';
import { OwnModel, objectionTo } from './own-model.ts';
import { recipes } from './recipes.ts';
import { sha256 } from './sha256.ts';
import { tryModel } from './try-model.ts';

export interface ImportFile {
  /** As the administrator named it; only for messages. */
  name: string;
  bytes: Uint8Array;
  /** The parsed JSON beside the customer's own model (see `OwnModel`). */
  entry?: unknown;
}

/** What goes into `DATA/models/`: the ONNX file under `entry.file`, the rest into its manifest. */
export interface ImportedModel {
  onnx: Uint8Array;
  entry: ModelEntry;
  /** Only with a customer's own model. */
  scorers: readonly ScorerEntry[];
  padSets: readonly PadSetEntry[];
}

/** torch's two formats: a pickle of protocol 2, or a zip of pickles. */
const isPickle = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x80 && bytes[1] === 2) || (bytes[0] === 0x50 && bytes[1] === 0x4b);

const refuse = (message: string, cause?: unknown): never => {
  throw new Problem('INVALID_REQUEST', message, cause === undefined ? {} : { cause });
};

/** The ONNX bytes of a file whose hash the manifest knows. */
function convertKnown(bytes: Uint8Array, entry: ModelEntry): Uint8Array {
  const recipe = recipes[entry.id];
  if (recipe === undefined) throw new Error(`No recipe converts the model ${entry.id}.`);
  const onnx = recipe([bytes]);
  const found = sha256(onnx);
  if (found !== entry.sha256) {
    throw new Error(`${entry.id} came out with SHA-256 ${found}, the manifest pins ${entry.sha256}.`);
  }
  return onnx;
}

function readOwn({ name, bytes, entry: raw }: ImportFile, manifest: Manifest): ImportedModel {
  const hash = sha256(bytes);
  const parsed = OwnModel.safeParse(raw);
  if (!parsed.success)
    return refuse(`The manifest entry of ${name} is not valid: ${z.prettifyError(parsed.error)}`);
  const { model, scorers, padSets } = parsed.data;
  const known = new Set([...manifest.models, ...(manifest.importable ?? [])].map(({ id }) => id));
  if (known.has(model.id)) {
    return refuse(`The id "${model.id}" belongs to a model of Gatehouse; give ${name} another id.`);
  }
  const objection = objectionTo(model, bytes);
  if (objection !== undefined)
    return refuse(`${name} cannot be used as its manifest entry says, because ${objection}.`);
  const used = [
    ...scorers.flatMap(({ terms }) => terms.map((term) => term.model)),
    ...padSets.flatMap((set) => set.models),
  ];
  const strangers = used.filter((id) => id !== model.id && !known.has(id));
  if (strangers.length > 0) {
    return refuse(`The scorers or PAD sets beside ${name} use ${strangers.join(', ')}, which are unknown.`);
  }
  return {
    onnx: bytes,
    entry: {
      ...model,
      origin: 'imported',
      file: `${model.id}.onnx`,
      sha256: hash,
      sources: [{ file: name, sha256: hash }],
    },
    scorers,
    padSets,
  };
}

/**
 * Turns a file given by an administrator into an ONNX model and its manifest entry: the two MiniFASNet weight files and YuNet by their
 * SHA-256, or a customer's own ONNX file with an entry. Nothing of a file runs before its hash or its entry is accepted; then the model is
 * tried once. Throws Problem INVALID_REQUEST with what to do.
 */
export async function readImport(file: ImportFile, manifest: Manifest): Promise<ImportedModel> {
  const { name, bytes } = file;
  const hash = sha256(bytes);
  const importable = manifest.importable ?? [];
  const known = importable.find(({ sources }) => sources.some((source) => source.sha256 === hash));
  let model: ImportedModel;
  if (known !== undefined) {
    model = { onnx: convertKnown(bytes, known), entry: known, scorers: [], padSets: [] };
  } else if (isPickle(bytes)) {
    const weights = importable.flatMap(({ sources }) =>
      sources.filter((source) => source.file.endsWith('.pth')),
    );
    const list = weights
      .map((source) => `${source.file} (SHA-256 ${source.sha256}, from ${source.url})`)
      .join('; ');
    model = refuse(
      `${name} holds torch weights with SHA-256 ${hash}, which are not known: they were changed or are other weights. ` +
        `Fetch the original file and try again: ${list}. Other models are imported as ONNX.`,
    );
  } else if (file.entry === undefined) {
    const list = importable.flatMap(({ sources }) => sources.map((source) => source.file)).join(', ');
    model = refuse(
      `${name} has SHA-256 ${hash}, which is not known. Known by their hash are ${list}; ` +
        'for an ONNX model of your own put its manifest entry beside it as a JSON file of the same name.',
    );
  } else {
    model = readOwn(file, manifest);
  }
  try {
    await tryModel(model.onnx, model.entry);
  } catch (cause) {
    refuse(
      `${name} does not run in the role "${model.entry.role}": ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
  return model;
}
