import { createGraphBuilder, type GraphBuilder } from '../onnx/graph-builder.ts';
import { type Graph, type Layer, limitUse, readIr, wholeNumber } from './read-ir.ts';

/** A value of the graph under conversion: a constant's numbers, or the name of what a node makes. */
type Value = { is: 'constant'; shape: readonly number[]; data: Float16Array } | { is: 'node'; name: string };

interface Conversion {
  builder: GraphBuilder;
  graph: Graph;
  values: Map<string, Value>;
  /** Stores numbers of the IR and returns their name. Throws Error where all calls together store far more than the file holds. */
  store(shape: readonly number[], numbers: Float16Array): string;
  /** Convolutions that an addition of a constant has taken in as bias. */
  folded: ReadonlyMap<string, string>;
}

/**
 * An IR of OpenVINO as ONNX: input `image` [N, …] as the IR's parameter, output `embedding` [N, …], flattened. The first dimension becomes
 * free. Numbers stay FP16 in the file. Throws Error for an IR that cannot be read, and for an operation that is not known.
 */
export function convertIr(name: string, xml: Uint8Array, weights: Uint8Array): Uint8Array {
  const graph = readIr(xml, weights);
  const builder = createGraphBuilder(name);
  const spend = limitUse(weights);
  const store = (shape: readonly number[], numbers: Float16Array) => {
    spend(numbers.byteLength);
    return builder.half(shape, numbers);
  };
  const conversion: Conversion = { builder, graph, values: new Map(), store, folded: biasesOf(graph) };
  const count = (type: string) => graph.layers.filter((layer) => layer.type === type).length;
  if (count('Parameter') !== 1 || count('Result') !== 1)
    throw new Error('The graph does not have one input and one output.');
  for (const layer of graph.layers) emit(conversion, layer);
  return builder.finish();
}

/** Convolution -> the addition of one number per channel behind it, where nothing else takes the convolution. */
function biasesOf({ layers }: Graph): Map<string, string> {
  const byId = new Map(layers.map((layer) => [layer.id, layer]));
  const takers = Map.groupBy(
    layers.flatMap(({ id, inputs }) => inputs.map((input) => ({ id, input }))),
    ({ input }) => input,
  );
  const folded = new Map<string, string>();
  for (const layer of layers) {
    const [convolution, bias] = layer.inputs.map((id) => byId.get(id));
    const isBias = bias?.type === 'Convert' && isPerChannel(bias.shape, layer.shape[1]);
    if (layer.type !== 'Add' || !convolution || !isBias) continue;
    const isConvolution = convolution.type.endsWith('Convolution');
    if (isConvolution && takers.get(convolution.id)?.length === 1) folded.set(convolution.id, bias.id);
  }
  return folded;
}

const isPerChannel = (shape: readonly number[], channels: number | undefined): boolean =>
  shape.length === 4 && shape[1] === channels && shape.every((size, axis) => axis === 1 || size === 1);

function emit(conversion: Conversion, layer: Layer): void {
  const { builder, values, graph, folded } = conversion;
  const operation = Object.hasOwn(operations, layer.type) ? operations[layer.type] : undefined;
  if (!operation) throw new Error(`The operation ${layer.type} of the layer ${layer.id} is not known.`);
  const [arity, make] = operation;
  if (layer.inputs.length !== arity)
    throw new Error(`The layer ${layer.id} (${layer.type}) has ${layer.inputs.length} inputs, not ${arity}.`);
  const data = graph.constants.get(layer.id);
  if (data) values.set(layer.id, { is: 'constant', shape: layer.shape, data });
  else if (layer.type === 'Convert') values.set(layer.id, values.get(layer.inputs[0]!)!);
  else if (layer.type === 'Add' && folded.has(layer.inputs[0]!))
    values.set(layer.id, values.get(layer.inputs[0]!)!);
  else values.set(layer.id, { is: 'node', name: make(conversion, layer) });
  if (layer.type === 'Result') builder.output('embedding', ['N', channelsOf(conversion, layer)]);
}

type Make = (conversion: Conversion, layer: Layer) => string;

const emitsNothing: Make = () => {
  throw new Error('A constant of the graph is used as no constant is.');
};

