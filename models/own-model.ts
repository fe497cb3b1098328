import { z } from 'zod';
import { Manifest, ModelEntry } from '../service/inference/models/manifest.ts';
import { findExternalReference } from '../service/inference/models/onnx-file.ts';
import { decodeModel, type ModelProto, type ValueInfoProto } from './onnx/model-proto.ts';

const filledIn = { file: true, sha256: true, origin: true, sources: true } as const;

/**
 * What a customer writes beside their own ONNX file: under `model` a manifest entry without what Gatehouse fills in (file, hashes, origin),
 * and where they have them the scorers and PAD sets that use it.
 */
export const OwnModel = z.strictObject({
  model: ModelEntry.omit(filledIn),
  scorers: Manifest.shape.scorers.default([]),
  padSets: Manifest.shape.padSets.default([]),
});

export type OwnModel = z.infer<typeof OwnModel>;

type OwnEntry = OwnModel['model'];

/** Role -> decoders that know how to read such a model. */
const decoders: Readonly<Record<OwnEntry['role'], readonly OwnEntry['decoder'][]>> = {
  detector: ['blazeface', 'yunet'],
  landmarks: ['facemesh'],
  iris: ['iris'],
  embedder: ['embedding'],
  pad: ['minifasnet'],
};

const outputs: Readonly<Record<OwnEntry['decoder'], readonly string[]>> = {
  blazeface: ['scores', 'boxes'],
  yunet: ['cls', 'obj', 'bbox', 'kps'].flatMap((name) => [8, 16, 32].map((stride) => `${name}_${stride}`)),
  facemesh: ['mesh', 'flag'],
  iris: ['contour'],
  embedding: ['embedding'],
  minifasnet: ['live'],
};

const float32 = 1;

function checkEntry(entry: OwnEntry): string | undefined {
  const known = decoders[entry.role];
  if (!known.includes(entry.decoder))
    return `its role "${entry.role}" needs the decoder ${known.join(' or ')}, not "${entry.decoder}"`;
  const missing = outputs[entry.decoder].filter((name) => entry.outputs[name] === undefined);
  if (missing.length > 0) return `its "outputs" do not say which graph output is ${missing.join(', ')}`;
  if (entry.role === 'embedder' && (entry.alignment === undefined || entry.dimensions === undefined)) {
    return 'an embedder needs "alignment" and "dimensions"';
  }
  if (entry.role === 'pad' && entry.crop === undefined) return 'a PAD model needs "crop"';
  if (entry.input.scale.some((scale) => scale === 0)) return 'its "input.scale" divides by zero';
  return undefined;
}

function checkInput(entry: OwnEntry, input: ValueInfoProto): string | undefined {
  const { elemType, shape } = input.type?.tensorType ?? {};
  const dims = shape?.dim ?? [];
  if (elemType !== float32 || dims.length !== 4)
    return `its input "${input.name}" is not a 4-d float32 tensor`;
  const [width, height] = entry.input.size;
  const expected = entry.input.layout === 'NCHW' ? [3, height, width] : [height, width, 3];
  const free = (axis: number) => dims[axis]?.dimValue === undefined;
  const fits = expected.every((size, i) => free(i + 1) || dims[i + 1]?.dimValue === size);
  if (!fits)
    return `its input is [${dims.map((dim) => dim.dimValue ?? dim.dimParam ?? '?')}], the entry says ${entry.input.layout} [${expected}]`;
  if (entry.input.batch && !free(0)) return 'its batch dimension is fixed, the entry says it is free';
  return undefined;
}

function checkGraph(entry: OwnEntry, { graph, opsetImport }: ModelProto): string | undefined {
  const foreign = opsetImport.filter(
    ({ domain = '' }) => !['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'].includes(domain),
  );
  if (foreign.length > 0) return `it needs operators of ${foreign.map(({ domain }) => domain).join(', ')}`;
  const initialized = new Set(graph.initializer.map(({ name }) => name));
  const inputs = graph.input.filter(({ name }) => !initialized.has(name));
  const input = inputs.find(({ name }) => name === entry.inputName);
  if (input === undefined || inputs.length !== 1) {
    return `its inputs are ${inputs.map(({ name }) => name).join(', ')}, the entry names "${entry.inputName}" alone`;
  }
  const names = graph.output.map(({ name }) => name);
  const absent = Object.values(entry.outputs).filter((name) => !names.includes(name));
  if (absent.length > 0) return `it has no output ${absent.join(', ')}, only ${names.join(', ')}`;
  return checkInput(entry, input);
}

/** Why the file cannot be used as the entry says, in words that follow "because"; nothing where it can. */
export function objectionTo(entry: OwnEntry, onnx: Uint8Array): string | undefined {
  const objection = checkEntry(entry);
  if (objection !== undefined) return objection;
  let model: ModelProto;
  let reference: string | undefined;
  try {
    reference = findExternalReference(onnx);
    model = decodeModel(onnx);
  } catch {
    return 'it is no ONNX file';
  }
  if (reference !== undefined) return `it has ${reference}; save it as one file`;
  return checkGraph(entry, model);
}
