import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorsPage } from './errors-page.ts';

test('docs/ERRORS.md is that of this code: npm run generate', () => {
  expect(readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8')).toBe(errorsPage());
});
