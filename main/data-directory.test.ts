import { expect, test } from 'vitest';
import { dataDirectory } from './data-directory.ts';

const at = { home: '/home/ada', cwd: '/gatehouse' };

test.each([
  { words: ['--data', '/srv/box'], env: {}, is: '/srv/box' },
  { words: ['--data=/srv/box'], env: { GATEHOUSE_DATA: '/other' }, is: '/srv/box' },
  { words: ['--no-sandbox', '--data', 'box'], env: {}, is: '/gatehouse/box' },
  { words: ['--data', 'box'], env: { npm_lifecycle_event: 'desktop', INIT_CWD: '/srv' }, is: '/srv/box' },
  { words: ['--data', 'box'], env: { npm_lifecycle_event: 'dev', INIT_CWD: '/srv' }, is: '/srv/box' },
  { words: ['--data', 'box'], env: { npm_lifecycle_event: 'test', INIT_CWD: '/srv' }, is: '/gatehouse/box' },
  { words: [], env: { GATEHOUSE_DATA: '/other' }, is: '/other' },
  { words: [], env: { GATEHOUSE_DATA: '' }, is: '/home/ada/.local/share/gatehouse' },
])('$words with $env is $is', ({ words, env, is }) => {
  expect(dataDirectory(words, { ...at, env })).toBe(is);
});

test.each([['--data'], ['--data=']])('%s without a directory is refused', (word) => {
  expect(() => dataDirectory([word], { ...at, env: {} })).toThrow('--data DIR');
});
