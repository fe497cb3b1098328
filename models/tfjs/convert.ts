import { createGraphBuilder, type Shape } from '../onnx/graph-builder.ts';
import type { GraphModel } from './graph-model.ts';
import { inTensorFlowOrder, operations } from './operations.ts';
import { type Conversion, emitted, type Value } from './value.ts';

/** Which outputs are wanted (the others fall away with the nodes only they need), and what they are called in ONNX. */
export interface ConvertOptions {
  name: string;
  /** ONNX output -> outputs of the TF.js signature; several are put end to end along axis 1. */
  outputs: Readonly<Record<string, readonly string[]>>;
}

/** How many nodes and wanted outputs use a node, for the nodes the outputs need. */
function countUses({ nodes }: GraphModel, outputs: readonly string[]): Map<string, number> {
  const uses = new Map<string, number>();
  const visit = (name: string): void => {
    const known = uses.get(name) ?? 0;
    uses.set(name, known + 1);
    if (known === 0) for (const input of nodes.get(name)?.inputs ?? []) visit(input);
  };
  for (const output of outputs) visit(output);
  return uses;
}

/**
 * A TF.js graph model as ONNX, opset 17. The input is called `image` and is NCHW; outputs keep TensorFlow's order of
 * elements. Throws at any operation, padding or shape that it does not know to convert exactly.
 */
export function convertGraphModel(model: GraphModel, { name, outputs }: ConvertOptions): Uint8Array {
  const graph = createGraphBuilder(name);
  const [source, ...others] = model.inputs;
  if (source?.shape.length !== 4 || others.length > 0) throw new Error(`${name} must have one 4-d input.`);
  const shape: Shape = source.shape.map((size) => (size === -1 ? 'N' : size));
  const [n, h, w, c] = shape;
  const image = emitted(shape, graph.input('image', [n!, c!, h!, w!]));

  const nodeOf = (output: string): string => {
    const node = model.outputs.get(output);
    if (node === undefined)
      throw new Error(`${name} has no output ${output}, only ${[...model.outputs.keys()].join(', ')}.`);
    return node;
  };
  const uses = countUses(model, Object.values(outputs).flat().map(nodeOf));
  const values = new Map<string, Value>([[source.name, image]]);
  const conversion: Conversion = {
    graph,
    model,
    uses: (node) => uses.get(node) ?? 0,
    weight(node) {
      const weight = model.weights.get(node);
      if (weight === undefined) throw new Error(`${node} should be a constant and is computed.`);
      return weight;
    },
    value(nodeName) {
      const known = values.get(nodeName);
      if (known !== undefined) return known;
      const node = model.nodes.get(nodeName);
      const operation = node && operations[node.op];
      if (node === undefined || operation === undefined)
        throw new Error(`The converter does not know ${node?.op ?? 'the node'} "${nodeName}".`);
      const value = operation(conversion, node);
      values.set(nodeName, value);
      return value;
    },
  };

  for (const [output, parts] of Object.entries(outputs)) {
    const made = parts.map((part) => conversion.value(nodeOf(part)));
    const [first] = made;
    if (first === undefined) throw new Error(`The output ${output} of ${name} is made of nothing.`);
    const names = made.map((value) => inTensorFlowOrder(conversion, value));
    const rank = first.shape.length;
    // A 4-d map of one place is given as a vector.
    const rest =
      rank === 4 && first.shape[1] === 1 && first.shape[2] === 1 ? [first.shape[3]!] : first.shape.slice(1);
    const flatten = rest.length < rank - 1;
    if (made.length === 1) graph.node(flatten ? 'Flatten' : 'Identity', names, {}, output);
    else if (flatten) throw new Error(`${name}: maps of one place are not put end to end.`);
    else graph.node('Concat', names, { axis: 1 }, output);
    const rows = made.reduce((sum, value) => sum + (value.shape[1] as number), 0);
    graph.output(output, [first.shape[0]!, ...(made.length === 1 ? rest : [rows, ...rest.slice(1)])]);
  }
  return graph.finish();
}
