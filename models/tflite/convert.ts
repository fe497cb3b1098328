import {
  createGraphBuilder,
  floats,
  type GraphBuilder,
  integers,
  type Shape,
} from '../onnx/graph-builder.ts';
import { prelu } from '../onnx/prelu.ts';
import { axisPadding } from '../tfjs/convolution-padding.ts';
import type { Activation, TfliteGraph, TfliteOperator, Window } from './graph.ts';
import { findPrelus } from './prelu-pattern.ts';

export interface ConvertOptions {
  name: string;
  /** What the output is called in ONNX. */
  output: string;
}

/** A tensor that was made. `shape` is TFLite's (NHWC, the batch free); 4-d tensors live in ONNX as NCHW, all others as they are. */
interface Value {
  shape: Shape;
  name: string;
}

interface Conversion {
  graph: GraphBuilder;
  source: TfliteGraph;
  /** By index of the tensor; constants have none. */
  values: Map<number, Value>;
}

/** A step of the network: what it reads, and why it is refused. */
interface Step extends Conversion {
  operator: TfliteOperator;
  refuse(why: string): never;
}

/**
 * A TFLite network of floats as ONNX, opset 17. The input is called `image` and is NCHW; the batch is free, whatever size the file has for
 * it. Throws Error at any shape or option that it does not know to convert exactly.
 */
export function convertTflite(source: TfliteGraph, { name, output }: ConvertOptions): Uint8Array {
  const graph = createGraphBuilder(name);
  const [, h, w, c] = source.tensors[source.input]!.shape;
  if (
    h === undefined ||
    w === undefined ||
    c === undefined ||
    source.tensors[source.input]!.type !== 'float32'
  )
    throw new Error(`${name} must have one input of floats in four dimensions.`);
  const image: Value = { shape: ['N', h, w, c], name: graph.input('image', ['N', c, h, w]) };
  const conversion: Conversion = { graph, source, values: new Map([[source.input, image]]) };
  const { prelus, parts } = findPrelus(source);
  source.operators.forEach((operator, index) => {
    if (parts.has(index)) return;
    const refuse = (why: string): never => {
      throw new Error(`The converter cannot take the operator ${index} (${operator.op}): ${why}.`);
    };
    const step: Step = { ...conversion, operator, refuse };
    const spelled = prelus.get(index);
    const made = spelled === undefined ? operations[operator.op](step) : rectify(step, spelled);
    requireShape(step, made);
    conversion.values.set(operator.output, made);
  });
  const result = conversion.values.get(source.output);
  if (result === undefined || result.shape.length === 4)
    throw new Error(`${name} must end in a tensor of fewer than four dimensions.`);
  graph.node('Identity', [result.name], {}, output);
  graph.output(output, result.shape);
  return graph.finish();
}

/** The shape that the file states must be the one that was computed: else one of both was misunderstood. */
function requireShape({ source, operator, refuse }: Step, { shape }: Value): void {
  const { shape: stated, type } = source.tensors[operator.output]!;
  const batch = source.tensors[source.input]!.shape[0]!;
  const found = shape.map((size) => (size === 'N' ? batch : size));
  if (type !== 'float32' || `${stated}` !== `${found}`)
    refuse(`the file states [${stated}] of ${type} for what is [${found}]`);
}

/** An input that is computed. */
function value({ values, operator, refuse }: Step, index = 0): Value {
  return values.get(operator.inputs[index]!) ?? refuse(`its input ${index} is a constant`);
}

/** An input whose numbers stand in the file. */
function constant({ source, operator, refuse }: Step, index: number, type: 'float32' | 'int32') {
  const tensor = operator.inputs[index]!;
  const { shape, type: found, constant: stored } = source.tensors[tensor]!;
  if (!stored) return refuse(`its input ${index} is computed`);
  if (found !== type) return refuse(`its input ${index} is of ${found}`);
  return { shape, numbers: source.numbers(tensor) };
}

function channelsOf({ refuse }: Step, { shape }: Value): { h: number; w: number; c: number } {
  const [, h, w, c] = shape;
  if (shape.length !== 4) refuse(`it needs an input of four dimensions, not [${shape}]`);
  return { h: h as number, w: w as number, c: c as number };
}

function activate({ graph }: Conversion, activation: Activation, of: Value): Value {
  if (activation === 'NONE') return of;
  if (activation === 'RELU') return { ...of, name: graph.node('Relu', [of.name]) };
  const bounds = [0, 6].map((bound) => graph.constant(floats([bound], [])));
  return { ...of, name: graph.node('Clip', [of.name, ...bounds]) };
}

/** Window attributes in ONNX's words, and the size that comes out. */
function windowed(
  { refuse }: Step,
  { h, w }: { h: number; w: number },
  kernel: readonly number[],
  window: Window,
) {
  const [rows, columns] = [h, w].map((size, axis) =>
    axisPadding(window.padding, {
      size,
      window: kernel[axis]!,
      stride: window.strides[axis]!,
      dilation: window.dilations[axis]!,
    }),
  ) as [ReturnType<typeof axisPadding>, ReturnType<typeof axisPadding>];
  if (rows.output < 1 || columns.output < 1) refuse(`a window of [${kernel}] does not fit into [${h},${w}]`);
  return {
    size: [rows.output, columns.output] as const,
    attributes: {
      dilations: window.dilations,
      kernel_shape: kernel,
      pads: [rows.before, columns.before, rows.after, columns.after],
      strides: window.strides,
    },
  };
}

