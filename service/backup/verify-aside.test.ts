import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../lib/log.ts';
import { createMasterKey } from '../storage/master/master-key.ts';
import { verifyAside } from './verify-aside.ts';

let folder: string;
const threads: Worker[] = [];
const note = (message: unknown) => void threads.push((message as { worker: Worker }).worker);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-aside-'));
  subscribe('worker_threads', note);
});
afterEach(() => {
  unsubscribe('worker_threads', note);
  rmSync(folder, { recursive: true, force: true });
});

test('the thread has ended, and its memory with it, when the answer comes', async () => {
  const file = join(folder, 'x.backup');
  writeFileSync(file, 'no backup');
  const master = createMasterKey(new Uint8Array(32));
  const clock = { now: () => 1 };
  await expect(verifyAside({ file, keys: folder, master, clock, log: silentLog })).rejects.toMatchObject({
    code: 'BACKUP_UNUSABLE',
  });
  expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
});
