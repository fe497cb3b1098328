import { floats, integers, type Shape } from '../onnx/graph-builder.ts';
import { prelu } from '../onnx/prelu.ts';
import { axisPadding } from './convolution-padding.ts';
import type { GraphNode } from './graph-model.ts';
import {
  type Conversion,
  clipped,
  emitted,
  type PendingConvolution,
  pending,
  unbounded,
  type Value,
} from './value.ts';
import type { Weight } from './weights.ts';

/** Turns one TensorFlow node into a value; refuses what it would get wrong. */
export type Operation = (conversion: Conversion, node: GraphNode) => Value;

const refuse = (node: GraphNode, why: string): never => {
  throw new Error(`The converter cannot take ${node.op} "${node.name}": ${why}.`);
};

function input({ value }: Conversion, node: GraphNode, index = 0): Value {
  return value(node.inputs[index] ?? refuse(node, `input ${index} is missing`));
}

function numbers(node: GraphNode, attribute: string, fallback: readonly number[]): readonly number[] {
  const found = node.attributes[attribute];
  return Array.isArray(found) ? (found as number[]) : fallback;
}

/** Height and width of an NHWC attribute. */
const spatial = (node: GraphNode, attribute: string): [number, number] => {
  const [n = 1, h = 1, w = 1, c = 1] = numbers(node, attribute, [1, 1, 1, 1]);
  if (n !== 1 || c !== 1) refuse(node, `${attribute} [${n},${h},${w},${c}] reach over batch or channels`);
  return [h, w];
};

/** Batch, height, width, channels of a 4-d value. */
function nhwc(node: GraphNode, { shape }: Value): [Shape[number], number, number, number] {
  const [n, h, w, c] = shape;
  if (
    shape.length !== 4 ||
    n === undefined ||
    typeof h !== 'number' ||
    typeof w !== 'number' ||
    typeof c !== 'number'
  ) {
    return refuse(node, `it needs a 4-d input, not [${shape}]`);
  }
  return [n, h, w, c];
}

/** Window attributes of a convolution or pooling in ONNX's words, and the shape that comes out. */
function windowed(node: GraphNode, [h, w]: [number, number], window: [number, number]) {
  const { padding, data_format: format = 'NHWC' } = node.attributes;
  if (padding !== 'SAME' && padding !== 'VALID') return refuse(node, `padding ${padding}`);
  if (format !== 'NHWC') return refuse(node, `data format ${format}`);
  const strides = spatial(node, 'strides');
  const dilations = spatial(node, 'dilations');
  const rows = axisPadding(padding, {
    size: h,
    window: window[0],
    stride: strides[0],
    dilation: dilations[0],
  });
  const columns = axisPadding(padding, {
    size: w,
    window: window[1],
    stride: strides[1],
    dilation: dilations[1],
  });
  return {
    size: [rows.output, columns.output] as const,
    attributes: {
      dilations,
      kernel_shape: window,
      pads: [rows.before, columns.before, rows.after, columns.after],
      strides,
    },
  };
}

/** HWIO to OIHW; for a depthwise kernel [h, w, in, multiplier] to [in * multiplier, 1, h, w]. */
function kernelOf(
  { shape, values }: Weight,
  depthwise: boolean,
): Pick<PendingConvolution, 'kernel' | 'dims'> {
  const [h = 1, w = 1, inputs = 1, outputs = 1] = shape;
  const plane = h * w;
  const kernel = new Float32Array(values.length);
  for (let yx = 0; yx < plane; yx++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        const place = depthwise ? i * outputs + o : o * inputs + i;
        kernel[place * plane + yx] = values[(yx * inputs + i) * outputs + o]!;
      }
    }
  }
  return { kernel, dims: depthwise ? [inputs * outputs, 1, h, w] : [outputs, inputs, h, w] };
}

function rectify({ graph, weight }: Conversion, node: GraphNode, of: Value, slopes: string): Value {
  const { shape, values } = weight(slopes);
  const channels = nhwc(node, of)[3];
  if (values.length !== channels || shape.at(-1) !== channels) refuse(node, `slopes of shape [${shape}]`);
  return emitted(of.shape, prelu(graph, of.name(), values));
}

function narrow(conversion: Conversion, node: GraphNode, low: number, high: number): Value {
  const of = input(conversion, node);
  const known = conversion.uses(node.inputs[0]!) === 1 ? of.bounds : undefined;
  const { of: inner, min, max } = known ?? { of, ...unbounded };
  const clip = (value: number) => Math.min(Math.max(value, low), high);
  return clipped(conversion, inner, clip(min), clip(max));
}

