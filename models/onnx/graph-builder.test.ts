import { describe, expect, test } from 'vitest';
import { runOnnx } from '../../test/support/run-onnx.ts';
import { createGraphBuilder, floats, integers } from './graph-builder.ts';
import { decodeModel } from './model-proto.ts';

const scaled = (factor: number) => {
  const graph = createGraphBuilder('scaled');
  graph.node('Mul', [graph.input('x', ['N', 2]), graph.constant(floats([factor], []))], {}, 'y');
  graph.output('y', ['N', 2]);
  return graph.finish();
};

describe('createGraphBuilder', () => {
  test('makes a file that ONNX Runtime runs', async () => {
    expect(await runOnnx(scaled(-3), [1, 2, 3, 4], [2, 2])).toEqual({
      y: { dims: [2, 2], data: [-3, -6, -9, -12] },
    });
  });

  test('gives equal bytes for equal calls and other bytes for another constant', () => {
    expect(scaled(2)).toEqual(scaled(2));
    expect(scaled(2)).not.toEqual(scaled(3));
  });

  test('stores equal constants once, and keeps floats, integers and shapes apart', () => {
    const graph = createGraphBuilder('constants');
    const names = [floats([1]), integers([1]), floats([1], []), floats([1])].map((tensor) =>
      graph.constant(tensor),
    );
    expect(names).toEqual(['c0', 'c1', 'c2', 'c0']);
  });

  test('refuses an output without a node and a constant of the wrong length', () => {
    const graph = createGraphBuilder('wrong');
    expect(() => graph.output('y', [1])).toThrow('No node of the graph wrong makes the output y.');
    expect(() => graph.constant(floats([1, 2, 3], [2, 2]))).toThrow(
      'A constant of shape [2,2] was given 3 values.',
    );
  });

  test('writes what the reader reads', () => {
    expect(decodeModel(scaled(5))).toMatchObject({
      irVersion: 8,
      producerName: 'gatehouse',
      opsetImport: [{ version: 17 }],
      graph: {
        name: 'scaled',
        node: [{ opType: 'Mul', input: ['x', 'c0'], output: ['y'] }],
        initializer: [{ name: 'c0', dataType: 1 }],
        input: [
          {
            name: 'x',
            type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'N' }, { dimValue: 2 }] } } },
          },
        ],
        output: [{ name: 'y' }],
      },
    });
  });
});

test.each([
  ['text', new TextEncoder().encode('not a model')],
  ['nothing', new Uint8Array()],
  ['half a model', scaled(1).subarray(0, 40)],
])('the reader refuses %s', (_, bytes) => {
  expect(() => decodeModel(bytes)).toThrow();
});
