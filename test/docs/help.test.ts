import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHelp } from '../../renderer/help/book.ts';

const root = join(import.meta.dirname, '../..');

test('each screen of the console names a document that explains it, and a heading that it has', () => {
  const { documents } = readHelp(root);
  const navigation = readFileSync(join(root, 'renderer/console/frame/navigation.ts'), 'utf8');
  const named = [...navigation.matchAll(/ help: '([^']+)'/g)].map(([, help = '']) => help);
  expect(named.length).toBeGreaterThan(20);
  const dead = named.filter((help) => {
    const [name, anchor] = help.split('#');
    const sections = documents.find((one) => one.name === name)?.sections;
    return !sections || (anchor !== undefined && !sections.some((one) => one.anchor === anchor));
  });
  expect(dead).toEqual([]);
});
