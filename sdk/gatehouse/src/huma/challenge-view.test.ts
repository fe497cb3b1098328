import { describe, expect, test } from 'vitest';
import { english } from './challenge-strings.ts';
import { nextItem, viewOf } from './challenge-view.ts';

const picture = 'data:image/png;base64,iVBORw0KGgo=';
/** Four columns and three rows, each target loosely in its cell. */
const loose = [3, -4, 5, -5, 0, 4, -3, 2, 5, 1, -5, 3];
const targets = (label: (i: number) => string) =>
  loose.map((by, i) => ({
    id: `t${i}`,
    x: 12.5 + 25 * (i % 4) + by,
    y: 16.7 + 33.3 * Math.floor(i / 4) - by,
    label: label(i),
  }));
/** The ids say nothing of the place. */
const ids = ['7', '2', '9', '4', '1', '3', '8', '6', '5'];
const dots = ids
  .map((id, i) => ({ id, x: [16.7, 50, 83.3][i % 3]!, y: [16.7, 50, 83.3][Math.floor(i / 3)]! }))
  .sort((a, b) => a.id.localeCompare(b.id));
const pattern = (hint: string) =>
  viewOf(
    {
      type: 'pattern',
      payload: { instruction: 'Connect', grid: { columns: 3, rows: 3 }, dots, sequence_hint: hint },
    },
    english,
  );

describe('targets', () => {
  test('stand in reading order; an emoji is its own name', () => {
    const shuffled = targets((i) => ['🌿', '🎯'][i % 2]!).sort((a, b) => a.x - b.x);
    const view = viewOf(
      { type: 'click_targets', payload: { instruction: 'Click', targets: shuffled } },
      english,
    );
    expect([view.rows, view.columns, view.items.map(({ id }) => id)]).toEqual([
      ...[3, 4],
      Array.from({ length: 12 }, (_, i) => `t${i}`),
    ]);
    expect(view.items[1]).toMatchObject({ id: 't1', name: '🎯', text: '🎯' });
  });

  test('a picture is named by its place', () => {
    const view = viewOf(
      { type: 'click_targets', payload: { instruction: 'Click', targets: targets(() => picture) } },
      english,
    );
    expect(view.items[6]).toMatchObject({ picture, name: 'Picture, row 2, column 3' });
  });

  test.each([
    'https://watcher.example/pixel.png',
    '//watcher.example/pixel.png',
    'data:text/html;base64,PGI+',
    'data:image/svg+xml;base64,PHN2Zz4=',
    `${picture}" onerror="x`,
  ])('%s is no picture: it stays text', (label) => {
    const payload = { instruction: 'Click', targets: [{ id: 't0', x: 1, y: 1, label }] };
    expect(viewOf({ type: 'click_targets', payload }, english).items).toEqual([
      { id: 't0', x: 1, y: 1, row: 0, column: 0, text: label, name: label },
    ]);
  });
});

describe('a pattern', () => {
  test('names its dots in the words of the hint, in reading order', () => {
    const view = pattern('top left, then center');
    expect(view.items.map(({ id, name }) => `${id} ${name}`)).toEqual(
      ids.map((id, i) => `${id} ${english.places[i]}`),
    );
    expect([view.hint, view.hintPicture]).toEqual(['top left, then center', undefined]);
  });

  test('has its hint as a picture in the hardened form', () => {
    const view = pattern(picture);
    expect([view.hint, view.hintPicture]).toEqual([undefined, picture]);
  });

  test('of another size names rows and columns', () => {
    const payload = {
      instruction: 'Connect',
      grid: { columns: 4, rows: 4 },
      sequence_hint: '',
      dots: [{ id: '1', x: 62.5, y: 37.5 }],
    };
    expect(viewOf({ type: 'pattern', payload }, english).items[0]?.name).toBe('row 2, column 3');
  });
});

describe('the arrow keys', () => {
  const { items } = viewOf(
    { type: 'click_targets', payload: { instruction: '', targets: targets(String) } },
    english,
  );

  test.each([
    ...['t0 ArrowRight t1', 't1 ArrowRight t2', 't3 ArrowRight -', 't2 ArrowLeft t1', 't0 ArrowLeft -'],
    ...['t5 ArrowDown t9', 't5 ArrowUp t1', 't0 ArrowUp -', 't9 ArrowDown -', 't5 Enter -', 't99 ArrowUp -'],
  ])('%s', (line) => {
    const [from, key, to] = line.split(' ') as [string, string, string];
    expect(nextItem(items, from, key) ?? '-').toBe(to);
  });

  test('lead through every target, row by row', () => {
    for (const row of [0, 4, 8]) {
      const way = [`t${row}`];
      for (
        let next = nextItem(items, way[0]!, 'ArrowRight');
        next;
        next = nextItem(items, next, 'ArrowRight')
      )
        way.push(next);
      expect(way).toEqual([0, 1, 2, 3].map((i) => `t${row + i}`));
    }
  });
});
