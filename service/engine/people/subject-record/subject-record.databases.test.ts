import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import type { SubjectId, World } from '../../../lib/id.ts';
import { createHolds } from '../../consent/index.ts';
import { createSubjectRecords, type SubjectRecords } from './subject-record.ts';

let engine: Engine;
let records: SubjectRecords;

const realm = (world: World = 'test') => ({ organization: engine.organization, world });
const order = { person: 'ada@example.com', withTemplates: false, withInternal: false, actor: operator };
const show = (name: string, person: string) =>
  engine.analyzer.show(
    name,
    analysisOf(name, { embeddings: { 'a-net': near(direction(person), 0.97, name) } }),
  );
const enroll = async (email: string, name = email, mark = 'ab'.repeat(32)): Promise<SubjectId> =>
  (
    await engine.checks.enroll({
      ...realm(),
      picture: show(name, email),
      email,
      name: `Name of ${email}`,
      consent: {
        textVersion: 'v1',
        purposes: ['verification', 'identification'],
        method: 'form',
        legalBasis: 'consent',
        expiresAt: engine.clock.now() + 1000,
      },
      mark,
      actor: operator,
      request: 'req_enroll',
    })
  ).subject;
const verify = (email: string, person: string, name: string) =>
  engine.checks.verify({
    ...realm(),
    email,
    picture: show(name, person),
    place: { latitude: 47.37, longitude: 8.54, country: 'CH' },
    device: { userAgent: 'Mozilla/5.0' },
    actor: key,
    request: `req_${name}`,
  });

test('every table that names a person is in the record', async () => {
  engine = await startEngine();
  const tables = await engine.db
    .selectFrom('sqlite_master' as never)
    .select(['name', 'sql'] as never)
    .where('type' as never, '=', 'table' as never)
    .execute();
  const naming = (tables as { name: string; sql: string }[])
    .filter(({ sql }) => /\bsubject text\b|references subject\b|, subject\b/i.test(sql))
    .map(({ name }) => name);
  expect(naming.toSorted()).toEqual([
    'alert',
    'approval',
    'audit',
    'consent',
    'consent_withdrawal',
    'delivery',
    'distinct_people',
    'erasure',
    'former_address',
    'legal_hold',
    'live_movement',
    'live_session',
    'outbox',
    'provisional_template',
    'relying_order',
    'review_item',
    'review_picture',
    'template',
    'uniqueness_member',
    'verification',
  ]);
  const uses = Object.assign({}, ...engine.personalData.map(({ tables }) => tables));
  // Numbers that only a computation reads: the record says that they are there.
  const onlyCompared = ['live_movement'];
  for (const name of naming)
    expect(uses[name].record).toHaveProperty(onlyCompared.includes(name) ? 'leftOut' : 'in');
  await engine.stop();
});

