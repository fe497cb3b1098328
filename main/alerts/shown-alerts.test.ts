import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createShownAlerts } from './shown-alerts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-shown-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('none before the first; what was written is read by the next, and is this account’s alone', async () => {
  const path = join(folder, 'deep', 'shown-alerts.json');
  expect(await createShownAlerts(path).read()).toEqual(new Set());
  await createShownAlerts(path).write(new Set(['alr_1', 'alr_2']));
  expect(await createShownAlerts(path).read()).toEqual(new Set(['alr_1', 'alr_2']));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'deep'))).toEqual(['shown-alerts.json']);
});

test.each(['', '{', '{"ids":[]}', '[1]', '["alr_1"'])('a file with %j counts as none', async (text) => {
  const path = join(folder, 'shown-alerts.json');
  writeFileSync(path, text);
  expect(await createShownAlerts(path).read()).toEqual(new Set());
});

test('a file that cannot be read is an error, not an empty list', async () => {
  await expect(createShownAlerts(folder).read()).rejects.toThrow('EISDIR');
});
