import { expect, test } from 'vitest';
import { findUnplainWords } from './plain-words.ts';

test('a refused word is found in prose, in names and in plural, and nowhere inside another word', () => {
  const found = (line: string) => findUnplainWords('docs/a.md', `plain\n${line}\n`, {});
  expect(found('Nobody is enrolled.')).toEqual([
    'docs/a.md:2 says "Nobody": write the noun or the plain verb (R18)',
  ]);
  for (const line of [
    'const everybodys = 1',
    'tellOwner()',
    'TOLD_ALERTS',
    'takeDown()',
    'inWords(1)',
    'of whom',
  ])
    expect(found(line), line).toHaveLength(1);
  for (const line of ['shear, tellurium, heart, retold', 'words in order', 'a person', 'taken by a person'])
    expect(found(line), line).toEqual([]);
});

test('a line that may keep its word must still have it', () => {
  const allowed = { 'a.ts': { 'account nobody': 'the system account' } };
  expect(findUnplainWords('a.ts', 'the account nobody\n', allowed)).toEqual([]);
  expect(findUnplainWords('b.ts', 'the account nobody\n', allowed)).toHaveLength(1);
  expect(findUnplainWords('a.ts', 'the account\n', allowed)).toEqual([
    'a.ts has no line with "account nobody": remove it from test/layers/plain-words.ts',
  ]);
});
