import { floats, type GraphBuilder } from './graph-builder.ts';

/** ONNX Runtime's blocked CPU kernels take channels in blocks of 8 or 16. */
const block = 16;

/**
 * PReLU with one slope per channel of an NCHW tensor. Written as slope * x + (1 - slope) * Relu(x) with 1×1 depthwise convolutions: ONNX
 * Runtime runs those in its blocked layout, while its PRelu is scalar and turns the layout back and forth (three times slower overall).
 */
export function prelu(graph: GraphBuilder, input: string, slopes: ArrayLike<number>): string {
  const channels = slopes.length;
  if (channels % block !== 0)
    return graph.node('PRelu', [input, graph.constant(floats(slopes, [channels, 1, 1]))]);
  const scaled = (of: string, factors: ArrayLike<number>) =>
    graph.node('Conv', [of, graph.constant(floats(factors, [channels, 1, 1, 1]))], {
      group: channels,
      kernel_shape: [1, 1],
    });
  const positive = scaled(
    graph.node('Relu', [input]),
    Array.from(slopes, (slope) => 1 - slope),
  );
  return graph.node('Add', [scaled(input, slopes), positive]);
}
