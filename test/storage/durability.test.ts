import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { openKeyStore } from '../../service/storage/keys/key-store.ts';

const clock = { now: () => 1 };
const program = fileURLToPath(new URL('./commit-rows.ts', import.meta.url));
const RUNS = 12;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-durability-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program until it has acknowledged `rows` rows, then kills it wherever it is. Gives what it acknowledged. */
async function commitAndKill(paths: [string, string], run: number, rows: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, ...paths, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk;
    if (said.split('\n').length > rows) child.kill('SIGKILL');
  });
  await once(child, 'close');
  return said.split('\n').slice(0, -1);
}

test(`${RUNS} times kill -9: every acknowledged row and its key are there, no half transaction, the file is whole`, async () => {
  const paths: [string, string] = [join(folder, 'gatehouse.db'), join(folder, 'keys.db')];
  const acknowledged: string[] = [];
  for (let run = 0; run < RUNS; run++) {
    const printed = await commitAndKill(paths, run, 3 + run * 7);
    expect(printed.length).toBeGreaterThan(2 + run * 7);
    acknowledged.push(...printed);

    const { db, close } = await openDatabase({ kind: 'sqlite', path: paths[0] }, { clock, log: silentLog });
    const rows = await db.selectFrom('organization').select(['id', 'name']).execute();
    const integrity = await sql`pragma integrity_check`.execute(db);
    await close();
    const store = await openKeyStore({ kind: 'sqlite', path: paths[1] }, { clock });
    const keys = new Set<string>((await store.organizations()).map(({ organization }) => organization));
    await store.close();

    const halves = Map.groupBy(rows, ({ name }) => name);
    expect(integrity.rows).toEqual([{ integrity_check: 'ok' }]);
    expect(acknowledged.filter((id) => !halves.has(id))).toEqual([]);
    expect([...halves].filter(([, parts]) => parts.length !== 2)).toEqual([]);
    expect([...halves.keys()].filter((id) => !keys.has(id))).toEqual([]);
  }
});
