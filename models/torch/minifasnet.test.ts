import { describe, expect, test } from 'vitest';
import {
  addMaps,
  channelMeans,
  convolve,
  createNoise,
  type Map3,
  map3,
  mapChannels,
} from '../../test/support/naive-network.ts';
import { runOnnx } from '../../test/support/run-onnx.ts';
import { convertMiniFasNet } from './minifasnet.ts';
import type { TorchTensor } from './state-dict.ts';

/** Weights of a narrow MiniFASNet, with squeeze and excitation in the last block of each stage where asked for. */
function narrowWeights(excited: boolean): Map<string, TorchTensor> {
  const noise = createNoise(excited ? 5 : 9);
  const tensors = new Map<string, TorchTensor>();
  const add = (name: string, dims: number[], value: () => number) => {
    const count = dims.reduce((product, size) => product * size, 1);
    tensors.set(`module.${name}`, { dims, values: Float32Array.from({ length: count }, value) });
  };
  const norm = (name: string, channels: number) => {
    add(`${name}.weight`, [channels], () => 1 + 0.3 * noise());
    add(`${name}.bias`, [channels], () => 0.2 * noise());
    add(`${name}.running_mean`, [channels], () => 0.2 * noise());
    add(`${name}.running_var`, [channels], () => 1 + 0.5 * noise());
  };
  const conv = (name: string, [outputs, inputs, side]: [number, number, number], slopes: boolean) => {
    add(`${name}.conv.weight`, [outputs, inputs, side, side], () => noise() / Math.sqrt(inputs * side));
    norm(`${name}.bn`, outputs);
    if (slopes) add(`${name}.prelu.weight`, [outputs], () => 0.5 * noise());
  };
  const depthWise = (name: string, [from, inner, to]: [number, number, number]) => {
    conv(`${name}.conv`, [inner, from, 1], true);
    conv(`${name}.conv_dw`, [inner, 1, 3], true);
    conv(`${name}.project`, [to, inner, 1], false);
  };
  conv('conv1', [4, 3, 3], true);
  conv('conv2_dw', [4, 1, 3], true);
  for (const [stage, down, from, to, blocks] of [
    ['conv_3', 'conv_23', 4, 5, 2],
    ['conv_4', 'conv_34', 5, 6, 1],
    ['conv_5', 'conv_45', 6, 6, 2],
  ] as const) {
    depthWise(down, [from, 7, to]);
    for (let i = 0; i < blocks; i++) depthWise(`${stage}.model.${i}`, [to, 3 + i, to]);
    if (!excited) continue;
    const module = `${stage}.model.${blocks - 1}.se_module`;
    add(`${module}.fc1.weight`, [2, to, 1, 1], noise);
    norm(`${module}.bn1`, 2);
    add(`${module}.fc2.weight`, [to, 2, 1, 1], noise);
    norm(`${module}.bn2`, to);
  }
  conv('conv_6_sep', [8, 6, 1], true);
  conv('conv_6_dw', [8, 1, 5], false);
  add('linear.weight', [6, 8], noise);
  norm('bn', 6);
  add('prob.weight', [3, 6], noise);
  return tensors;
}

