import { describe, expect, test } from 'vitest';
import { bytesOf, pickle, torchFile } from '../../test/support/torch-file.ts';
import { readStateDict } from './state-dict.ts';

const tensors = [
  { name: 'a.weight', dims: [2, 3], values: [1, 2, 3, 4, 5, 6] },
  { name: 'a.bias', dims: [2], values: [-0.5, 0.25] },
];

describe('readStateDict', () => {
  test('reads the tensors of a file of torch’s first format', () => {
    expect(readStateDict(torchFile(tensors))).toEqual(
      new Map(tensors.map(({ name, dims, values }) => [name, { dims, values: Float32Array.from(values) }])),
    );
  });

  test('runs nothing of a file that asks for more', () => {
    const file = torchFile(tensors, { container: pickle.global('os', 'getcwd') });
    expect(() => readStateDict(file)).toThrow(
      'The pickle names "os.getcwd", which weights have no use for; nothing of it was run.',
    );
  });

  test('refuses tensors that are not stored in order', () => {
    const file = torchFile(tensors, { strides: (dims) => dims.map(() => 1) });
    expect(() => readStateDict(file)).toThrow('A tensor of the file is not stored in order.');
  });

  test.each([
    ['a zip', Buffer.from('PK\x03\x04 and so on')],
    ['nothing', new Uint8Array()],
    ['another pickle', bytesOf(pickle.start, pickle.int(1), pickle.stop)],
  ])('refuses %s', (_, bytes) => {
    expect(() => readStateDict(bytes)).toThrow('The file is no weights file of torch’s first format');
  });

  test('refuses a file cut short at any byte, and one with bytes left over', () => {
    const whole = torchFile(tensors);
    for (let end = 0; end < whole.length; end++)
      expect(() => readStateDict(whole.subarray(0, end))).toThrow(Error);
    expect(() => readStateDict(bytesOf(whole, 0))).toThrow('The file should end at byte');
  });
});
