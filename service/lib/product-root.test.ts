import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { productRoot } from './product-root.ts';

test('the nearest folder upward that holds package.json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-root-'));
  try {
    const deep = join(folder, 'dist/service/lib');
    mkdirSync(deep, { recursive: true });
    expect(() => productRoot(deep)).toThrow('reinstall Gatehouse');
    writeFileSync(join(folder, 'package.json'), '{}');
    expect(productRoot(deep)).toBe(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('from here it is Gatehouse', () => {
  const { name } = JSON.parse(readFileSync(join(productRoot(), 'package.json'), 'utf8')) as { name: string };
  expect(name).toBe('gatehouse');
});
