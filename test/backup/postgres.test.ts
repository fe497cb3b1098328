import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { findDamage } from '../../service/storage/backup-check.ts';
import { copyDatabase } from '../../service/storage/backup-copy.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { operator, startEngine } from '../support/engine.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const clock = { now: () => Date.UTC(2026, 10, 20, 12) };

describe.skipIf(binaries === undefined)('a backup of PostgreSQL', () => {
  let server: TestPostgres;
  let folder: string;
  beforeAll(async () => {
    server = await startPostgres(binaries!);
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-pg-copy-'));
    mkdirSync(join(folder, 'tmp'));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('is a SQLite file with every row, as it was at one moment', async () => {
    const place = { kind: 'postgres', url: await server.createDatabase() } as const;
    const engine = await startEngine({ place });
    const realm = { organization: engine.organization, world: 'test' } as const;
    for (let i = 0; i < 3; i++) {
      const vector = new Float32Array(512);
      vector[i] = 1;
      await engine.subjects.enroll(
        realm,
        { email: `p${i}@example.com`, embeddings: { 'a-net': vector }, quality: 0.9 },
        operator,
      );
    }
    const path = join(folder, 'copy.db');
    const { facts, dialect } = await copyDatabase(place, path, clock);
    expect({ dialect, organizations: facts.organizations }).toEqual({
      dialect: 'postgres',
      organizations: [engine.organization],
    });
    expect(findDamage(path)).toEqual([]);
    expect([existsSync(`${path}-wal`), existsSync(`${path}-journal`)]).toEqual([false, false]);
    const copy = await openDatabase({ kind: 'sqlite', path }, { clock, log: silentLog });
    for (const table of ['organization', 'subject', 'template', 'audit', 'outbox', 'consent'] as const) {
      const [there, here] = await Promise.all(
        [engine.db, copy.db].map((db) => db.selectFrom(table).selectAll().orderBy('id').execute()),
      );
      expect(here).toEqual(there);
    }
    await copy.close();
    await engine.stop();
  });
});