const convolve =
  (depthwise: boolean): Operation =>
  (conversion, node) => {
    const of = input(conversion, node);
    const [n, h, w, c] = nhwc(node, of);
    const kernel = conversion.weight(node.inputs[1]!);
    const [kh = 0, kw = 0, inputs = 0] = kernel.shape;
    if (inputs !== c) refuse(node, `${c} channels meet a kernel [${kernel.shape}]`);
    const { size, attributes } = windowed(node, [h, w], [kh, kw]);
    const { kernel: values, dims } = kernelOf(kernel, depthwise);
    const shape = [n, ...size, dims[0]];

    const [first, second, ...more] = numbers(node, 'fused_ops', []).map(String);
    if (more.length > 0 || (first !== undefined && first !== 'BiasAdd')) refuse(node, 'its fused operations');
    const bias =
      first === undefined
        ? new Float32Array(dims[0])
        : Float32Array.from(conversion.weight(node.inputs[2]!).values);
    const group = depthwise ? c : 1;
    const result = pending(conversion, shape, { input: of, kernel: values, dims, bias, group, attributes });
    if (second === undefined) return result;
    if (second === 'Relu') return clipped(conversion, result, 0, Number.POSITIVE_INFINITY);
    if (second === 'Relu6') return clipped(conversion, result, 0, 6);
    if (second === 'Prelu') return rectify(conversion, node, result, node.inputs[3]!);
    return refuse(node, `the fused activation ${second}`);
  };

/** x + b or x * b. A per-channel constant behind a convolution that nothing else uses goes into the convolution. */
const arithmetic =
  (op: 'Add' | 'Mul'): Operation =>
  (conversion, node) => {
    const { graph, model, uses } = conversion;
    const [a = '', b = ''] = node.inputs;
    const [variable, constant] = model.weights.has(b) ? [a, b] : [b, a];
    if (!model.weights.has(constant)) {
      const [left, right] = [conversion.value(a), conversion.value(b)];
      if (`${left.shape}` !== `${right.shape}`)
        refuse(node, `shapes [${left.shape}] and [${right.shape}] differ`);
      return emitted(left.shape, graph.node(op, [left.name(), right.name()]));
    }
    const of = conversion.value(variable);
    const { values } = conversion.weight(constant);
    const channels = nhwc(node, of)[3];
    if (values.length !== channels)
      refuse(node, `a constant of ${values.length} numbers for ${channels} channels`);
    const convolution = uses(variable) === 1 ? of.convolution : undefined;
    if (convolution === undefined) {
      const operand = graph.constant(floats(values, [channels, 1, 1]));
      return emitted(of.shape, graph.node(op, [of.name(), operand]));
    }
    const { kernel, bias } = convolution;
    if (op === 'Add')
      return pending(conversion, of.shape, { ...convolution, bias: bias.map((x, o) => x + values[o]!) });
    const reach = kernel.length / channels;
    return pending(conversion, of.shape, {
      ...convolution,
      kernel: kernel.map((x, i) => x * values[Math.floor(i / reach)]!),
      bias: bias.map((x, o) => x * values[o]!),
    });
  };

const bound =
  (side: 'min' | 'max'): Operation =>
  (conversion, node) => {
    const { values, shape } = conversion.weight(node.inputs[1]!);
    if (values.length !== 1) refuse(node, `a bound of shape [${shape}]`);
    return side === 'max'
      ? narrow(conversion, node, unbounded.min, values[0]!)
      : narrow(conversion, node, values[0]!, unbounded.max);
  };

/** The value with TensorFlow's order of elements in memory. */
export function inTensorFlowOrder({ graph }: Conversion, of: Value): string {
  const [, h, w, c] = of.shape;
  const flat = of.shape.length !== 4 || c === 1 || (h === 1 && w === 1);
  return flat ? of.name() : graph.node('Transpose', [of.name()], { perm: [0, 2, 3, 1] });
}

