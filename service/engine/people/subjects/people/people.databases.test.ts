import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../../../test/support/faces.ts';

onSqlite('people', (newLocation) => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
  });
  afterEach(() => engine.stop());

  const realm = () => ({ organization: engine.organization, world: 'test' }) as const;
  const enroll = async (name: string, face = name) =>
    (
      await engine.subjects.enroll(
        realm(),
        {
          email: `${name}@example.com`,
          name: `${name} Person`,
          embeddings: { 'a-net': direction(face) },
          quality: 1,
        },
        operator,
      )
    ).subject;
  let shown = 0;
  const picture = (face: string) => {
    const name = `${face}-${shown++}`;
    return engine.analyzer.show(name, analysisOf(name, { embeddings: { 'a-net': direction(face) } }));
  };
  const verify = (more: { email?: string } = {}) =>
    engine.checks.verify({ ...realm(), picture: picture('ada'), actor: key, ...more });
  const actions = async () =>
    (await engine.db.selectFrom('audit').select('action').orderBy('seq').execute()).map(
      ({ action }) => action,
    );

  test.each([
    ['an international domain', 'ada@bücher.example', 'Ada@XN--BCHER-KVA.example'],
    ['a sigma', 'ΑΔΑΣ@example.com', 'αδασ@example.com'],
  ])('the spellings of %s are one person, also one of an earlier version', async (_, unicode, ascii) => {
    const input = { embeddings: { 'a-net': direction('ada') }, quality: 1 };
    const { subject } = await engine.subjects.enroll(realm(), { ...input, email: unicode }, operator);
    const again = await engine.subjects.enroll(realm(), { ...input, email: ascii }, operator);
    expect(again).toMatchObject({ created: false, subject: { id: subject.id } });
    // As a version before hashed it.
    const [former = ''] = engine.sealer.formerEmailHashes(engine.organization, unicode);
    expect(former).not.toBe(engine.sealer.emailHash(engine.organization, unicode));
    const old = () => engine.db.updateTable('subject').set({ email_hash: former }).execute();
    for (const written of [unicode, ascii, subject.id]) {
      await old();
      expect(await engine.subjects.find(realm(), written)).toMatchObject({ id: subject.id, email: unicode });
      const { email_hash } = await engine.db
        .selectFrom('subject')
        .select('email_hash')
        .executeTakeFirstOrThrow();
      expect(email_hash).toBe(engine.sealer.emailHash(engine.organization, ascii));
    }
    await old();
    expect(await engine.subjects.change(realm(), subject.id, { name: 'Jose\u0301' }, operator)).toMatchObject(
      {
        id: subject.id,
      },
    );
    expect(await engine.subjects.get(realm(), ascii)).toMatchObject({ name: 'José' });
  });

  test('a disabled person gets the reply of an unknown one until they are enabled', async () => {
    const ada = await enroll('ada');
    const email = 'ada@example.com';
    expect((await verify({ email })).verified).toBe(true);
    expect((await verify()).subject).toMatchObject({ id: ada.id });
    const disabled = await engine.subjects.setDisabled(realm(), email, true, operator);
    expect(disabled.disabledAt).toBe(engine.clock.now());
    const unknown = await verify({ email: 'unknown@example.com' });
    const refused = await verify({ email });
    const comparable = ({ verification: _, timing: __, ...rest }: typeof refused) => rest;
    expect(comparable(refused)).toEqual(comparable(unknown));
    expect(await verify()).toMatchObject({ verified: false, confidence: 0 });
    expect((await engine.subjects.get(realm(), email)).disabledAt).toBe(engine.clock.now());
    // A start over the same database knows it too.
    const again = engine.openSubjects();
    await again.loadGalleries();
    expect(again.isDisabled(ada.id)).toBe(true);
    await engine.subjects.setDisabled(realm(), ada.id, true, operator);
    expect(await engine.subjects.setDisabled(realm(), ada.id, false, operator)).not.toHaveProperty(
      'disabledAt',
    );
    expect((await verify({ email })).verified).toBe(true);
    expect((await actions()).filter((action) => /able$/.test(action))).toEqual([
      'subject.disable',
      'subject.enable',
    ]);
    const events = await engine.db.selectFrom('outbox').select('type').orderBy('seq').execute();
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['subject.disabled', 'subject.enabled']),
    );
    await expect(engine.subjects.setDisabled(realm(), 'none@x.org', true, operator)).rejects.toMatchObject({
      code: 'SUBJECT_NOT_FOUND',
    });
  });

  test('people who are not the same are no duplicates of each other any more', async () => {
    await engine.organizations.set(engine.organization, { uniquenessPolicy: 'warn' }, operator);
    const ada = await enroll('ada');
    const twin = await enroll('twin', 'ada');
    const addPicture = () =>
      engine.checks.enroll({
        ...realm(),
        email: 'twin@example.com',
        picture: picture('ada'),
        actor: operator,
      });
    expect(await addPicture()).toMatchObject({ duplicate: true });
    const pair = { person: twin.id, other: 'ada@example.com', same: false };
    await engine.subjects.markDistinct(realm(), pair, operator);
    await engine.subjects.markDistinct(realm(), { ...pair, person: ada.id, other: twin.id }, operator);
    expect(await addPicture()).toMatchObject({ duplicate: false });
    expect(await engine.subjects.distinctFrom(ada.id)).toEqual([
      { subject: twin.id, markedAt: engine.clock.now(), markedBy: 'operator:ada' },
    ]);
    await engine.subjects.markDistinct(realm(), { ...pair, same: true }, operator);
    expect(await addPicture()).toMatchObject({ duplicate: true });
    expect((await actions()).filter((action) => /the-same$/.test(action))).toEqual([
      'subject.not-the-same',
      'subject.maybe-the-same',
    ]);
    await expect(
      engine.subjects.markDistinct(realm(), { person: ada.id, other: ada.id, same: false }, operator),
    ).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('a pair is erased with either of the two', async () => {
    const [ada, twin] = [await enroll('ada'), await enroll('twin')];
    const pair = { person: ada.id, other: twin.id, same: false };
    await engine.subjects.markDistinct(realm(), pair, operator);
    const [data] = engine.personalData;
    const order = { enrolled: true, open: async (values: unknown[]) => values.map(() => undefined) };
    const record = await data!.exportOf!({ ...realm(), subject: ada.id }, order as never);
    expect(record.notTheSame).toEqual([
      { person: '(another person)', markedAt: '2026-11-20T12:00:00.000Z', markedBy: 'operator:ada' },
    ]);
    const older = ada.id < twin.id ? twin : ada;
    await engine.inTransaction((tx) => data!.forget!(tx, [older.id], engine.clock.now()));
    expect(await engine.db.selectFrom('distinct_people').selectAll().execute()).toEqual([]);
  });

  test('a search finds addresses and names in memory, and follows what changes', async () => {
    const ada = await enroll('ada');
    const find = async (search: string) =>
      (await engine.subjects.page(realm(), { limit: 50, search }, operator)).people.map(({ id }) => id);
    expect(await find('person')).toEqual([ada.id]);
    const bea = await enroll('bea');
    expect(await find('PERSON')).toEqual([bea.id, ada.id]);
    await engine.subjects.change(realm(), ada.id, { name: 'Lovelace' }, operator);
    expect(await find('person')).toEqual([bea.id]);
    expect(await find('lovel')).toEqual([ada.id]);
    expect(await find('ada@example.com')).toEqual([ada.id]);
    await engine.subjects.change(realm(), ada.id, { name: null }, operator);
    expect(await find('lovel')).toEqual([]);
    const places = await engine.db.selectFrom('subject').selectAll().execute();
    expect(JSON.stringify(places.map((row) => Buffer.from(row.name_sealed ?? []).toString()))).not.toContain(
      'bea',
    );
    await engine.subjects.forget(realm(), bea.id, async (tx) => {
      await tx.deleteFrom('template').where('subject', '=', bea.id).execute();
      await tx.deleteFrom('subject').where('id', '=', bea.id).execute();
    });
    expect(await find('bea')).toEqual([]);
  });

  test('devices and places of a person are listed once each, the last first', async () => {
    const ada = await enroll('ada');
    const from = async (latitude: number, userAgent: string) => {
      engine.advance(3_600_000 * 24);
      await engine.checks.verify({
        ...realm(),
        email: 'ada@example.com',
        picture: picture('ada'),
        actor: key,
        place: { latitude, longitude: 8 },
        device: { userAgent },
      });
    };
    await from(47, 'One');
    await from(47, 'Two');
    await from(47.01, 'One');
    const { devices, places } = await engine.pastVerifications.circumstances(realm(), ada.id);
    expect(devices).toMatchObject([
      { userAgent: 'One', times: 2, lastAt: engine.clock.now() },
      { userAgent: 'Two', times: 1 },
    ]);
    expect(places).toMatchObject([
      { latitude: 47.01, times: 1, lastAt: engine.clock.now() },
      { latitude: 47, times: 2 },
    ]);
  });
});
