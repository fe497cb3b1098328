import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compose } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { silentLog } from '../../service/lib/log.ts';
import { operator } from '../support/engine.ts';
import { sparing } from '../support/sparing.ts';

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'gatehouse-accept-'));
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const open = () => compose(parseConfig({ data, ...sparing }, {}), { log: silentLog, workers: 'when-needed' });

test('what is accepted of an organization is in force at once, without a restart', async () => {
  const first = await open();
  const { id } = await first.organizations.create({ name: 'Museum' }, operator);
  await first.behaviorSettings.set(id, { tokenHours: 48 }, operator);
  await first.close();
  const database = new Sqlite(join(data, 'gatehouse.db'));
  database.exec(`update organization set behavior = json_set(behavior, '$.tokenHours', 72)`);
  database.close();

  const again = await open();
  expect(await again.behaviorSettings.get(id)).toMatchObject({ tokenHours: 24 });
  const { columns, digest: seen } = await again.recordIntegrity.contentOf('organization', id);
  expect(columns).toMatchObject({ name: 'Museum', behavior: expect.stringContaining('"tokenHours":72') });
  await again.recordIntegrity.accept({ table: 'organization', id, seen }, operator);
  expect(await again.behaviorSettings.get(id)).toMatchObject({ tokenHours: 72 });
  await again.close();
});
