import { floats, type GraphBuilder, type Shape } from '../onnx/graph-builder.ts';
import type { GraphModel } from './graph-model.ts';
import type { Weight } from './weights.ts';

/** A tensor being built. `shape` is TensorFlow's (NHWC); 4-d tensors live in ONNX as NCHW, all others as they are. */
export interface Value {
  shape: Shape;
  /** Emits what is pending, and returns the ONNX name. */
  name(): string;
  /** A convolution that still takes up a per-channel factor or summand. */
  convolution?: PendingConvolution;
  /** Bounds that still narrow. */
  bounds?: { of: Value; min: number; max: number };
}

export interface PendingConvolution {
  input: Value;
  /** OIHW. */
  kernel: Float32Array;
  dims: readonly [number, number, number, number];
  bias: Float32Array;
  group: number;
  attributes: Readonly<Record<string, readonly number[]>>;
}

export interface Conversion {
  graph: GraphBuilder;
  model: GraphModel;
  /** How many nodes use a node. */
  uses(name: string): number;
  value(name: string): Value;
  weight(name: string): Weight;
}

export const emitted = (shape: Shape, name: string): Value => ({ shape, name: () => name });

const once = (emit: () => string): (() => string) => {
  let name: string | undefined;
  return () => (name ??= emit());
};

/** Bounds that hold nothing back. */
export const unbounded = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

export function pending({ graph }: Conversion, shape: Shape, convolution: PendingConvolution): Value {
  const { input: from, kernel, dims, bias, group, attributes } = convolution;
  return {
    shape,
    convolution,
    name: once(() =>
      graph.node(
        'Conv',
        [from.name(), graph.constant({ dims, data: kernel }), graph.constant(floats(bias))],
        { ...attributes, group },
      ),
    ),
  };
}

/** A clip whose bounds the next node may narrow: Relu, Minimum, Maximum in a row become one ONNX node. */
export function clipped({ graph }: Conversion, of: Value, min: number, max: number): Value {
  return {
    shape: of.shape,
    bounds: { of, min, max },
    name: once(() => {
      if (min === 0 && max === Number.POSITIVE_INFINITY) return graph.node('Relu', [of.name()]);
      const bound = (value: number) => (Number.isFinite(value) ? graph.constant(floats([value], [])) : '');
      return graph.node('Clip', [of.name(), bound(min), bound(max)]);
    }),
  };
}
