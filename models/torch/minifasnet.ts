import { createGraphBuilder, floats, type GraphBuilder, integers } from '../onnx/graph-builder.ts';
import { prelu } from '../onnx/prelu.ts';
import type { TorchTensor } from './state-dict.ts';

const inputSize = 80;
/** torch's default for BatchNorm. */
const epsilon = 1e-5;
/** ONNX Runtime's blocked kernels want whole blocks of channels: inner layers grow to a multiple by channels of zeros. */
const block = 16;
/** Classes of the network: 0 = attack on paper or mask, 1 = live, 2 = attack on a screen. */
const live = 1;

interface Network {
  graph: GraphBuilder;
  tensor(name: string): TorchTensor;
  has(name: string): boolean;
}

interface Feature {
  name: string;
  channels: number;
}

/** y = scale * x + shift, per channel. */
function batchNorm({ tensor }: Network, prefix: string): { scale: Float64Array; shift: Float64Array } {
  const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
    (name) => tensor(`${prefix}.${name}`).values,
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const scale = Float64Array.from(weight, (w, i) => w / Math.sqrt(variance[i]! + epsilon));
  return { scale, shift: Float64Array.from(bias, (b, i) => b - mean[i]! * scale[i]!) };
}

interface ConvolutionNames {
  conv: string;
  norm: string;
  slopes?: string;
}

interface ConvolutionOptions {
  stride?: 1 | 2;
  /** Grow the output by channels of zeros to whole blocks. */
  grow?: boolean;
}

/** Convolution, batch norm folded in, and PReLU where named. 3×3 kernels keep the size, all others pad nothing. */
function convolution(
  network: Network,
  from: Feature,
  { conv, norm, slopes }: ConvolutionNames,
  { stride = 1, grow = false }: ConvolutionOptions = {},
): Feature {
  const { graph, tensor } = network;
  const { dims, values } = tensor(`${conv}.weight`);
  const [outputs = 0, inputs = 0, height = 0, width = 0] = dims;
  const depthwise = inputs === 1 && outputs > 1 && from.channels >= outputs;
  if (!depthwise && inputs > from.channels)
    throw new Error(`${conv} wants ${inputs} channels, ${from.channels} come in.`);
  const { scale, shift } = batchNorm(network, norm);

  const channels = depthwise ? from.channels : grow ? Math.ceil(outputs / block) * block : outputs;
  const perOutput = depthwise ? 1 : from.channels;
  const plane = height * width;
  const kernel = new Float32Array(channels * perOutput * plane);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs * plane; i++)
      kernel[o * perOutput * plane + i] = values[o * inputs * plane + i]! * scale[o]!;
  }
  const bias = new Float32Array(channels);
  bias.set(shift);
  const pad = height === 3 ? 1 : 0;
  const name = graph.node(
    'Conv',
    [
      from.name,
      graph.constant({ dims: [channels, perOutput, height, width], data: kernel }),
      graph.constant(floats(bias)),
    ],
    {
      group: depthwise ? channels : 1,
      kernel_shape: [height, width],
      pads: [pad, pad, pad, pad],
      strides: [stride, stride],
    },
  );
  if (slopes === undefined) return { name, channels };
  const grown = new Float32Array(channels);
  grown.set(tensor(`${slopes}.weight`).values);
  return { name: prelu(graph, name, grown), channels };
}

const unit = (prefix: string): ConvolutionNames => ({
  conv: `${prefix}.conv`,
  norm: `${prefix}.bn`,
  slopes: `${prefix}.prelu`,
});

const linearUnit = (prefix: string): ConvolutionNames => ({ conv: `${prefix}.conv`, norm: `${prefix}.bn` });

/** Expand, filter each channel, project. */
function depthWise(network: Network, from: Feature, prefix: string, stride: 1 | 2): Feature {
  const wide = convolution(network, from, unit(`${prefix}.conv`), { grow: true });
  const filtered = convolution(network, wide, unit(`${prefix}.conv_dw`), { stride });
  return convolution(network, filtered, linearUnit(`${prefix}.project`));
}

