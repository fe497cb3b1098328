import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Acceptable, adoptRows } from '../../service/engine/appliance/index.ts';
import { researchModel } from '../../service/engine/behavior/model/behavior-model.ts';
import { createGalleryCalibrations } from '../../service/engine/matching/index.ts';
import { createSharedModels } from '../../service/engine/models/index.ts';
import { crossScores } from '../../service/inference/gallery/cross-scores.ts';
import { silentLog } from '../../service/lib/log.ts';
import { ROWS_NOTES } from '../../service/storage/keys/integrity.ts';
import { onSqlite } from '../storage/databases.ts';
import { type Engine, operator, scorerR, startEngine } from '../support/engine.ts';
import { openErasure } from '../support/erasure.ts';
import { openEventsOut } from '../support/events-out.ts';
import { direction, near } from '../support/faces.ts';
import { ownModel } from '../support/own-model.ts';

// The attacker is an administrator of the database: he reads and writes every row, and has no key.

onSqlite('rows that open or protect the box, and a writer of the database without keys', (newLocation) => {
  let engine: Engine;
  let out: Awaited<ReturnType<typeof openEventsOut>>;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    out = await openEventsOut(engine);
  });
  afterEach(() => engine.stop());
  const accept = async (table: Acceptable, id: string) => {
    const { digest: seen } = await engine.recordIntegrity.contentOf(table, id);
    await engine.recordIntegrity.accept({ table, id, seen }, operator);
  };

  const realm = () => ({ organization: engine.organization, world: 'live' as const });
  const run = (statement: ReturnType<typeof sql>) => statement.execute(engine.db);
  const faulty = async () =>
    (await engine.recordIntegrity.check()).map(({ table, id, organization }) => [table, id, organization]);

  test('a grant that he writes is not in force, and the check names it with what to do', async () => {
    const { id } = await out.grants.add(engine.organization, 'hooks.example.org', '', operator);
    await run(sql`insert into destination_grant (id, organization, kind, value, port, note, created_at, created_by, reach, mac)
      select 'grt_forged', organization, 'cidr', '127.0.0.1/32', 7459, note, created_at, created_by, reach, mac
      from destination_grant where id = ${id}`);
    expect(
      await out.destinations.check(engine.organization, 'https://127.0.0.1:7459/').catch((e) => e.code),
    ).toBe('DESTINATION_NOT_GRANTED');
    expect(await faulty()).toEqual([['destination_grant', 'grt_forged', engine.organization]]);
    await engine.recordIntegrity.maintain();
    expect(engine.recordIntegrity.found(engine.organization)).toMatchObject([
      { says: expect.stringContaining('gatehouse grant revoke grt_forged') },
    ]);
    await out.grants.revoke(engine.organization, 'grt_forged' as typeof id, operator);
    expect((await out.grants.list(engine.organization)).map((one) => [one.id, one.altered])).toContainEqual([
      id,
      undefined,
    ]);
  });

  test('an endpoint whose address he changes gets nothing, until an operator accepts it', async () => {
    await out.grants.add(engine.organization, 'hooks.example.org', '', operator);
    const { endpoint } = await out.webhooks.add(
      realm(),
      { family: 'identity', url: 'https://hooks.example.org/' },
      operator,
    );
    const [name] = endpoint.events;
    expect(out.webhooks.endpointsFor(realm(), name!)).toHaveLength(1);
    await run(sql`update webhook_endpoint set url = 'https://stolen.example.org/' where id = ${endpoint.id}`);
    await out.webhooks.load();
    expect(out.webhooks.endpointsFor(realm(), name!)).toEqual([]);
    expect(await out.webhooks.get(realm(), endpoint.id)).toMatchObject({
      altered: true,
      state: { is: 'disabled' },
    });
    await expect(out.webhooks.enable(realm(), endpoint.id, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(out.deliveries.test(realm(), endpoint.id, undefined, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await accept('webhook_endpoint', endpoint.id);
    await out.webhooks.load();
    expect(out.webhooks.endpointsFor(realm(), name!)).toHaveLength(1);
    expect(await faulty()).toEqual([]);
  });

  test('settings that he weakens count for nothing: the strictest hold, and none can be based on them', async () => {
    await engine.organizations.set(engine.organization, { fourEyes: true }, operator);
    await run(sql`update organization set four_eyes = 0, match_only = 1 where id = ${engine.organization}`);
    expect(await engine.organizations.get(engine.organization)).toMatchObject({
      altered: true,
      fourEyes: true,
      matchOnly: false,
      consentPolicy: 'with-call',
    });
    await expect(
      engine.organizations.set(engine.organization, { twoPersonReview: false }, operator),
    ).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('audit accept') });
    expect(await faulty()).toEqual([['organization', engine.organization, engine.organization]]);
  });

  test('a profile that he weakens judges nothing, and the one that is set again does', async () => {
    const [builtIn] = await engine.profiles.list(engine.organization);
    await engine.profiles.set(engine.organization, 'desk', builtIn!.definition, operator);
    await run(
      sql`update profile set definition = replace(definition, '"hardFail":true', '"hardFail":false')`,
    );
    engine.profiles.forgetRead();
    await expect(engine.profiles.get(engine.organization, 'desk')).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect((await faulty()).map(([table]) => table)).toEqual(['profile']);
    await engine.profiles.set(engine.organization, 'desk', builtIn!.definition, operator);
    expect((await engine.profiles.get(engine.organization, 'desk')).version).toBe(2);
  });

  test('a confirmation that he writes confirms nothing', async () => {
    const ada = await engine.administrators.create(
      { organization: engine.organization, email: 'ada@example.com', name: 'Ada', role: 'administrator' },
      operator,
    );
    const who = { is: 'administrator', administrator: ada.administrator.id } as const;
    await run(sql`update organization set four_eyes = 1`);
    await accept('organization', engine.organization);
    const what = { organization: engine.organization, action: 'data.destroy' } as const;
    const { id } = await engine.approvals.request(what, who);
    await run(
      sql`update approval set decision = 'confirmed', decided_by = 'adm_2', decided_at = 1 where id = ${id}`,
    );
    await expect(engine.approvals.guard(what, who, async () => 'done')).rejects.toMatchObject({
      code: 'APPROVAL_REQUIRED',
    });
  });

  test('an erasure that he writes is not carried out: no key is destroyed, and nothing is signed', async () => {
    const person = async (email: string) => {
      const embeddings = { 'a-net': direction(email) };
      const { subject } = await engine.subjects.enroll(realm(), { email, embeddings, quality: 1 }, operator);
      return subject.id;
    };
    const [victim, other] = [await person('victim@example.com'), await person('other@example.com')];
    for (const [id, subject, state] of [
      ['ers_forged1', victim, 'intended'],
      ['ers_forged2', other, 'done'],
    ] as const)
      await run(sql`insert into erasure (id, organization, world, subject, state, reason, actor, intended_at, copies)
        values (${id}, ${engine.organization}, 'live', ${subject}, ${state}, 'request', 'operator:root', 1, '[]')`);
    const erasure = await openErasure(engine);
    expect(await erasure.resume()).toEqual({ restored: 0, finished: 0, pending: 0 });
    expect(await erasure.retry()).toEqual({ finished: 0, pending: 0 });
    expect((await engine.keys.persons([victim, other])).length).toBe(2);
    expect((await faulty()).map(([table, id]) => [table, id])).toEqual([
      ['erasure', 'ers_forged1'],
      ['erasure', 'ers_forged2'],
    ]);
  });

  test('a row is accepted as it was shown, and not as it is since', async () => {
    const { id } = await out.grants.add(engine.organization, 'hooks.example.org', '', operator);
    await run(sql`update destination_grant set value = 'other.example.org' where id = ${id}`);
    const shown = await engine.recordIntegrity.contentOf('destination_grant', id);
    expect(shown).toMatchObject({
      sound: false,
      columns: { value: 'other.example.org', revoked_at: null },
    });
    await run(sql`update destination_grant set value = 'stolen.example.org' where id = ${id}`);
    const row = { table: 'destination_grant', id, seen: shown.digest } as const;
    await expect(engine.recordIntegrity.accept(row, operator)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await faulty()).toEqual([['destination_grant', id, engine.organization]]);
    await run(sql`update destination_grant set value = 'other.example.org' where id = ${id}`);
    await engine.recordIntegrity.accept(row, operator);
    expect(await faulty()).toEqual([]);
    expect(await engine.recordIntegrity.contentOf('destination_grant', id)).toMatchObject({ sound: true });
  });

  test('thresholds that he lowers, by what was measured of the gallery, stay those of the scorer', async () => {
    const calibrations = () =>
      createGalleryCalibrations({ ...engine, crossScores: async (request) => crossScores(request) });
    for (let i = 0; i < 30; i++) {
      const embeddings = { 'a-net': near(direction('alike'), 0.8, `p${i}`) };
      await engine.subjects.enroll(realm(), { email: `p${i}@example.com`, embeddings, quality: 1 }, operator);
    }
    const before = calibrations();
    await before.maintain();
    expect(before.of(realm())(scorerR)).toBeGreaterThan(0);
    await run(sql`update gallery_calibration set shift = -10`);
    const after = calibrations();
    await after.load();
    expect(after.of(realm())(scorerR)).toBe(0);
  });

  test('weights of the behavior score that he writes judge nothing, until a layer is chosen again', async () => {
    const { organization } = engine;
    const weights = { ...researchModel, id: 'own', bias: 100 };
    await engine.behaviorLayers.choose(
      organization,
      { layer: 'own', acceptLicenceDoubt: false, weights },
      operator,
    );
    expect(engine.behaviorLayers.learned(organization)).toMatchObject({ model: { bias: 100 } });
    await run(sql`update behavior_layer set own_weights = replace(own_weights, '"bias":100', '"bias":200')`);
    await engine.behaviorLayers.load();
    expect(engine.behaviorLayers.learned(organization)).toEqual({});
    expect(await faulty()).toEqual([['behavior_layer', organization, organization]]);
    await engine.behaviorLayers.choose(organization, { layer: 'rules', acceptLicenceDoubt: false }, operator);
    expect(await faulty()).toEqual([]);
  });

  test('a model that he enables stays as it is without a setting, until it is set again', async () => {
    const enabled = async () => {
      await engine.models.reload();
      return (await engine.models.list()).flatMap((one) => (one.enabled ? [one.id] : []));
    };
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
    await engine.models.disable('b-net', operator);
    const before = await enabled();
    expect(before).not.toContain('b-net');
    await run(sql`update model_setting set enabled = 1`);
    expect(await enabled()).toEqual(before);
    expect(await faulty()).toEqual([['model_setting', 'b-net', undefined]]);
    await engine.recordIntegrity.maintain();
    expect(engine.recordIntegrity.found()).toMatchObject([
      { says: expect.stringContaining('gatehouse models enable b-net') },
    ]);
    await engine.models.enable('b-net', { acceptLicenceDoubt: true }, operator);
    expect(await enabled()).toEqual([...before, 'b-net']);
    expect(await faulty()).toEqual([]);
    // As the last 0.1 wrote it.
    await run(sql`update model_setting set mac = null`);
    expect(await adoptRows({ ...engine, log: silentLog }, operator)).toBe(1);
    expect(await enabled()).toEqual([...before, 'b-net']);
  });

  test('an import among several nodes that he writes or alters is none', async () => {
    const shared = createSharedModels(engine);
    const { onnx, entry } = ownModel('mine', 1);
    const put = () => engine.inTransaction((tx) => shared.put(tx, { entry, scorers: [], padSets: [] }, 1));
    const known = async () => (await shared.manifest()).models.map(({ id }) => id);
    await shared.keepBytes(onnx);
    await put();
    await run(
      sql`insert into model_import select 'forged', sha256, kept, imported_at, mac from model_import`,
    );
    expect(await known()).toEqual(['mine']);
    expect(await faulty()).toEqual([['model_import', 'forged', undefined]]);
    await run(sql`delete from model_import where id = 'forged'`);
    await run(
      sql`update model_import set kept = replace(kept, '"enabledByDefault":false', '"enabledByDefault":true')`,
    );
    expect(await known()).toEqual([]);
    await put();
    expect([await known(), await faulty()]).toEqual([['mine'], []]);
  });

  test('rows of an earlier release are protected once, and never again', async () => {
    const { id } = await out.grants.add(engine.organization, 'hooks.example.org', '', operator);
    await run(sql`update destination_grant set mac = null`);
    const deps = { ...engine, log: silentLog };
    expect(await adoptRows(deps, operator)).toBe(1);
    expect(await faulty()).toEqual([]);
    await run(sql`update destination_grant set mac = null, value = 'stolen.example.org'`);
    expect(await adoptRows(deps, operator)).toBe(0);
    await engine.keys.setNote(ROWS_NOTES[1], '');
    expect(await adoptRows(deps, operator)).toBe(0);
    expect(await faulty()).toEqual([['destination_grant', id, engine.organization]]);
  });
});
