import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestText } from './manifest-text.ts';

const text = readFileSync(join(import.meta.dirname, 'manifest.json'), 'utf8');

test('writes the manifest as it is committed, one line a point', () => {
  expect(manifestText(JSON.parse(text))).toBe(text);
  expect(text).toMatch(/^ +\{"score": [^{}]+\{"group": [^{}]+\}\},$/m);
});

test('refuses what is not a manifest', () => {
  expect(() => manifestText({ ...JSON.parse(text), models: [{}] })).toThrow('file');
});