const reshape: Operation = (conversion, node) => {
  const { graph } = conversion;
  const of = input(conversion, node);
  const target = [...conversion.weight(node.inputs[1]!).values];
  if (target.length === 4) refuse(node, 'a 4-d target would need its layout turned');
  const perItem = of.shape.slice(1).reduce<number>((product, size) => product * (size as number), 1);
  const rest = target.slice(1).reduce((product, size) => product * size, 1);
  const batch = of.shape[0]!;
  if (rest !== perItem || (target[0] !== -1 && target[0] !== batch)) refuse(node, `target [${target}]`);
  const shape: Shape = [batch, ...target.slice(1)];
  const name = graph.node('Reshape', [
    inTensorFlowOrder(conversion, of),
    graph.constant(integers([-1, ...target.slice(1)])),
  ]);
  return emitted(shape, name);
};

/** Position of a TensorFlow axis in ONNX. */
const axisOf = (axis: number, rank: number): number => {
  const positive = axis < 0 ? axis + rank : axis;
  return rank === 4 ? [0, 2, 3, 1][positive]! : positive;
};

const concat: Operation = (conversion, node) => {
  const values = node.inputs.slice(0, -1).map(conversion.value);
  const axis = conversion.weight(node.inputs.at(-1)!).values[0]!;
  const first = values[0]!.shape;
  const position = axis < 0 ? axis + first.length : axis;
  const shape = first.map((size, i) =>
    i === position ? values.reduce((sum, value) => sum + (value.shape[i] as number), 0) : size,
  );
  for (const value of values) {
    const fits =
      value.shape.length === first.length &&
      value.shape.every((size, i) => i === position || size === first[i]);
    if (!fits) refuse(node, `shapes [${first}] and [${value.shape}]`);
  }
  const names = values.map((value) => value.name());
  return emitted(shape, conversion.graph.node('Concat', names, { axis: axisOf(axis, first.length) }));
};

/** Zero padding; TensorFlow gives [rank, 2], ONNX wants all befores and then all afters. */
const pad: Operation = (conversion, node) => {
  const { graph } = conversion;
  const of = input(conversion, node);
  const rank = of.shape.length;
  const { values } = conversion.weight(node.inputs[1]!);
  const pads = new Array<number>(2 * rank).fill(0);
  const shape = of.shape.map((size, axis) => {
    const [before, after] = [values[2 * axis]!, values[2 * axis + 1]!];
    pads[axisOf(axis, rank)] = before;
    pads[rank + axisOf(axis, rank)] = after;
    return typeof size === 'number' ? size + before + after : size;
  });
  if (values[0] !== 0 || values[1] !== 0) refuse(node, 'it pads the batch');
  return emitted(
    shape,
    graph.node('Pad', [of.name(), graph.constant(integers(pads)), graph.constant(floats([0], []))]),
  );
};

const maxPool: Operation = (conversion, node) => {
  const of = input(conversion, node);
  const [n, h, w, c] = nhwc(node, of);
  const { size, attributes } = windowed(node, [h, w], spatial(node, 'ksize'));
  return emitted([n, ...size, c], conversion.graph.node('MaxPool', [of.name()], attributes));
};

const mean: Operation = (conversion, node) => {
  const { graph } = conversion;
  const of = input(conversion, node);
  const [n, , , c] = nhwc(node, of);
  const axes = [...conversion.weight(node.inputs[1]!).values]
    .map((axis) => (axis < 0 ? axis + 4 : axis))
    .sort();
  if (`${axes}` !== '1,2' || node.attributes.keep_dims === true)
    refuse(node, 'only the mean over height and width is known');
  return emitted([n, c], graph.node('Flatten', [graph.node('GlobalAveragePool', [of.name()])], { axis: 1 }));
};

export const operations: Readonly<Record<string, Operation>> = {
  _FusedConv2D: convolve(false),
  Conv2D: convolve(false),
  DepthwiseConv2dNative: convolve(true),
  Add: arithmetic('Add'),
  AddV2: arithmetic('Add'),
  Mul: arithmetic('Mul'),
  Relu: (conversion, node) => narrow(conversion, node, 0, unbounded.max),
  Minimum: bound('max'),
  Maximum: bound('min'),
  Prelu: (conversion, node) => rectify(conversion, node, input(conversion, node), node.inputs[1]!),
  Sigmoid: (conversion, node) => {
    const of = input(conversion, node);
    return emitted(of.shape, conversion.graph.node('Sigmoid', [of.name()]));
  },
  MaxPool: maxPool,
  Mean: mean,
  Pad: pad,
  Reshape: reshape,
  ConcatV2: concat,
  Identity: (conversion, node) => input(conversion, node),
};
