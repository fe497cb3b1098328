import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { productRoot } from '../../../lib/product-root.ts';
import { hasKeyForm, keyPrefixes, makeKeyText } from './api-key.ts';

const page = readFileSync(join(productRoot(), 'docs/KEYS.md'), 'utf8');
const [, written = ''] = /```regex\n(.*)\n```/.exec(page) ?? [];
const leaked = new RegExp(written, 'g');
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const made = keyPrefixes.flatMap((prefix) =>
  (['live', 'test'] as const).map((world) => makeKeyText(prefix, world, randomFillSync)),
);

test('the documented expression finds every key where keys leak', () => {
  for (const key of made) {
    for (const text of [
      key,
      `KEY=${key}\n`,
      `{"key":"${key}"}`,
      `Bearer ${key}'`,
      `?k=${key}&x=1`,
      `(${key}).`,
    ]) {
      expect(text.match(leaked)).toEqual([key]);
    }
  }
  const old = `gh_live_${'a1B2'.repeat(8)}`;
  expect([`x ${old} y`.match(leaked), hasKeyForm(old)]).toEqual([[old], true]);
});

test.each([
  'gh_live_…QWgG',
  'prf_live_your_key_here',
  'huma_live_your_key_here',
  `gh_live_${'a'.repeat(31)}`,
  `gh_live_${'a'.repeat(35)}`,
  `gh_live_${'a'.repeat(39)}`,
  `sk_live_${'a'.repeat(24)}`,
  `sk_live_${'a'.repeat(99)}`,
  `gh_prod_${'a'.repeat(38)}`,
  `xgh_live_${'a'.repeat(38)}`,
  `gh_live_${'a'.repeat(38)}_b`,
  `ghp_${'a'.repeat(36)}`,
  `hp_${'a'.repeat(38)}`,
  `key_01m7w9b6vrvm9c73z58wn53rsy`,
])('it does not find %s', (text) => {
  expect(text.match(leaked)).toBeNull();
});

test('the checksum is the documented one', () => {
  for (const key of made) {
    const number = [...key.slice(-6)].reduce((sum, digit) => sum * 62 + DIGITS.indexOf(digit), 0);
    expect(number).toBe(crc32(key.slice(0, -6)));
  }
});
