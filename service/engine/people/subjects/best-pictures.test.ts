import { expect, test } from 'vitest';
import { surplusOf } from './best-pictures.ts';

const angle = (degrees: number) => {
  const radians = (degrees * Math.PI) / 180;
  return { a: Float32Array.of(Math.cos(radians), Math.sin(radians)) };
};
const row = (enrollment: string, { sha = 'new', quality = 0.9, at = 1, anchor = 0 } = {}) => ({
  id: `t${enrollment}`,
  enrollment,
  embedder: 'a',
  embedder_sha256: sha,
  quality,
  created_at: at,
  anchor,
});
const drop = (rows: ReturnType<typeof row>[], most: number, degrees: Record<string, number> = {}) =>
  surplusOf(
    rows,
    { a: 'new' },
    most,
    new Map(Object.entries(degrees).map(([id, value]) => [id, angle(value)])),
  );

test('the picture least like the others goes, however good it is', () => {
  const rows = [row('a'), row('b'), row('odd', { quality: 1 }), row('c', { quality: 0.1 })];
  expect(drop(rows, 3, { a: 0, b: 5, odd: 40, c: 2 })).toEqual(['todd']);
  expect(drop(rows, 4, { a: 0, b: 5, odd: 40, c: 2 })).toEqual([]);
});

test('anchors stay: a crowd of like pictures drives out none', () => {
  const crowd = Array.from({ length: 24 }, (_, i) => row(`m${i}`, { quality: 1, at: 2 + i }));
  const rows = [row('first', { anchor: 1, quality: 0.1 }), row('second', { anchor: 1 }), ...crowd];
  const degrees = Object.fromEntries(crowd.map(({ enrollment }, i) => [enrollment, 60 + i / 100]));
  const dropped = drop(rows, 10, { first: 0, second: 3, ...degrees });
  expect(dropped).toHaveLength(16);
  expect(dropped.filter((id) => !id.startsWith('tm'))).toEqual([]);
});

test('where all are anchors none is dropped', () => {
  expect(drop([row('a', { anchor: 1 }), row('b', { anchor: 1 })], 1, { a: 0, b: 90 })).toEqual([]);
});

test('pictures of an older model file go first, then the worse ones, then the older', () => {
  const rows = [
    row('stale', { sha: 'old', quality: 1, at: 9 }),
    row('good'),
    row('bad', { quality: 0.1, at: 9 }),
    row('older', { at: 0 }),
  ];
  const same = { good: 0, bad: 0, older: 0 };
  expect(drop(rows, 3, same)).toEqual(['tstale']);
  expect(drop(rows, 2, same)).toEqual(['tstale', 'tbad']);
  expect(drop(rows, 1, same)).toEqual(['tstale', 'tbad', 'tolder']);
});
