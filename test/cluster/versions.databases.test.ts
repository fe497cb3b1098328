import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restoreBackup } from '../../service/backup/restore-backup.ts';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import { goBack } from '../../service/data-directory/go-back.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';
import { migrations } from '../../service/storage/migrations/index.ts';
import { operator } from '../support/engine.ts';
import { binaries, type Nodes, openNodes } from './nodes.ts';

const ours = migrations.at(-1)!.name;

describe.skipIf(binaries === undefined)('nodes of a record that a newer version works on too', () => {
  let cluster: Nodes;
  let a: Gatehouse;
  beforeAll(async () => {
    cluster = await openNodes();
    a = await cluster.start('a');
  });
  afterAll(() => cluster?.close());

  /** As the migration of a later release that adds only, by a node of that release, which then runs. */
  async function bringFurther(): Promise<void> {
    await cluster.query("insert into schema_migration values ('9001-later', 'of later', 1)");
    await cluster.query(
      `insert into service_node (token, node, holder, sessions, version, schema, address, backend, joined_at, beats, beaten_at, clock_ahead)
       values ('next', 'node_next', 'gatehouse next', 'none', '0.3.0', '9001-later', 'https://next:7300', 0, clock_timestamp(), 0, clock_timestamp(), 0)`,
    );
  }
  async function takeBack(): Promise<void> {
    await cluster.query("delete from schema_migration where name = '9001-later'");
    await cluster.query("delete from service_node where token = 'next'");
  }

  test('the list says what each knows, and which ones a newer schema has left behind', async () => {
    const known = async () =>
      (await a.nodeList.list()).map(({ id, version, schema, isOutdated }) => ({
        id,
        version,
        schema,
        isOutdated,
      }));
    const own = { id: 'node_a', version: '0.2.0', schema: ours };
    expect(await known()).toEqual([{ ...own, isOutdated: false }]);
    await bringFurther();
    expect(await known()).toEqual([
      { ...own, isOutdated: true },
      { id: 'node_next', version: '0.3.0', schema: '9001-later', isOutdated: false },
    ]);
    await takeBack();
  });

  test('an older one makes no backups, says where to, and makes them again after its update', async () => {
    const folder = join(cluster.dataOf('.'), 'backups');
    mkdirSync(folder);
    await a.backups.schedule({ folder, everyMinutes: 60, keep: 2 }, operator);
    await bringFurther();
    await expect(a.backups.create({ folder }, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(
        new RegExp(
          `schema 9001-later, and this node \\(0\\.2\\.0\\) knows schemas up to ${ours}.*node_next \\(0\\.3\\.0, https://next:7300\\), or update this one`,
        ),
      ),
    });
    await a.backups.runDue();
    expect(await a.backups.page({ limit: 5 })).toEqual([]);
    await takeBack();
    await a.backups.runDue();
    expect(await a.backups.page({ limit: 5 })).toMatchObject([{ outcome: 'done' }]);
  });

  test('the record goes back, and is replaced, under no node that runs', async () => {
    const { databaseUrl, keysDatabaseUrl } = cluster;
    await (await cluster.start('b')).close();
    const data = cluster.dataOf('b');
    const settings = { data, databaseUrl, keysDatabaseUrl };
    const back = () =>
      goBack({
        config: parseConfig(settings, {}),
        actor: 'ada',
        confirm: 0,
        clock: systemClock,
        log: silentLog,
      });
    const restore = (drill: boolean) =>
      restoreBackup({
        file: join(data, 'none.backup'),
        keys: data,
        masterKeyFiles: [],
        data,
        record: databaseUrl,
        actor: 'ada',
        drill,
        clock: systemClock,
        log: silentLog,
      });
    const running = expect.objectContaining({
      code: 'CONFLICT',
      message: expect.stringMatching(/node_a \(0\.2\.0, http:\/\/127\.0\.0\.1\/a\)\..*Stop every node first/),
    });
    await expect(back()).rejects.toEqual(running);
    await expect(restore(false)).rejects.toEqual(running);
    // A drill takes nothing from them.
    await expect(restore(true)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
    expect(existsSync(join(data, 'master.key'))).toBe(true);
    expect(await a.nodeList.list()).toMatchObject([{ id: 'node_a', state: 'running' }]);

    await a.close();
    await expect(back()).rejects.toThrow('holds no snapshot with an older one');
    await expect(restore(false)).rejects.toMatchObject({ code: 'BACKUP_UNUSABLE' });
  });
});
