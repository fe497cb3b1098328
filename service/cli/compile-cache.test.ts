import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compileCacheFolder } from './compile-cache.ts';

let packages: string;
let folder: string;
beforeEach(() => {
  packages = mkdtempSync(join(tmpdir(), 'gatehouse-packages-'));
  folder = join(packages, '.cache', 'gatehouse');
});
afterEach(() => rmSync(packages, { recursive: true, force: true }));

describe.skipIf(process.platform === 'win32')('the cache of compiled code', () => {
  const account = process.geteuid!();
  const other = account + 1;

  test('is a folder of the installation that this account alone can read and write', () => {
    expect(compileCacheFolder(packages)).toBe(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(compileCacheFolder(packages)).toBe(folder);
  });

  test('leaves the folder of all caches as the account makes folders', () => {
    compileCacheFolder(packages);
    expect(statSync(join(packages, '.cache')).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  test('is none in an installation of another account, and nothing is made there', () => {
    expect(compileCacheFolder(packages, other)).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
  });

  test.each([0o770, 0o702, 0o750])('is none that others may enter (mode %o)', (mode) => {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, mode);
    expect(compileCacheFolder(packages)).toBeUndefined();
  });

  test('is none that is a link', () => {
    const elsewhere = join(packages, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o700 });
    mkdirSync(join(packages, '.cache'));
    symlinkSync(elsewhere, folder);
    expect(compileCacheFolder(packages)).toBeUndefined();
  });

  test.skipIf(account !== 0)('is none that another account made', () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chownSync(folder, other, other);
    expect(compileCacheFolder(packages)).toBeUndefined();
  });

  test('is none where there is no folder of packages', () => {
    expect(compileCacheFolder(join(packages, 'not-there'))).toBeUndefined();
  });
});
