import { createGraphBuilder, floats, type GraphBuilder, integers } from '../onnx/graph-builder.ts';
import { readWeights, type Weight, type WeightSpec } from '../tfjs/weights.ts';

const inputSize = 150;

/** A feature map NCHW. The maps are square. */
interface Feature {
  name: string;
  channels: number;
  size: number;
}

interface Network {
  graph: GraphBuilder;
  weight(name: string): Weight;
}

/** The convolution with the dlib scale layer behind it folded in: (conv + bias) * scale + shift. HWIO to OIHW. */
function convolution({ graph, weight }: Network, from: Feature, prefix: string, stride: 1 | 2): Feature {
  const filters = weight(`${prefix}/conv/filters`);
  const [height = 0, width = 0, inputs = 0, outputs = 0] = filters.shape;
  if (height !== width || inputs !== from.channels) {
    throw new Error(
      `The filters of ${prefix} have shape [${filters.shape}]; ${from.channels} channels come in.`,
    );
  }
  const bias = weight(`${prefix}/conv/bias`).values;
  const scale = weight(`${prefix}/scale/weights`).values;
  const shift = weight(`${prefix}/scale/biases`).values;
  const kernel = new Float32Array(filters.values.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let yx = 0; yx < height * width; yx++) {
        kernel[(o * inputs + i) * height * width + yx] =
          filters.values[(yx * inputs + i) * outputs + o]! * scale[o]!;
      }
    }
  }
  const folded = Float32Array.from({ length: outputs }, (_, o) => bias[o]! * scale[o]! + shift[o]!);
  const pad = stride === 1 ? (height - 1) / 2 : 0;
  const name = graph.node(
    'Conv',
    [
      from.name,
      graph.constant({ dims: [outputs, inputs, height, width], data: kernel }),
      graph.constant(floats(folded)),
    ],
    { kernel_shape: [height, width], pads: [pad, pad, pad, pad], strides: [stride, stride] },
  );
  return { name, channels: outputs, size: Math.floor((from.size + 2 * pad - height) / stride) + 1 };
}

const relu = ({ graph }: Network, from: Feature): Feature => ({
  ...from,
  name: graph.node('Relu', [from.name]),
});

const add = ({ graph }: Network, a: Feature, b: Feature): Feature => ({
  ...a,
  name: graph.node('Add', [a.name, b.name]),
});

/** Zeros behind the last channel, below the last row and right of the last column. */
function grow({ graph }: Network, from: Feature, channels: number, size: number): Feature {
  if (channels === from.channels && size === from.size) return from;
  const pads = [0, 0, 0, 0, 0, channels - from.channels, size - from.size, size - from.size];
  const zero = graph.constant({ dims: [], data: Float32Array.of(0) });
  return { name: graph.node('Pad', [from.name, graph.constant(integers(pads)), zero]), channels, size };
}

function residual(network: Network, from: Feature, prefix: string): Feature {
  const inner = relu(network, convolution(network, from, `${prefix}/conv1`, 1));
  return relu(network, add(network, convolution(network, inner, `${prefix}/conv2`, 1), from));
}

function residualDown(network: Network, from: Feature, prefix: string): Feature {
  const inner = relu(network, convolution(network, from, `${prefix}/conv1`, 2));
  const main = convolution(network, inner, `${prefix}/conv2`, 1);
  const pooled: Feature = {
    name: network.graph.node('AveragePool', [from.name], { kernel_shape: [2, 2], strides: [2, 2] }),
    channels: from.channels,
    size: Math.floor(from.size / 2),
  };
  const shortcut = grow(network, pooled, main.channels, pooled.size);
  return relu(network, add(network, grow(network, main, main.channels, pooled.size), shortcut));
}

const blocks = [
  ...['conv32_1', 'conv32_2', 'conv32_3'],
  ...['conv64_down', 'conv64_1', 'conv64_2', 'conv64_3'],
  ...['conv128_down', 'conv128_1', 'conv128_2'],
  ...['conv256_down', 'conv256_1', 'conv256_2', 'conv256_down_out'],
];

/**
 * face-api's copy of dlib's face recognition ResNet-29 as ONNX: input `image` [N, 3, 150, 150], output `embedding`
 * [N, 128] (not normalised). Source of the structure: face-api 1.7.15, src/faceRecognitionNet.
 */
export function convertFaceRecognition(weightsManifest: Uint8Array, shard: Uint8Array): Uint8Array {
  const groups = JSON.parse(new TextDecoder().decode(weightsManifest)) as { weights: WeightSpec[] }[];
  const weights = readWeights(
    groups.flatMap((group) => group.weights),
    shard,
  );
  const graph = createGraphBuilder('face-recognition');
  const network: Network = {
    graph,
    weight(name) {
      const found = weights.get(name);
      if (found === undefined) throw new Error(`The weights hold no ${name}.`);
      return found;
    },
  };

  const image: Feature = {
    name: graph.input('image', ['N', 3, inputSize, inputSize]),
    channels: 3,
    size: inputSize,
  };
  const stem = relu(network, convolution(network, image, 'conv32_down', 2));
  let feature: Feature = {
    name: graph.node('MaxPool', [stem.name], { kernel_shape: [3, 3], strides: [2, 2] }),
    channels: stem.channels,
    size: Math.floor((stem.size - 3) / 2) + 1,
  };
  for (const block of blocks) {
    feature = block.includes('down')
      ? residualDown(network, feature, block)
      : residual(network, feature, block);
  }
  const pooled = graph.node('Flatten', [graph.node('GlobalAveragePool', [feature.name])]);
  const { shape, values } = network.weight('fc');
  const matrix = graph.constant({ dims: shape, data: Float32Array.from(values) });
  graph.output(graph.node('MatMul', [pooled, matrix], {}, 'embedding'), ['N', shape[1]!]);
  return graph.finish();
}