onSqlite('the record of a person', (newLocation, dialect) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    records = createSubjectRecords(engine);
  });
  afterEach(() => engine.stop());

  test('holds everything of the person and nothing of others', async () => {
    const holds = createHolds(engine);
    const ada = await enroll('ada@example.com', 'ada0');
    const bob = await enroll('bob@example.com', 'bob0', 'cd'.repeat(32));
    await verify('ada@example.com', 'ada@example.com', 'v0');
    await verify('ada@example.com', 'mallory', 'v1');
    await verify('bob@example.com', 'bob@example.com', 'v2');
    await engine.consents.withdraw({ ...realm(), subject: ada }, ['identification'], operator, {
      request: 'req_w',
    });
    await holds.place({ ...realm(), subject: ada }, 'lawsuit 7', operator, 'req_h');
    await expect(
      engine.checks.enroll({
        ...realm(),
        picture: show('m0', 'mallory'),
        email: 'ada@example.com',
        actor: key,
      }),
    ).rejects.toMatchObject({ code: 'TEMPLATE_MISMATCH' });

    const record = await records.read(realm(), order);
    const at = new Date(engine.clock.now()).toISOString();
    expect(record).toMatchObject({
      format: 'gatehouse-subject-record/1',
      exportedAt: at,
      organization: { id: engine.organization, name: 'Acme' },
      world: 'test',
      person: {
        userId: ada,
        email: 'ada@example.com',
        name: 'Name of ada@example.com',
        createdAt: at,
        lastVerifiedAt: at,
      },
      enrollments: [
        { quality: expect.any(Number), pictureSha256: 'ab'.repeat(32), templates: [{ model: 'a-net' }] },
      ],
      consent: {
        policy: 'attested',
        withheld: ['identification', 'deduplication'],
        consents: [
          {
            textVersion: 'v1',
            method: 'form',
            legalBasis: 'consent',
            by: 'operator:ada',
            through: 'operator',
            expiresAt: new Date(engine.clock.now() + 1000).toISOString(),
          },
        ],
        withdrawals: [{ purpose: 'identification', by: 'operator:ada' }],
      },
      holds: [{ placedBy: 'operator:ada', placedAt: at }],
      verifications: [
        {
          verified: true,
          location: { country: 'CH' },
          device: { userAgent: 'Mozilla/5.0' },
          by: 'key:key_1',
        },
        { verified: false },
      ],
      failedAttempts: { count: 2, lastFailedAt: at },
      erasures: [],
      unreadable: [],
    });
    const lines = (record.audit as { action: string }[]).map(({ action }) => action);
    expect(lines).toEqual([
      'subject.enroll',
      'verification.decide',
      'verification.decide',
      'consent.withdraw',
      'hold.place',
      'subject.enroll',
      'subject.export',
      'consent.read',
    ]);
    expect((record.events as { type: string }[]).map(({ type }) => type)).toEqual([
      'subject.enrolled',
      'verification.verified',
      'verification.refused',
      'consent.withdrawn',
      'enrollment.refused',
    ]);
    const text = JSON.stringify(record);
    for (const secret of [bob, 'bob@example.com', 'lawsuit 7', '"vector"'])
      expect(text).not.toContain(secret);

    const full = await records.read(realm(), {
      ...order,
      person: ada,
      withTemplates: true,
      withInternal: true,
    });
    expect(JSON.stringify(full)).toContain('lawsuit 7');
    const [{ templates }] = full.enrollments as [{ templates: [{ vector: string }] }];
    const vector = new Float32Array(new Uint8Array(Buffer.from(templates[0].vector, 'base64')).buffer);
    const expected = near(direction('ada@example.com'), 0.97, 'ada0');
    expect(vector.reduce((sum, value, i) => sum + value * expected[i]!, 0)).toBeCloseTo(1, 5);
    const [{ probe }] = full.verifications as [{ probe: { vector: string } }];
    const seen = new Float32Array(new Uint8Array(Buffer.from(probe.vector, 'base64')).buffer);
    const shown = near(direction('ada@example.com'), 0.97, 'v0');
    expect(seen).toHaveLength(shown.length);
    expect(seen.reduce((sum, value, i) => sum + value * shown[i]!, 0)).toBeCloseTo(1, 5);
  });

  test('is read in its own world only, and every read is in the audit log before it is answered', async () => {
    await enroll('ada@example.com');
    await expect(records.read(realm('live'), order)).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
    await expect(records.read(realm(), { ...order, person: 'sub_none' })).rejects.toMatchObject({
      code: 'SUBJECT_NOT_FOUND',
    });
    const broken = createSubjectRecords({
      ...engine,
      audit: { add: () => Promise.reject(new Error('the log is full')) },
    });
    await expect(broken.read(realm(), order)).rejects.toThrow('the log is full');
    await records.read(realm(), { ...order, request: 'req_1' });
    const read = await engine.db
      .selectFrom('audit')
      .select(['action', 'actor', 'request'])
      .where('action', '=', 'subject.export')
      .execute();
    expect(read).toEqual([{ action: 'subject.export', actor: 'operator:ada', request: 'req_1' }]);
  });

  test('of an erased person it holds the erasure, and data that names no person', async () => {
    const ada = await enroll('ada@example.com');
    await verify('ada@example.com', 'ada@example.com', 'v0');
    const erasure = await openErasure(engine, { dialect });
    await erasure.erase(realm(), ada, { reason: 'request', actor: operator });
    const record = await records.read(realm(), { ...order, person: ada });
    expect(record).toMatchObject({
      person: undefined,
      verifications: [],
      erasures: [{ reason: 'request', state: 'done' }],
    });
    expect(JSON.stringify(record)).not.toContain('ada@example.com');
    await expect(records.read(realm('live'), { ...order, person: ada })).rejects.toMatchObject({
      code: 'SUBJECT_NOT_FOUND',
    });
  });

  test('a value that was changed on disk is reported, and the rest is given', async () => {
    const ada = await enroll('ada@example.com');
    await engine.db
      .updateTable('template')
      .set({ mark_sealed: new Uint8Array(40) })
      .execute();
    const record = await records.read(realm(), order);
    expect(record.person).toMatchObject({ userId: ada });
    expect(record.unreadable).toEqual([expect.stringContaining('template.mark/')]);
  });

  test('more verifications than a page are all there', async () => {
    const ada = await enroll('ada@example.com');
    await verify('ada@example.com', 'ada@example.com', 'v0');
    const row = await engine.db.selectFrom('verification').selectAll().executeTakeFirstOrThrow();
    for (let i = 0; i < 1203; i++) {
      const id = `ver_x${String(i).padStart(5, '0')}`;
      await engine.db
        .insertInto('verification')
        .values({ ...row, id, place_sealed: null, device_sealed: null, probe_sealed: null })
        .execute();
    }
    const record = await records.read(realm(), { ...order, person: ada });
    expect(record.verifications).toHaveLength(1204);
  });
});
