import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compose } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { FlowDefinition } from '../../service/engine/live/index.ts';
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

test('damaged JSON is named until it is given up; then nothing is to be said of the row', async () => {
  const first = await open();
  const { id: organization } = await first.organizations.create({ name: 'Museum' }, operator);
  const { id } = await first.flows.create(
    organization,
    FlowDefinition.parse({ name: 'Visit', product: 'verifyhuman' }),
    operator,
  );
  await first.close();
  const database = new Sqlite(join(data, 'gatehouse.db'));
  database.prepare('update flow set definition = ?').run('{"name":"Vis');
  database.close();

  const again = await open();
  const says = async () => (await again.recordIntegrity.check()).map((fault) => fault.says);
  expect(await says()).toEqual([expect.stringContaining(`gatehouse audit accept flow ${id}`)]);
  expect(await again.flows.get(organization, id)).toMatchObject({ draft: { name: expect.any(String) } });
  const { columns, digest: seen, sound } = await again.recordIntegrity.contentOf('flow', id);
  expect([columns, sound]).toEqual([{ definition: expect.stringMatching(/^[0-9a-f]{64}$/) }, false]);
  const accept = (digest: string) =>
    again.recordIntegrity.accept({ table: 'flow', id, seen: digest }, operator);
  await expect(accept('0'.repeat(32))).rejects.toMatchObject({ code: 'CONFLICT' });
  await accept(seen);
  expect(await says()).toEqual([]);
  expect(await again.recordIntegrity.contentOf('flow', id)).toMatchObject({ columns: {}, sound: true });
  await again.close();
});

test('a row whose settings cannot be read is not accepted', async () => {
  const first = await open();
  const { id } = await first.organizations.create({ name: 'Museum' }, operator);
  await first.close();
  const database = new Sqlite(join(data, 'gatehouse.db'));
  database.exec(`update organization set retention = '{"idleDays'`);
  database.close();

  const again = await open();
  const { digest: seen } = await again.recordIntegrity.contentOf('organization', id);
  await expect(again.recordIntegrity.accept({ table: 'organization', id, seen }, operator)).rejects.toThrow(
    'its retention cannot be read',
  );
  expect(await again.organizations.get(id)).toMatchObject({ altered: true });
  await again.close();
});
