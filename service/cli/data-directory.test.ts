import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isInitialized } from './data-directory.ts';

test.each(['master.key', 'master-passphrase.json', 'node.json'])(
  'a directory whose databases are on PostgreSQL is known by what protects its keys: %s',
  (name) => {
    const data = mkdtempSync(join(tmpdir(), 'gatehouse-directory-'));
    onTestFinished(() => rmSync(data, { recursive: true }));
    writeFileSync(join(data, 'gatehouse.json'), '{}');
    expect(isInitialized(data)).toBe(false);
    writeFileSync(join(data, name), '');
    expect(isInitialized(data)).toBe(true);
  },
);
