import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { takeUpdateLock } from './journal.ts';

test.runIf(process.platform === 'linux')(
  'one update at a time; a program that outlives a killed one holds the lock too, and is waited for',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-update-lock-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const take = (waitSeconds: number) => takeUpdateLock({ folder, waitSeconds });
    const first = await take(0);
    expect(statSync(folder).mode & 0o777).toBe(0o711);
    await expect(take(0)).rejects.toMatchObject({ code: 'CONFLICT' });
    const orphan = spawn('cat', [], { stdio: ['pipe', 'ignore', 'ignore', 'ignore', first.fd] });
    await once(orphan, 'spawn');
    first[Symbol.dispose]();
    await expect(take(0)).rejects.toThrow('Another update is under way');
    const waiting = take(60);
    orphan.stdin!.end();
    (await waiting)[Symbol.dispose]();
    (await take(0))[Symbol.dispose]();
  },
);
