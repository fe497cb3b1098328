import { posix } from 'node:path';
import { z } from 'zod';
import type { Manifest, ModelEntry, PadSetEntry, ScorerEntry } from '../service/inference/models/manifest.ts';
import { Problem } from '../service/lib/problem.ts';
import { integrityOf, readFromTarball } from './npm/tarball.ts';
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

/**
 * What goes into `DATA/models/`: the ONNX file under `entry.file`, the rest into its manifest. Nothing of a model that comes with Gatehouse
 * (`entry.origin` is "built"): `onnx` is empty.
 */
export interface ImportedModel {
  onnx: Uint8Array;
  entry: ModelEntry;
  /** Only with a customer's own model. */
  scorers: readonly ScorerEntry[];
  padSets: readonly PadSetEntry[];
}

const startsWith = (bytes: Uint8Array, ...expected: readonly number[]): boolean =>
  expected.every((byte, i) => bytes[i] === byte);

/** Formats of weights that are taken by their hash alone, never with an entry of a customer. */
const formats: readonly { name: string; suffix: string; has(bytes: Uint8Array): boolean }[] = [
  {
    name: 'torch weights',
    suffix: '.pth',
    // A pickle of protocol 2, or a zip of pickles.
    has: (bytes) => startsWith(bytes, 0x80, 2) || startsWith(bytes, 0x50, 0x4b),
  },
  {
    name: 'TFLite weights',
    suffix: '.tflite',
    has: (bytes) => startsWith(bytes.subarray(4), 0x54, 0x46, 0x4c, 0x33),
  },
];

const isGzip = (bytes: Uint8Array): boolean => startsWith(bytes, 0x1f, 0x8b);

type Source = ModelEntry['sources'][number];

/** What an administrator calls the file, wherever it lies in its package. */
const nameOf = ({ file }: Source): string => posix.basename(file);

const placeOf = ({ url, package: spec }: Source): string => url ?? `the npm package ${spec}`;

const isMadeFrom =
  (hash: string) =>
  ({ sources }: ModelEntry): boolean =>
    sources.some((source) => source.sha256 === hash);

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
    ...padSets.flatMap((set) => set.models.map(({ model }) => model)),
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

/** The weights in a package of npm that a source names by its integrity; other bytes as they are. */
function unwrap(bytes: Uint8Array, importable: readonly ModelEntry[]): Uint8Array {
  if (!isGzip(bytes)) return bytes;
  const integrity = integrityOf(bytes);
  const source = importable.flatMap(({ sources }) => sources).find((one) => one.integrity === integrity);
  return source === undefined ? bytes : readFromTarball(bytes, { integrity, file: source.file });
}

/**
 * Turns a file given by an administrator into an ONNX model and its manifest entry: YuNet and MobileFaceNet by their SHA-256, MobileFaceNet
 * also in its package of npm, or a customer's own ONNX file with an entry; of a source file of a model that comes with Gatehouse, its entry
 * alone. Nothing of a file runs before its hash or its entry is accepted; then the model is tried once. Throws Problem INVALID_REQUEST with
 * what to do.
 */
export async function readImport(file: ImportFile, manifest: Manifest): Promise<ImportedModel> {
  const { name } = file;
  const importable = manifest.importable ?? [];
  const bytes = unwrap(file.bytes, importable);
  const hash = sha256(bytes);
  const own = manifest.models.find((entry) => entry.sha256 === hash || isMadeFrom(hash)(entry));
  if (own !== undefined) return { onnx: new Uint8Array(), entry: own, scorers: [], padSets: [] };
  const known = importable.find(isMadeFrom(hash));
  const format = formats.find(({ has }) => has(bytes));
  const sources = importable.flatMap((entry) => entry.sources);
  let model: ImportedModel;
  if (known !== undefined) {
    model = { onnx: convertKnown(bytes, known), entry: known, scorers: [], padSets: [] };
  } else if (format !== undefined) {
    const list = sources
      .filter((source) => source.file.endsWith(format.suffix))
      .map((source) => `${nameOf(source)} (SHA-256 ${source.sha256}, from ${placeOf(source)})`)
      .join('; ');
    model = refuse(
      `${name} holds ${format.name} with SHA-256 ${hash}, which are not known: they were changed or are other weights. ` +
        `${list === '' ? '' : `Fetch the original file and try again: ${list}. `}Other models are imported as ONNX.`,
    );
  } else if (file.entry === undefined) {
    const list = sources.map(nameOf).join(', ');
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
