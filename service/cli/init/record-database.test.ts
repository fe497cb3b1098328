import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordDatabase } from '../../data-directory/database-location.ts';

test('the URL stands beside the other settings, for the owner alone', () => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-record-'));
  const file = join(data, 'gatehouse.json');
  try {
    writeFileSync(file, '{"port": 7400}', { mode: 0o644 });
    recordDatabase(data, { databaseUrl: 'postgresql://a:b@c/d' });
    recordDatabase(data, { keysDatabaseUrl: 'postgresql://a:b@c/keys' });
    recordDatabase(data, {});
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      port: 7400,
      databaseUrl: 'postgresql://a:b@c/d',
      keysDatabaseUrl: 'postgresql://a:b@c/keys',
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(data)).toEqual(['gatehouse.json']);
  } finally {
    rmSync(data, { recursive: true });
  }
});
