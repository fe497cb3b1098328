import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SubjectId } from '../../../../lib/id.ts';
import { createPeopleTexts } from './people-search.ts';

const idOf = (n: number) => `sub_${String(n).padStart(26, '0')}` as SubjectId;
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ł', '\n', '\0', '0', '😀'), maxLength: 6 });

test('finds what a list of all would, whatever was added, replaced and removed before', async () => {
  await fc.assert(
    fc.asyncProperty(
      // Some more than one block takes.
      fc.array(text, { minLength: 500, maxLength: 1_100, size: 'max' }),
      fc.array(fc.record({ id: fc.nat(2_300), text: fc.option(text, { nil: undefined }) }), {
        maxLength: 300,
        size: 'max',
      }),
      fc.array(
        fc.record({
          wanted: text,
          before: fc.option(fc.nat(2_300), { nil: undefined }),
          limit: fc.integer({ min: 1, max: 700 }),
        }),
        { maxLength: 12 },
      ),
      async (first, changes, asked) => {
        const texts = createPeopleTexts();
        const model = new Map<SubjectId, string>();
        const entries = first.map((one, i) => ({ id: idOf(2 * (first.length - i)), text: one }));
        for (let i = 0; i < entries.length; i += 300) texts.append(entries.slice(i, i + 300));
        for (const { id, text: one } of entries) model.set(id, one);
        for (const { id, text: one } of changes) {
          texts.set(idOf(id), one);
          if (one === undefined) model.delete(idOf(id));
          else model.set(idOf(id), one);
        }
        expect(texts.size()).toBe(model.size);
        const newestFirst = [...model].toSorted(([a], [b]) => (a < b ? 1 : -1));
        for (const { wanted, before, limit } of asked) {
          const page = { limit, before: before === undefined ? undefined : idOf(before) };
          const expected = newestFirst
            .filter(([id, one]) => one.includes(wanted) && (page.before === undefined || id < page.before))
            .map(([id]) => id);
          expect(await texts.find(wanted, page)).toEqual(expected.slice(0, limit));
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('grows from nothing, and is empty after the last one went', async () => {
  const texts = createPeopleTexts();
  texts.set(idOf(1), undefined);
  const order = Array.from({ length: 2_000 }, (_, i) => (i * 761) % 2_000);
  for (const n of order) texts.set(idOf(n), `p${n}@x.org`);
  expect(await texts.find('p1999@', { limit: 5 })).toEqual([idOf(1_999)]);
  expect((await texts.find('@x.org', { limit: 3_000 })).length).toBe(2_000);
  for (const n of order) texts.set(idOf(n), undefined);
  expect([texts.size(), await texts.find('', { limit: 5 })]).toEqual([0, []]);
});

test('who comes and goes while a search gives others a turn hides no other person', async () => {
  const texts = createPeopleTexts();
  const count = 40_000;
  texts.append(Array.from({ length: count }, (_, i) => ({ id: idOf(2 * (count - i)), text: `p${i}` })));
  const searching = texts.find('p', { limit: 2 * count });
  for (let n = 2; n <= 2 * count; n += 40) {
    texts.set(idOf(n), undefined);
    texts.set(idOf(n + 1), `p`);
  }
  const found = new Set(await searching);
  const stayed = Array.from({ length: count }, (_, i) => 2 * (i + 1)).filter((n) => n % 40 !== 2);
  expect(stayed.filter((n) => !found.has(idOf(n)))).toEqual([]);
});
