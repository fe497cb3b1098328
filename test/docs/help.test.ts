import { join } from 'node:path';
import { expect, test } from 'vitest';
import { navigation } from '../../renderer/console/frame/navigation.ts';
import { readHelp } from '../../renderer/help/book.ts';

test('each screen of the console names a document that explains it, and a heading that it has', () => {
  const { documents } = readHelp(join(import.meta.dirname, '../..'));
  const entries = navigation.flatMap((group) => group.entries);
  expect(entries.length).toBeGreaterThan(20);
  const dead = entries.filter(({ help }) => {
    const [name, anchor] = help.split('#');
    const sections = documents.find((one) => one.name === name)?.sections;
    return !sections || (anchor !== undefined && !sections.some((one) => one.anchor === anchor));
  });
  expect(dead.map(({ to, help }) => `${to}: ${help}`)).toEqual([]);
});
