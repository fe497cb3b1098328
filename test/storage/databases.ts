import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { DatabasePlace } from '../../service/storage/connection.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

/**
 * Describes `suite` once on SQLite files and once on PostgreSQL (skipped, and reported so, where it is not installed).
 * `newPlace` gives an empty database every time.
 */
export function onBothDatabases(
  name: string,
  suite: (newPlace: () => Promise<DatabasePlace>, kind: 'sqlite' | 'postgres') => void,
): void {
  describe(`${name} on SQLite`, () => {
    let folder: string;
    let count = 0;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'gatehouse-sqlite-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    suite(async () => ({ kind: 'sqlite', path: join(folder, String(count++), 'gatehouse.db') }), 'sqlite');
  });

  const binaries = findPostgres();
  describe.skipIf(binaries === undefined)(`${name} on PostgreSQL`, () => {
    let server: TestPostgres;
    beforeAll(async () => {
      server = await startPostgres(binaries!);
    });
    afterAll(() => server?.stop());
    suite(async () => ({ kind: 'postgres', url: await server.createDatabase() }), 'postgres');
  });
}
