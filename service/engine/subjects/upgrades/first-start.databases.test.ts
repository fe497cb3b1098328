import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { onBothDatabases } from '../../../../test/storage/databases.ts';
import { silentLog } from '../../../lib/log.ts';
import { openDatabase } from '../../../storage/connection.ts';
import { templateUpgrades } from '../../../storage/migrations/0042-template-upgrades.ts';
import { migrations } from '../../../storage/migrations/index.ts';

const deps = { clock: { now: () => 0 }, log: silentLog };
const before = migrations.slice(0, migrations.indexOf(templateUpgrades));

onBothDatabases('the first start with another default embedder', (newPlace) => {
  /** The data of the release before, with these rows, as this release opens it. */
  async function opened(...rows: ReturnType<typeof sql>[]) {
    const place = await newPlace('empty');
    const old = await openDatabase(place, deps, before);
    await sql`insert into organization (id, name, created_at, match_only, uniqueness_policy, consent_policy)
      values ('org_1', 'Acme', 0, 0, 'off', 'attested')`.execute(old.db);
    for (const subject of ['sub_1', 'sub_2'])
      await sql`insert into subject (id, organization, world, created_at, updated_at)
        values (${subject}, 'org_1', 'live', 0, 0)`.execute(old.db);
    for (const row of rows) await row.execute(old.db);
    await old.close();
    return openDatabase(place, deps);
  }
  const template = (id: string, subject: string, enrollment: string, embedder: string) =>
    sql`insert into template (id, organization, world, subject, enrollment, embedder, embedder_sha256, vector_sealed, quality, created_at)
      values (${id}, 'org_1', 'live', ${subject}, ${enrollment}, ${embedder}, 'sha256', ${Buffer.from('sealed')}, 0.9, 7)`;
  const setting = (model: string, enabled: number) =>
    sql`insert into model_setting (model, enabled, accepted_licence_doubt, set_by, set_at)
      values (${model}, ${enabled}, 1, 'operator:ada', 3)`;
  const settings = async ({ db }: Awaited<ReturnType<typeof openDatabase>>) =>
    (await db.selectFrom('model_setting').selectAll().orderBy('model').execute()).map(
      ({ model, enabled, set_at }) => ({ model, enabled: Number(enabled), set_at: Number(set_at) }),
    );

  test('keeps the former one on where a person or an administrator is compared by it', async () => {
    const [empty, people] = [
      await opened(),
      await opened(template('tpl_1', 'sub_1', 'e1', 'face-recognition')),
    ];
    const administrators = await opened(
      sql`insert into administrator_face (administrator, organization, template_sealed, seen, consent, created_at, mac)
        values ('adm_1', 'org_1', ${Buffer.from('sealed')}, '[]', '{}', 9, 'mac')`,
    );
    expect(await settings(empty)).toEqual([]);
    expect(await settings(people)).toEqual([{ model: 'face-recognition', enabled: 1, set_at: 7 }]);
    expect(await settings(administrators)).toEqual([{ model: 'face-recognition', enabled: 1, set_at: 9 }]);
    for (const { close } of [empty, people, administrators]) await close();
  });

  test('leaves a setting of an operator, and drops that of a model that is gone', async () => {
    const database = await opened(
      template('tpl_1', 'sub_1', 'e1', 'face-recognition'),
      setting('face-recognition', 0),
      setting('faceres', 1),
    );
    expect(await settings(database)).toEqual([{ model: 'face-recognition', enabled: 0, set_at: 3 }]);
    await database.close();
  });

  test('drops templates that no model reads, where the picture has another and no legal hold keeps them', async () => {
    const database = await opened(
      template('tpl_1', 'sub_1', 'e1', 'face-recognition'),
      template('tpl_2', 'sub_1', 'e1', 'faceres'),
      template('tpl_3', 'sub_1', 'e2', 'faceres'),
      template('tpl_4', 'sub_2', 'e3', 'face-recognition'),
      template('tpl_5', 'sub_2', 'e3', 'faceres'),
      sql`insert into legal_hold (id, organization, subject, reason_sealed, placed_by, placed_at)
        values ('hold_1', 'org_1', 'sub_2', ${Buffer.from('sealed')}, 'operator:ada', 1)`,
    );
    const kept = await database.db.selectFrom('template').select('id').orderBy('id').execute();
    expect(kept.map(({ id }) => id)).toEqual(['tpl_1', 'tpl_3', 'tpl_4', 'tpl_5']);
    await database.close();
  });
});
