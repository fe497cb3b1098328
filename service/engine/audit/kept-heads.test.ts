import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Audited, startAudited } from '../../../test/support/audited.ts';

const SECOND = 1_000;

let folder: string;
let audited: Audited;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-kept-heads-'));
  audited = await startAudited({ keptIn: join(folder, 'audit-heads.json') });
});
afterEach(async () => {
  await audited.close();
  rmSync(folder, { recursive: true, force: true });
});

/** As an older record has it. */
async function endAt(chain: string, seq: number): Promise<void> {
  for (const table of ['audit', 'audit_checkpoint'] as const)
    await audited.db.deleteFrom(table).where('chain', '=', chain).where('seq', '>', seq).execute();
  audited.advance(SECOND);
}

test('what is lost begins where the record went back to, also where lines were added before the look', async () => {
  await audited.add(5);
  audited.advance(SECOND);
  await audited.add(2);
  await endAt('', 4);
  await audited.add(1);
  audited.advance(SECOND);
  await audited.auditLog.verify();
  expect(audited.auditLog.lost()).toEqual([{ chain: '', from: 5, through: 7 }]);
});

test('also of the chain of another node, and when it happens again', async () => {
  const other = audited.ofNode('node_b');
  const add = async (count: number) => {
    for (let i = 0; i < count; i++) await other.record(audited.line());
  };
  await audited.add(1);
  await add(7);
  await audited.auditLog.checkpoint('time');
  await endAt('node_b', 4);
  await add(2);
  await audited.auditLog.verify();
  const first = { chain: 'node_b', from: 5, through: 7 };
  expect(audited.auditLog.lost()).toEqual([first]);
  await audited.auditLog.checkpoint('time');
  await endAt('node_b', 0);
  await add(1);
  await audited.auditLog.verify();
  expect(audited.auditLog.lost()).toEqual([first, { chain: 'node_b', from: 1, through: 6 }]);
});
