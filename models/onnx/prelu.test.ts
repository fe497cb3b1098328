import { expect, test } from 'vitest';
import { createNoise } from '../../test/support/naive-network.ts';
import { farthest, runOnnx } from '../../test/support/run-onnx.ts';
import { createGraphBuilder } from './graph-builder.ts';
import { prelu } from './prelu.ts';

test.each([5, 16, 48])('of %i channels is x where positive and slope * x elsewhere', async (channels) => {
  const noise = createNoise(channels);
  const slopes = Float32Array.from({ length: channels }, () => 1.5 * noise());
  const plane = 12;
  const input = Float32Array.from({ length: 2 * channels * plane }, () => 4 * noise());

  const graph = createGraphBuilder('prelu');
  graph.node('Identity', [prelu(graph, graph.input('x', ['N', channels, 3, 4]), slopes)], {}, 'y');
  graph.output('y', ['N', channels, 3, 4]);
  const { y } = await runOnnx(graph.finish(), input, [2, channels, 3, 4]);

  const expected = input.map((x, i) => (x > 0 ? x : x * slopes[Math.floor(i / plane) % channels]!));
  expect(farthest(y!.data, expected)).toBeLessThan(1e-6);
});
