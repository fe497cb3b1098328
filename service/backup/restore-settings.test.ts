import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeSettings } from './restore-seal.ts';

let data: string;
let staged: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-old-'));
  staged = mkdtempSync(join(tmpdir(), 'gatehouse-staged-'));
});
afterEach(() => {
  for (const folder of [data, staged]) rmSync(folder, { recursive: true, force: true });
});

test('the installed certificate of the old directory comes along, and what the box issues itself does not', () => {
  mkdirSync(join(data, 'tls'), { mode: 0o700 });
  for (const name of ['installed.pem', 'own.pem'])
    writeFileSync(join(data, 'tls', name), name, { mode: 0o600 });
  writeSettings(data, staged, { masterKeyFile: undefined, databaseUrl: undefined });
  expect(readFileSync(join(staged, 'tls/installed.pem'), 'utf8')).toBe('installed.pem');
  expect(existsSync(join(staged, 'tls/own.pem'))).toBe(false);
  expect(statSync(join(staged, 'tls')).mode & 0o777).toBe(0o700);
});

test('a directory without one is restored without', () => {
  writeSettings(data, staged, { masterKeyFile: undefined, databaseUrl: undefined });
  expect(existsSync(join(staged, 'tls'))).toBe(false);
});
