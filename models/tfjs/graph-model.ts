import { readWeights, type Weight, type WeightSpec } from './weights.ts';

/** Attributes with their wrappings taken off: strings decoded, integers as numbers. */
export type NodeAttributes = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[]>
>;

export interface GraphNode {
  name: string;
  op: string;
  /** Names of nodes; control inputs and the `:0` are gone. */
  inputs: readonly string[];
  attributes: NodeAttributes;
}

export interface GraphModel {
  nodes: ReadonlyMap<string, GraphNode>;
  weights: ReadonlyMap<string, Weight>;
  /** -1 is a free dimension. */
  inputs: readonly { name: string; shape: readonly number[] }[];
  /** Output name as the signature says it -> node that makes it. */
  outputs: ReadonlyMap<string, string>;
}

interface RawAttribute {
  s?: string;
  i?: string | number;
  f?: number;
  b?: boolean;
  list?: { s?: string[]; i?: (string | number)[]; f?: number[] };
}

interface RawSignature {
  inputs: Record<string, { name: string; tensorShape: { dim: { size: string }[] } }>;
  outputs: Record<string, { name: string }>;
}

interface RawModel {
  format: string;
  signature?: RawSignature;
  userDefinedMetadata?: { signature?: RawSignature };
  modelTopology: {
    node: { name: string; op: string; input?: string[]; attr?: Record<string, RawAttribute> }[];
  };
  weightsManifest: { paths: string[]; weights: WeightSpec[] }[];
}

const text = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');

/** The node behind `name:0`. */
const nodeName = (tensor: string) => tensor.replace(/:0$/, '');

function plain({ s, i, f, b, list }: RawAttribute): NodeAttributes[string] | undefined {
  if (list !== undefined) return list.s?.map(text) ?? list.i?.map(Number) ?? list.f ?? [];
  if (s !== undefined) return text(s);
  if (i !== undefined) return Number(i);
  return f ?? b;
}

/** Reads a TF.js graph model. `shards` are the files of its weights manifest, put end to end. */
export function readGraphModel(modelJson: Uint8Array, shards: Uint8Array): GraphModel {
  const raw = JSON.parse(new TextDecoder().decode(modelJson)) as RawModel;
  if (raw.format !== 'graph-model') throw new Error(`The file is a ${raw.format}, not a TF.js graph model.`);
  const signature = raw.signature ?? raw.userDefinedMetadata?.signature;
  if (signature === undefined) throw new Error('The graph model has no signature.');

  const nodes = new Map<string, GraphNode>();
  for (const { name, op, input = [], attr = {} } of raw.modelTopology.node) {
    const attributes: Record<string, NodeAttributes[string]> = {};
    for (const [key, value] of Object.entries(attr)) {
      const known = plain(value);
      if (known !== undefined) attributes[key] = known;
    }
    const inputs = input.filter((tensor) => !tensor.startsWith('^')).map(nodeName);
    nodes.set(name, { name, op, inputs, attributes });
  }
  return {
    nodes,
    weights: readWeights(
      raw.weightsManifest.flatMap((group) => group.weights),
      shards,
    ),
    inputs: Object.values(signature.inputs).map(({ name, tensorShape }) => ({
      name: nodeName(name),
      shape: tensorShape.dim.map(({ size }) => Number(size)),
    })),
    outputs: new Map(Object.entries(signature.outputs).map(([key, { name }]) => [key, nodeName(name)])),
  };
}