/** [outputs, height * width, inputs] to [outputs, inputs, height * width]. */
function channelsFirst(numbers: Float32Array, outputs: number, plane: number): Float32Array {
  const inputs = numbers.length / outputs / plane;
  const turned = new Float32Array(numbers.length);
  for (let o = 0; o < outputs; o++) {
    for (let yx = 0; yx < plane; yx++) {
      for (let i = 0; i < inputs; i++)
        turned[(o * inputs + i) * plane + yx] = numbers[(o * plane + yx) * inputs + i]!;
    }
  }
  return turned;
}

/** Kernels are OHWI, depthwise ones [1, height, width, channels * multiplier]; ONNX wants OIHW, and [channels * multiplier, 1, height, width]. */
function convolve(step: Step): Value {
  const { graph, operator, refuse } = step;
  const of = value(step);
  const { h, w, c } = channelsOf(step, of);
  const { shape: dims, numbers } = constant(step, 1, 'float32');
  const [first = 0, kh = 0, kw = 0, last = 0] = dims;
  const { multiplier, ...rest } = operator.window!;
  const depthwise = multiplier !== undefined;
  const fits = depthwise ? first === 1 && last === c * multiplier : last === c;
  if (dims.length !== 4 || !fits) refuse(`${c} channels meet a kernel [${dims}]`);
  const outputs = depthwise ? last : first;
  const { size, attributes } = windowed(step, { h, w }, [kh, kw], rest);
  const inputs = [
    of.name,
    graph.constant({
      dims: [outputs, depthwise ? 1 : c, kh, kw],
      data: channelsFirst(numbers, first, kh * kw),
    }),
  ];
  if (operator.inputs.length === 3) {
    const bias = constant(step, 2, 'float32');
    if (`${bias.shape}` !== `${outputs}`) refuse(`its bias is [${bias.shape}] for ${outputs} channels`);
    inputs.push(graph.constant(floats(bias.numbers)));
  }
  const name = graph.node('Conv', inputs, { ...attributes, group: depthwise ? c : 1 });
  return activate(step, operator.activation, { shape: ['N', ...size, outputs], name });
}

function rectify(step: Step, spelled: { of: number; c: number }): Value {
  const of = step.values.get(spelled.of) ?? step.refuse('it rectifies a constant');
  const slopes = step.source.numbers(spelled.c).map((c) => 2 * c);
  return { ...of, name: prelu(step.graph, of.name, slopes) };
}

const alone =
  (op: 'Relu' | 'Abs') =>
  (step: Step): Value => {
    const of = value(step);
    return { ...of, name: step.graph.node(op, [of.name]) };
  };

/** Of two values of one shape, or of a value and a constant of one number, or of one for each channel. */
const arithmetic =
  (op: 'Add' | 'Sub' | 'Mul') =>
  (step: Step): Value => {
    const { graph, source, operator, values, refuse } = step;
    const known = operator.inputs.map((tensor) => values.get(tensor));
    const of = known.find((one) => one !== undefined) ?? refuse('both of its inputs are constants');
    const operand = (index: number): string => {
      const computed = known[index];
      if (computed !== undefined) {
        if (`${computed.shape}` !== `${of.shape}`)
          refuse(`shapes [${of.shape}] and [${computed.shape}] differ`);
        return computed.name;
      }
      const { shape, type } = source.tensors[operator.inputs[index]!]!;
      const channels = of.shape.at(-1) as number;
      const single = shape.every((size) => size === 1);
      const fits = single || (shape.at(-1) === channels && shape.slice(0, -1).every((size) => size === 1));
      if (!fits || type !== 'float32') refuse(`a constant [${shape}] of ${type} meets [${of.shape}]`);
      const dims = single ? [] : of.shape.length === 4 ? [channels, 1, 1] : [channels];
      return graph.constant({ dims, data: constant(step, index, 'float32').numbers });
    };
    const name = graph.node(op, [operand(0), operand(1)]);
    return activate(step, operator.activation, { shape: of.shape, name });
  };

/** Of all but the batch, into fewer than four dimensions. */
function reshape(step: Step): Value {
  const { graph, source, refuse } = step;
  const of = value(step);
  const [batch, ...rest] = constant(step, 1, 'int32').numbers;
  const product = (sizes: Iterable<unknown>) =>
    [...sizes].reduce<number>((sum, size) => sum * (size as number), 1);
  const stays = batch === -1 || batch === source.tensors[source.input]!.shape[0];
  if (
    !stays ||
    rest.length > 2 ||
    rest.length < 1 ||
    rest.some((size) => size < 1) ||
    product(rest) !== product(of.shape.slice(1))
  )
    refuse(`[${of.shape}] cannot become [${[batch, ...rest]}]`);
  const [, h, w, c] = of.shape;
  // In TFLite the channels are last in memory.
  const same = of.shape.length !== 4 || c === 1 || (h === 1 && w === 1);
  const flat = same ? of.name : graph.node('Transpose', [of.name], { perm: [0, 2, 3, 1] });
  return {
    shape: ['N', ...rest],
    name: graph.node('Reshape', [flat, graph.constant(integers([-1, ...rest]))]),
  };
}

const operations: Readonly<Record<TfliteOperator['op'], (step: Step) => Value>> = {
  CONV_2D: convolve,
  DEPTHWISE_CONV_2D: convolve,
  RELU: alone('Relu'),
  ABS: alone('Abs'),
  ADD: arithmetic('Add'),
  SUB: arithmetic('Sub'),
  MUL: arithmetic('Mul'),
  RESHAPE: reshape,
};
