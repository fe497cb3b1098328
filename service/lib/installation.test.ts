import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { document, documentNames, helpPath, inCheckout } from './installation.ts';
import { productRoot } from './product-root.ts';

const root = productRoot();

test('a message names a document that this installation has', () => {
  expect(documentNames.filter((name) => !existsSync(join(root, `docs/${name}.md`)))).toEqual([]);
  expect(document('WEBHOOKS')).toBe('docs/WEBHOOKS.md');
  expect(document('WEBHOOKS', false)).toBe(`${join(root, 'docs/WEBHOOKS.md')} or /help/webhooks on the box`);
  expect(helpPath('SUBJECT-RECORD')).toBe('/help/subject-record');
});

test('what only a checkout has is named on a checkout alone', () => {
  expect(inCheckout(' (npm run models)', true)).toBe(' (npm run models)');
  expect(inCheckout(' (npm run models)', false)).toBe('');
});

test('no message of the service spells the path of a document, or a command of npm, by itself', () => {
  const sources = globSync('service/**/*.ts', { cwd: root }).filter(
    (file) => !/\.test\.ts$|service\/(lib\/installation|reference\/|cli\/licenses\/licenses)/.test(file),
  );
  expect(sources.length).toBeGreaterThan(500);
  const found = sources.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(\*|\/\*|\/\/)/.test(line))
      .filter((line) => /docs\/[A-Z-]+\.md|npm run (models|demo|desktop|package)\b/.test(line))
      .filter((line) => !/inCheckout\(|isCheckout/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});
