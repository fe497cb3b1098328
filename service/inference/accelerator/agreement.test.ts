import { expect, test } from 'vitest';
import type { ModelEntry } from '../models/manifest.ts';
import { differences, disagreement, fixedInput } from './trial.ts';

const entry = (decoder: ModelEntry['decoder'], ...outputs: string[]) =>
  ({ decoder, outputs: Object.fromEntries(outputs.map((name) => [name, name])) }) as ModelEntry;
const values = (...numbers: number[]) => Float32Array.from(numbers);
const said = (of: ModelEntry, a: Record<string, Float32Array>, b: Record<string, Float32Array>, batch = 1) =>
  disagreement(differences(of, a, b, batch));

test.each([
  ['a point', 'facemesh', 'mesh', [96, 40, 3], [96.09, 40, 3], [96.2, 40, 3]],
  ['a flag', 'facemesh', 'flag', [0.5], [0.501], [0.503]],
  ['a logit near the threshold', 'blazeface', 'scores', [0.1], [0.105], [0.12]],
  ['a logit far from it, by its size', 'blazeface', 'scores', [-200], [-201], [-203]],
  ['a PAD score', 'minifasnet', 'live', [0.9], [0.899], [0.89]],
  ['an output of three strides', 'yunet', 'kps_16', [1.5], [1.505], [1.52]],
] as const)('%s may differ by its bound and no more', (_what, decoder, output, expected, near, far) => {
  const of = entry(decoder, output);
  const [a, b, c] = [expected, near, far].map((numbers) => ({ [output]: values(...numbers) }));
  expect(said(of, a!, b!)).toBeUndefined();
  expect(said(of, a!, c!)).toContain(`${output} by `);
});

test('embeddings are compared picture by picture, by their direction', () => {
  const of = entry('embedding', 'embedding');
  const both = { embedding: values(1, 0, 0, 1) };
  expect(said(of, both, { embedding: values(2, 0, 0, 3) }, 2)).toBeUndefined();
  expect(said(of, both, { embedding: values(1, 0, 0.1, 1) }, 2)).toBe(
    'its answers differ from those of the CPU: embedding by 0.0050 (at most 0.0001)',
  );
});

test.each([
  ['NaN', values(Number.NaN, 1)],
  ['infinity', values(Number.POSITIVE_INFINITY, 1)],
  ['another length', values(1)],
])('%s never agrees', (_what, found) => {
  expect(said(entry('iris', 'contour'), { contour: values(1, 1) }, { contour: found })).toContain(
    'contour by Infinity',
  );
  expect(said(entry('embedding', 'embedding'), { embedding: values(1, 1) }, { embedding: found })).toContain(
    'Infinity',
  );
});

test('fixed pictures are the same at every call, and each is another one', () => {
  const input = {
    size: [32, 24],
    layout: 'NHWC',
    colour: 'BGR',
    mean: [127.5, 127.5, 127.5],
    scale: [127.5, 127.5, 127.5],
  };
  const net = { input: { ...input, batch: true } } as ModelEntry;
  const pictures = fixedInput(net, 6);
  expect(pictures).toEqual(fixedInput(net, 6));
  const each = Array.from({ length: 6 }, (_, i) => `${pictures.subarray(i * 2304, (i + 1) * 2304)}`);
  expect(new Set(each).size).toBe(6);
  expect(pictures.every((value) => Math.abs(value) <= 1)).toBe(true);
  const planar = fixedInput({ input: { ...input, layout: 'NCHW', batch: true } } as ModelEntry, 1);
  expect(planar[768]).toBe(pictures[1]);
});
