import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose } from '../../service/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { restoreBackup } from '../../service/restore-backup.ts';
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

  test('is restored into a directory with SQLite', async () => {
    const [data, stick, backups] = ['data', 'stick', 'backups'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(stick);
    mkdirSync(backups);
    const [databaseUrl, keysDatabaseUrl] = [await server.createDatabase(), await server.createDatabase()];
    const config = parseConfig({ data, databaseUrl, keysDatabaseUrl }, {});
    const gatehouse = await compose(config, { log: silentLog, workers: 'when-needed' });
    await gatehouse.organizations.create({ name: 'Museum' }, operator);
    const { run } = await gatehouse.backups.create({ folder: backups, keysTo: stick }, operator);
    await gatehouse.close();
    const { facts, aside } = await restoreBackup({
      file: run.path,
      keys: stick,
      masterKeyFiles: [join(data, 'master.key')],
      data,
      actor: 'ada',
      drill: true,
      clock,
      log: silentLog,
    });
    expect([facts.database, existsSync(aside!)]).toEqual(['postgres', true]);
    const restored = await compose(parseConfig({ data }, {}), { log: silentLog, workers: 'when-needed' });
    expect((await restored.organizations.list()).map(({ name }) => name)).toEqual(['Museum']);
    expect((await restored.auditLog.verify()).valid).toBe(true);
    await restored.close();
  });
});