/** Operation -> number of inputs, and what it becomes. */
const operations: Readonly<Record<string, readonly [number, Make]>> = {
  Parameter: [0, ({ builder }, { shape }) => builder.input('image', ['N', ...shape.slice(1)])],
  Const: [0, emitsNothing],
  Convert: [1, emitsNothing],
  Multiply: [2, binary('Mul')],
  Add: [2, binary('Add')],
  Convolution: [2, convolution],
  GroupConvolution: [2, convolution],
  PReLU: [2, prelu],
  AvgPool: [1, averagePool],
  Sigmoid: [1, (conversion, layer) => conversion.builder.node('Sigmoid', inputsOf(conversion, layer))],
  Result: [
    1,
    (conversion, layer) =>
      conversion.builder.node('Flatten', inputsOf(conversion, layer), { axis: 1 }, 'embedding'),
  ],
};

function binary(opType: string): Make {
  return (conversion, layer) => conversion.builder.node(opType, inputsOf(conversion, layer));
}

function convolution(
  { builder, values, graph, folded, store }: Conversion,
  { id, type, inputs, data }: Layer,
): string {
  const from = values.get(inputs[0]!)!;
  const kernel = values.get(inputs[1]!)!;
  if (from.is !== 'node' || kernel.is !== 'constant' || !(data.auto_pad === 'explicit'))
    throw new Error(`The layer ${id} (${type}) is no convolution with fixed kernel and padding.`);
  const isGrouped = type === 'GroupConvolution';
  const group = isGrouped ? kernel.shape[0]! : 1;
  const [outputs, ...rest] = isGrouped ? kernel.shape.slice(1) : kernel.shape;
  if (kernel.shape.length !== (isGrouped ? 5 : 4))
    throw new Error(`The kernel of the layer ${id} has ${kernel.shape.length} dimensions.`);
  const bias = folded.get(id);
  // Its constant may lie behind the convolution in the order of the graph.
  const source = bias === undefined ? undefined : graph.layers.find((layer) => layer.id === bias)!.inputs[0]!;
  const numbers = source === undefined ? undefined : graph.constants.get(source);
  if (bias !== undefined && numbers?.length !== group * outputs!)
    throw new Error(`The bias of the layer ${id} is not one fixed number for each of its channels.`);
  return builder.node(
    'Conv',
    [
      from.name,
      store([group * outputs!, ...rest], kernel.data),
      ...(numbers ? [store([numbers.length], numbers)] : []),
    ],
    {
      group,
      kernel_shape: rest.slice(1),
      pads: [...pair(data.pads_begin), ...pair(data.pads_end)],
      strides: pair(data.strides),
      dilations: pair(data.dilations),
    },
  );
}

/** One slope for all channels is a leaky ReLU, which ONNX Runtime fuses into the convolution before it. */
function prelu({ builder, values }: Conversion, { id, inputs }: Layer): string {
  const from = values.get(inputs[0]!)!;
  const slopes = values.get(inputs[1]!)!;
  if (from.is !== 'node' || slopes.is !== 'constant' || slopes.data.length !== 1)
    throw new Error(`The layer ${id} (PReLU) does not have one slope.`);
  return builder.node('LeakyRelu', [from.name], { alpha: { float: slopes.data[0]! } });
}

/** Over the whole plane alone. */
function averagePool(conversion: Conversion, layer: Layer): string {
  const { graph } = conversion;
  const { shape } = graph.layers.find(({ id }) => id === layer.inputs[0])!;
  const isWhole = pair(layer.data.kernel).every((size, axis) => size === shape[axis + 2]);
  const pads = [...pair(layer.data.pads_begin), ...pair(layer.data.pads_end)];
  if (!isWhole || pads.some((pad) => pad !== 0))
    throw new Error(`The layer ${layer.id} (AvgPool) does not average whole planes.`);
  return conversion.builder.node('GlobalAveragePool', inputsOf(conversion, layer));
}

/** Names of what the layer takes; constants are stored. */
function inputsOf({ values, store }: Conversion, { id, inputs }: Layer): string[] {
  return inputs.map((input) => {
    const value = values.get(input);
    if (!value) throw new Error(`The layer ${id} takes ${input}, which makes nothing.`);
    return value.is === 'node' ? value.name : store(value.shape, value.data);
  });
}

const channelsOf = ({ graph }: Conversion, { inputs }: Layer): number =>
  graph.layers
    .find(({ id }) => id === inputs[0])!
    .shape.slice(1)
    .reduce((product, size) => product * size, 1);

function pair(text = ''): [number, number] {
  const [first, second, ...more] = text.split(',').map((part) => wholeNumber(part.trim()));
  if (first === undefined || second === undefined || more.length > 0)
    throw new Error(`“${text.slice(0, 40)}” is not a pair of numbers.`);
  return [first, second];
}
