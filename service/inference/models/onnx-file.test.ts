import { expect, test } from 'vitest';
import { findExternalReference, looksLikeOnnx } from './onnx-file.ts';

/** ir_version 8 and an empty graph named by one byte. */
const onnx = (mark: number) => Uint8Array.of(0x08, 8, 0x3a, 3, 0x12, 1, mark);

test('ONNX is recognized by its protobuf, not by its name', () => {
  expect(looksLikeOnnx(onnx(1))).toBe(true);
  expect(looksLikeOnnx(new Uint8Array())).toBe(false);
  expect(looksLikeOnnx(onnx(1).subarray(0, 5))).toBe(false); // the graph runs past the end
  expect(looksLikeOnnx(Uint8Array.of(0x08, 8))).toBe(false); // no graph
  expect(looksLikeOnnx(Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 0, 0))).toBe(false); // a zip, such as a .pth
  expect(looksLikeOnnx(Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc))).toBe(false); // a pickle
  expect(looksLikeOnnx(new Uint8Array(64).fill(255))).toBe(false);
  const asOrt = Uint8Array.of(0x12, 6, 0x20, 0x20, ...Buffer.from('ORTM'), ...onnx(1)); // a name that ONNX Runtime takes for a mark
  expect(looksLikeOnnx(asOrt)).toBe(false);
});

const number = (field: number, ...bytes: number[]) =>
  [field * 8, ...bytes].flatMap((n, i) => (i === 0 ? varint(n) : [n]));
const holding = (field: number, ...content: number[][]) => {
  const bytes = content.flat();
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
};
const text = (field: number, words: string) => holding(field, [...Buffer.from(words)]);
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const model = (...fields: number[][]) => Uint8Array.from([...number(1, 8), ...fields.flat()]);
const graph = (...fields: number[][]) => holding(7, ...fields);
const node = (...attribute: number[][]) =>
  holding(1, text(4, 'If'), holding(5, text(1, 'then_branch'), ...attribute));

/** A tensor whose data lie in `/etc/shadow`. */
const location = holding(13, text(1, 'location'), text(2, '/etc/shadow'));
const outside = (field: number) => holding(field, text(8, 'w'), location, number(14, 1));
const inside = (field: number) => holding(field, text(8, 'w'), holding(9, [0, 0, 0, 0]), number(14, 0));

test.each([
  ['an initializer', graph(outside(5))],
  ['a second graph, where parsers keep the last or both', [...graph(outside(5)), ...graph(inside(5))]],
  ['the values of a sparse initializer', graph(holding(15, outside(1)))],
  ['the indices of a sparse initializer', graph(holding(15, inside(1), outside(2)))],
  ['a tensor of a node', graph(node(outside(5)))],
  ['one of the tensors of a node', graph(node(inside(10), outside(10)))],
  ['a sparse tensor of a node', graph(node(holding(22, outside(1))))],
  [
    'one of the sparse tensors of a node',
    graph(node(holding(23, inside(1)), holding(23, inside(1), outside(2)))),
  ],
  ['an initializer of a subgraph', graph(node(holding(6, outside(5))))],
  ['a node of a subgraph of a subgraph', graph(node(holding(6, node(holding(11, node(outside(5)))))))],
  ['a node of a function', [...graph(inside(5)), ...holding(25, holding(7, holding(5, outside(5))))]],
  ['a default attribute of a function', [...graph(), ...holding(25, holding(11, outside(5)))]],
  ['a training graph', [...graph(), ...holding(20, holding(1, outside(5)))]],
  ['an initializer without the word EXTERNAL', graph(holding(5, text(8, 'w'), location))],
  [
    'an initializer whose word has more bits than count',
    graph(holding(5, text(8, 'w'), number(14, 0x81, 0x80, 0x80, 0x80, 0x10))),
  ],
])('weights in another file are found in %s', (_where, fields) => {
  expect(findExternalReference(model(fields))).toBe('weights in another file (the tensor "w")');
});

test('a node that names a compiled model in another file is found', () => {
  expect(findExternalReference(model(graph(holding(1, text(4, 'EPContext')))))).toContain('EPContext');
});

test('a model that holds everything is let through, also with fields that are not known', () => {
  const everything = [
    inside(5),
    holding(15, inside(1), inside(2)),
    node(inside(5), holding(6, inside(5))),
    text(99, 'x'),
  ];
  expect(
    findExternalReference(model(graph(...everything), holding(25, holding(7, holding(5, inside(5)))))),
  ).toBeUndefined();
});

test.each([
  ['cut off', graph(inside(5)).slice(0, -3)],
  [
    'a message longer than the one around it',
    [...holding(7, [...varint(42), 100]), ...new Array(200).fill(0)],
  ],
  [
    'nested deeper than parsers go',
    Array.from({ length: 60 }).reduce<number[]>((deep) => holding(1, holding(5, holding(6, deep))), []),
  ],
])('bytes that are %s are refused', (_what, fields) => {
  const bytes = fields.at(0) === varint(7 * 8 + 2)[0] ? fields : graph(fields);
  expect(() => findExternalReference(model(bytes))).toThrow();
});

test('a file of millions of empty fields is refused before all of them are read', () => {
  const empty = Uint8Array.from(onnx(1));
  const many = new Uint8Array(12_000_000).fill(8);
  many.set(empty, many.length - empty.length);
  expect(looksLikeOnnx(many)).toBe(false);
  expect(() => findExternalReference(many)).toThrow('more than 5000000 fields');
  const group = Uint8Array.of(0x0b, ...new Array(200).fill(8), 0x0c);
  expect(() => findExternalReference(group)).toThrow('group');
});
