import { expect, test } from 'vitest';
import { readLines } from './read-lines.ts';

async function* cutInto(size: number, text: string) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

async function collect(lines: AsyncIterable<unknown>): Promise<unknown[]> {
  const found = [];
  for await (const line of lines) found.push(line);
  return found;
}

test.each([1, 3, 7, 1000])('lines of a reply that comes in pieces of %i bytes', async (size) => {
  const found = await collect(readLines(cutInto(size, '{"seen":1}\n\n{"says":"größer"}\n{"end":true}')));
  expect(found).toEqual([{ seen: 1 }, { says: 'größer' }, { end: true }]);
});

test('half a line is no line', async () => {
  await expect(collect(readLines(cutInto(4, '{"seen":1}\n{"se')))).rejects.toThrow(SyntaxError);
});
