import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asOwner, foreignOwner } from './directory-owner.ts';
import { checkOwner } from './doctor/checks.ts';

let folder: string;
let uid: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-owner-'));
  uid = statSync(folder).uid;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a directory of another account is reported with its owner; an own or absent one is not', () => {
  expect(foreignOwner(folder, uid)).toBeUndefined();
  expect(foreignOwner(join(folder, 'absent'), uid + 1)).toBeUndefined();
  expect(foreignOwner(folder, uid + 1)).toEqual({ folder, uid });
  expect(asOwner({ folder, uid: 1001 }, 'npx gatehouse doctor')).toBe("sudo -u '#1001' npx gatehouse doctor");
});

test('the doctor fails on it', () => {
  expect(checkOwner(folder, uid)).toBeUndefined();
  expect(checkOwner(folder, uid + 1)).toMatchObject({
    state: 'fail',
    found: `${folder} belongs to another account (uid ${uid})`,
    remedy: expect.stringContaining(`sudo -u '#${uid}'`),
  });
});