/** The network as its authors wrote it: batch norm after each convolution, nothing folded. The three probabilities. */
function forward(tensors: Map<string, TorchTensor>, image: Map3): number[] {
  const values = (name: string) => tensors.get(`module.${name}`)!.values;
  const normed = (map: Map3, name: string): Map3 => {
    const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
      values(`${name}.${part}`),
    );
    return mapChannels(
      map,
      (x, c) => ((x - mean![c]!) / Math.sqrt(variance![c]! + 1e-5)) * weight![c]! + bias![c]!,
    );
  };
  const conv = (map: Map3, kernel: string, norm: string, stride = 1): Map3 => {
    const { dims, values: weights } = tensors.get(`module.${kernel}.weight`)!;
    const [outputs = 0, inputs = 0, side = 0] = dims;
    const pad = side === 3 ? 1 : 0;
    return normed(
      convolve(map, weights, outputs, side, { stride, pads: [pad, pad], groups: map.channels / inputs }),
      norm,
    );
  };
  const unit = (map: Map3, name: string, stride = 1): Map3 => {
    const slopes = values(`${name}.prelu.weight`);
    return mapChannels(conv(map, `${name}.conv`, `${name}.bn`, stride), (x, c) =>
      x > 0 ? x : x * slopes[c]!,
    );
  };
  const depthWise = (map: Map3, name: string, stride: number): Map3 =>
    conv(
      unit(unit(map, `${name}.conv`), `${name}.conv_dw`, stride),
      `${name}.project.conv`,
      `${name}.project.bn`,
    );
  const excite = (map: Map3, name: string): Map3 => {
    const means = channelMeans(map);
    const pooled = map3(means.length, 1, 1, (i) => means[i]!);
    const squeezed = mapChannels(conv(pooled, `${name}.fc1`, `${name}.bn1`), (x) => Math.max(x, 0));
    const { data } = conv(squeezed, `${name}.fc2`, `${name}.bn2`);
    return mapChannels(map, (x, c) => x / (1 + Math.exp(-data[c]!)));
  };
  const stage = (map: Map3, down: string, name: string): Map3 => {
    let result = depthWise(map, down, 2);
    for (let i = 0; tensors.has(`module.${name}.model.${i}.conv.conv.weight`); i++) {
      const block = depthWise(result, `${name}.model.${i}`, 1);
      const excited = tensors.has(`module.${name}.model.${i}.se_module.fc1.weight`);
      result = addMaps(result, excited ? excite(block, `${name}.model.${i}.se_module`) : block);
    }
    return result;
  };
  const dense = (map: Map3, name: string): Map3 => {
    const { dims, values: weights } = tensors.get(`module.${name}.weight`)!;
    return convolve(map, weights, dims[0]!, 1);
  };

  let map = unit(unit(image, 'conv1', 2), 'conv2_dw');
  map = stage(map, 'conv_23', 'conv_3');
  map = stage(map, 'conv_34', 'conv_4');
  map = stage(map, 'conv_45', 'conv_5');
  map = conv(unit(map, 'conv_6_sep'), 'conv_6_dw.conv', 'conv_6_dw.bn');
  const logits = [...dense(normed(dense(map, 'linear'), 'bn'), 'prob').data].map(Math.exp);
  const total = logits.reduce((a, b) => a + b);
  return logits.map((x) => x / total);
}

describe('convertMiniFasNet', () => {
  test.each([
    ['without', false],
    ['with', true],
  ])('computes what the unfolded network computes, %s squeeze and excitation', async (_, excited) => {
    const tensors = narrowWeights(excited);
    const noise = createNoise(2);
    const images = [0, 1, 2].map((seed) =>
      map3(3, 80, 80, (i) => 128 + 100 * Math.sin(seed + i / 50) + 20 * noise()),
    );
    const onnx = convertMiniFasNet('test', tensors);
    const { live } = await runOnnx(
      onnx,
      images.flatMap(({ data }) => [...data]),
      [3, 3, 80, 80],
    );
    expect(live!.dims).toEqual([3, 1]);
    images.forEach((image, i) => {
      expect(live!.data[i]).toBeCloseTo(forward(tensors, image)[1]!, 4);
    });
  });

  test('gives the same bytes twice', () => {
    expect(convertMiniFasNet('test', narrowWeights(true))).toEqual(
      convertMiniFasNet('test', narrowWeights(true)),
    );
  });

  test('refuses weights that are too few or too many', () => {
    const fewer = narrowWeights(false);
    fewer.delete('module.conv_5.model.0.project.bn.bias');
    expect(() => convertMiniFasNet('test', fewer)).toThrow(
      'The weights hold no conv_5.model.0.project.bn.bias',
    );
    const more = narrowWeights(false).set('module.extra', { dims: [1], values: Float32Array.of(1) });
    expect(() => convertMiniFasNet('test', more)).toThrow(
      'The weights hold more than a MiniFASNet: module.extra.',
    );
  });
});