/** Squeeze and excitation: each channel is weighed by what the whole map shows. */
function excite(network: Network, from: Feature, prefix: string): Feature {
  const { graph } = network;
  const pooled = { ...from, name: graph.node('GlobalAveragePool', [from.name]) };
  const squeezed = convolution(network, pooled, { conv: `${prefix}.fc1`, norm: `${prefix}.bn1` });
  const active = { ...squeezed, name: graph.node('Relu', [squeezed.name]) };
  const weights = convolution(network, active, { conv: `${prefix}.fc2`, norm: `${prefix}.bn2` });
  return { ...from, name: graph.node('Mul', [from.name, graph.node('Sigmoid', [weights.name])]) };
}

/** As many residual blocks as the weights hold under the prefix. */
function residuals(network: Network, from: Feature, prefix: string): Feature {
  let feature = from;
  for (let i = 0; network.has(`${prefix}.model.${i}.conv.conv.weight`); i++) {
    const name = `${prefix}.model.${i}`;
    const plain = depthWise(network, feature, name, 1);
    const branch = network.has(`${name}.se_module.fc1.weight`)
      ? excite(network, plain, `${name}.se_module`)
      : plain;
    feature = { ...feature, name: network.graph.node('Add', [feature.name, branch.name]) };
  }
  return feature;
}

/** Embedding, its batch norm and the classes; the batch norm is folded into the class matrix. Ends in the live probability. */
function liveProbability(network: Network, from: Feature): string {
  const { graph, tensor } = network;
  const transposed = ({ dims: [rows = 0, columns = 0], values }: TorchTensor, scale?: Float64Array) =>
    graph.constant({
      dims: [columns, rows],
      data: Float32Array.from(values, (_, at) => {
        const [column, row] = [Math.floor(at / rows), at % rows];
        return values[row * columns + column]! * (scale?.[column] ?? 1);
      }),
    });
  const { scale, shift } = batchNorm(network, 'bn');
  const prob = tensor('prob.weight');
  const [classes = 0, features = 0] = prob.dims;
  const offset = Float32Array.from({ length: classes }, (_, row) =>
    shift.reduce((sum, x, column) => sum + x * prob.values[row * features + column]!, 0),
  );
  const embedding = graph.node('MatMul', [
    graph.node('Flatten', [from.name]),
    transposed(tensor('linear.weight')),
  ]);
  const logits = graph.node('Add', [
    graph.node('MatMul', [embedding, transposed(prob, scale)]),
    graph.constant(floats(offset)),
  ]);
  const probabilities = graph.node('Softmax', [logits], { axis: 1 });
  const range = [[live], [live + 1], [1]].map((at) => graph.constant(integers(at)));
  return graph.node('Slice', [probabilities, ...range], {}, 'live');
}

/**
 * MiniFASNet (V1, V2, and with squeeze and excitation) as ONNX: input `image` [N, 3, 80, 80], output `live` [N, 1], the probability of a
 * live face. Source of the structure: Silent-Face-Anti-Spoofing, src/model_lib/MiniFASNet.py.
 */
export function convertMiniFasNet(name: string, tensors: ReadonlyMap<string, TorchTensor>): Uint8Array {
  const graph = createGraphBuilder(name);
  const used = new Set<string>();
  const network: Network = {
    graph,
    has: (tensorName) => tensors.has(`module.${tensorName}`),
    tensor(tensorName) {
      const found = tensors.get(`module.${tensorName}`);
      if (found === undefined) throw new Error(`The weights hold no ${tensorName}: this is no MiniFASNet.`);
      used.add(`module.${tensorName}`);
      return found;
    },
  };
  const image: Feature = { name: graph.input('image', ['N', 3, inputSize, inputSize]), channels: 3 };
  let feature = convolution(network, image, unit('conv1'), { stride: 2 });
  feature = convolution(network, feature, unit('conv2_dw'));
  feature = residuals(network, depthWise(network, feature, 'conv_23', 2), 'conv_3');
  feature = residuals(network, depthWise(network, feature, 'conv_34', 2), 'conv_4');
  feature = residuals(network, depthWise(network, feature, 'conv_45', 2), 'conv_5');
  feature = convolution(network, feature, unit('conv_6_sep'));
  feature = convolution(network, feature, linearUnit('conv_6_dw'));
  graph.output(liveProbability(network, feature), ['N', 1]);

  const unused = [...tensors.keys()].filter((key) => !used.has(key));
  if (unused.length > 0) throw new Error(`The weights hold more than a MiniFASNet: ${unused.join(', ')}.`);
  return graph.finish();
}
