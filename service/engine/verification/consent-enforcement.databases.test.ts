import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { onSqlite } from '../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../test/support/faces.ts';
import type { SubjectId, World } from '../../lib/id.ts';
import { meanDirection } from '../../lib/vectors.ts';
import { type Consent, createConsents, type Purpose } from '../consent/index.ts';

const DAY = 86_400_000;
let engine: Engine;
afterEach(() => engine.stop());

const realm = (world: World = 'test') => ({ organization: engine.organization, world });
const show = (person: string, name: string, cosine = 0.97) =>
  engine.analyzer.show(
    name,
    analysisOf(name, { embeddings: { 'a-net': near(direction(person), cosine, name) } }),
  );
const consentTo = (...purposes: Purpose[]): Consent => ({
  textVersion: 'v1',
  purposes,
  method: 'form',
  legalBasis: 'consent',
});
const enroll = (person: string, consent?: Consent, world: World = 'test', email = `${person}@example.com`) =>
  engine.checks.enroll({
    ...realm(world),
    picture: show(person, `${email} enrolled`),
    email,
    ...(consent === undefined ? {} : { consent }),
    actor: operator,
  });
let pictures = 0;
const verify = (person: string, email?: string) =>
  engine.checks.verify({
    ...realm(),
    picture: show(person, `probe ${++pictures}`),
    ...(email === undefined ? {} : { email }),
    actor: key,
    request: 'req_v',
  });
const withdraw = (subject: SubjectId, ...purposes: Purpose[]) =>
  engine.consents.withdraw({ ...realm(), subject }, purposes, operator);
const named = async (person: string) => (await verify(person)).subject?.email;

onSqlite('consent at its use', (newLocation) => {
  test('each purpose is refused on its own from the withdrawal on, and given back by a new consent', async () => {
    engine = await startEngine({ location: await newLocation() });
    const { subject } = await enroll('ada');
    expect((await verify('ada', 'ada@example.com')).verified).toBe(true);
    expect(await named('ada')).toBe('ada@example.com');

    const left = await withdraw(subject, 'identification');
    expect(left).toMatchObject({ withdrawn: ['identification'], withheld: ['identification'], ended: false });
    expect(await named('ada')).toBeUndefined();
    expect((await verify('ada', 'ada@example.com')).verified).toBe(true);

    await withdraw(subject, 'verification');
    await expect(verify('ada', 'ada@example.com')).rejects.toMatchObject({ code: 'CONSENT_WITHDRAWN' });
    expect(await withdraw(subject, 'verification', 'deduplication', 'identification')).toMatchObject({
      withdrawn: ['deduplication'],
      ended: true,
    });

    const person = { ...realm(), subject };
    const state = await engine.consents.give(person, consentTo('verification'), operator);
    expect(state).toMatchObject({ withheld: ['identification', 'deduplication'], ended: false });
    expect((await verify('ada', 'ada@example.com')).verified).toBe(true);
    expect(await named('ada')).toBeUndefined();
    const events = await engine.db
      .selectFrom('outbox')
      .select('payload')
      .where('type', '=', 'consent.withdrawn')
      .orderBy('id')
      .execute();
    expect(events.map(({ payload }) => JSON.parse(payload))).toEqual([
      { subject, purposes: ['identification'] },
      { subject, purposes: ['verification'] },
      { subject, purposes: ['deduplication'] },
    ]);
    const lines = await engine.db
      .selectFrom('audit')
      .select(['action', 'outcome', 'target', 'request'])
      .where('outcome', '=', 'refused')
      .where('target', '=', subject)
      .execute();
    expect(lines).toEqual([
      { action: 'verification.decide', outcome: 'refused', target: subject, request: 'req_v' },
    ]);
  });

  test('a start knows what was withdrawn, and a consent that runs out while it runs', async () => {
    engine = await startEngine({ location: await newLocation() });
    const ends = engine.clock.now() + 10 * DAY;
    const { subject } = await enroll('ada', {
      ...consentTo('verification', 'identification'),
      expiresAt: ends,
    });
    const restarted = createConsents(engine);
    await restarted.load();
    const legalBasis = { is: 'attested', purposes: ['verification', 'deduplication'] } as const;
    expect(restarted.withholds(legalBasis, subject, 'verification')).toBe(false);
    expect(restarted.withholds(legalBasis, subject, 'deduplication')).toBe(true);
    expect(restarted.withholds(legalBasis, 'sub_other' as SubjectId, 'identification')).toBe(true);
    engine.advance(10 * DAY - 1);
    expect(await named('ada')).toBe('ada@example.com');
    engine.advance(1);
    expect(restarted.withholds(legalBasis, subject, 'verification')).toBe(true);
    expect(await named('ada')).toBeUndefined();
    await expect(verify('ada', 'ada@example.com')).rejects.toMatchObject({ code: 'CONSENT_WITHDRAWN' });
  });

  test('a consent lasts for the organization’s term unless it says otherwise, and none has run out already', async () => {
    engine = await startEngine({ location: await newLocation() });
    await engine.organizations.setRetention(engine.organization, { consentDays: 30 }, operator);
    const { subject } = await enroll('ada', consentTo('verification'));
    const now = engine.clock.now();
    const person = { ...realm(), subject };
    await engine.consents.give(person, { ...consentTo('verification'), expiresAt: now + DAY }, operator);
    const { consents } = await engine.consents.read(person, operator);
    expect(consents.map(({ expiresAt }) => expiresAt)).toEqual([now + 30 * DAY, now + DAY]);
    await expect(enroll('bea', { ...consentTo('verification'), expiresAt: now })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    expect(await engine.subjects.count(realm())).toBe(1);
  });
});

test('a picture of a person who withdrew is not analyzed; other worlds and organizations are not affected', async () => {
  engine = await startEngine();
  const { subject } = await enroll('ada');
  await withdraw(subject, 'verification');
  const unreadable = new TextEncoder().encode('no picture');
  const command = { picture: unreadable, email: 'ada@example.com', actor: key };
  await expect(engine.checks.verify({ ...realm(), ...command })).rejects.toMatchObject({
    code: 'CONSENT_WITHDRAWN',
  });
  const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
  await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
  for (const where of [{ organization: other, world: 'test' as const }, realm('live')]) {
    await expect(engine.checks.verify({ ...where, ...command })).rejects.toMatchObject({
      code: 'IMAGE_UNREADABLE',
    });
  }
});

test('where consent comes with the call, no person without a record is used; the attestation names what it covers', async () => {
  engine = await startEngine();
  await enroll('ada');
  await engine.organizations.attestConsent(engine.organization, consentTo('verification'), operator);
  expect(await named('ada')).toBeUndefined();
  expect((await verify('ada', 'ada@example.com')).verified).toBe(true);
  await engine.organizations.set(engine.organization, { consentPolicy: 'with-call' }, operator);
  await expect(verify('ada', 'ada@example.com')).rejects.toMatchObject({ code: 'CONSENT_WITHDRAWN' });
  await engine.organizations.set(engine.organization, { consentPolicy: 'attested' }, operator);
  expect((await verify('ada', 'ada@example.com')).verified).toBe(true);
});

test('who withholds deduplication is neither found as a duplicate nor compared; under “block” not enrolled', async () => {
  engine = await startEngine();
  const set = (uniquenessPolicy: 'warn' | 'block') =>
    engine.organizations.set(engine.organization, { uniquenessPolicy }, operator);
  await set('block');
  const { subject } = await enroll('ada');
  const again = (email: string, consent?: Consent) => enroll('ada', consent, 'test', email);
  await expect(again('second@example.com')).rejects.toMatchObject({ code: 'DUPLICATE_IDENTITY' });
  await expect(again('second@example.com', consentTo('verification'))).rejects.toMatchObject({
    code: 'CONSENT_REQUIRED',
    message: expect.stringContaining('deduplication'),
  });
  await set('warn');
  const quiet = await again('second@example.com', consentTo('verification'));
  expect(quiet).not.toHaveProperty('duplicate');
  expect(await again('third@example.com')).toMatchObject({ duplicate: true });
  await set('block');
  await withdraw(subject, 'deduplication');
  const { subject: third } = await engine.subjects
    .get(realm(), 'third@example.com')
    .then(({ id }) => ({ subject: id }));
  await withdraw(third, 'deduplication');
  expect(await again('fourth@example.com')).toMatchObject({ created: true });
});

test('who has withdrawn everything is not enrolled further without a new consent', async () => {
  engine = await startEngine();
  const { subject } = await enroll('ada');
  await withdraw(subject, 'verification', 'identification', 'deduplication');
  await expect(enroll('ada')).rejects.toMatchObject({ code: 'CONSENT_WITHDRAWN' });
  expect(await enroll('ada', consentTo('verification'))).toMatchObject({ subject, enrollments: 2 });
  expect((await verify('ada', 'ada@example.com')).verified).toBe(true);
});

test('every picture of a person under a legal hold is kept', async () => {
  engine = await startEngine({ most: 2 });
  const { subject } = await enroll('ada');
  const hold = {
    id: 'hold_1',
    ...realm(),
    subject,
    reason_sealed: new Uint8Array(40),
    placed_by: 'x',
    placed_at: 1,
  };
  const { world: _, ...row } = hold;
  await engine.db.insertInto('legal_hold').values(row).execute();
  const more = (name: string) =>
    engine.checks.enroll({
      ...realm(),
      picture: show('ada', name),
      email: 'ada@example.com',
      actor: operator,
    });
  await more('a1');
  expect(await more('a2')).toMatchObject({ enrollments: 3 });
  await engine.db.updateTable('legal_hold').set({ released_at: 2, released_by: 'x' }).execute();
  expect(await more('a3')).toMatchObject({ enrollments: 2 });
});

test('a verified use is noted with the person, an older one does not take it back, a refused one is none', async () => {
  engine = await startEngine();
  const { subject } = await enroll('ada');
  const used = async () =>
    (await engine.db.selectFrom('subject').select('last_used_at').executeTakeFirstOrThrow()).last_used_at;
  await verify('mallory', 'ada@example.com');
  expect(await used()).toBeNull();
  await verify('ada', 'ada@example.com');
  const at = engine.clock.now();
  expect(await used()).toBe(at);
  engine.advance(-DAY);
  await verify('ada', 'ada@example.com');
  expect(await used()).toBe(at);
  await engine.inTransaction((tx) => engine.subjects.used(tx, subject, at + 5));
  expect(await used()).toBe(at + 5);
});

test('a search finds the nearest people of those who may be found, as one by one would, even if others are nearer', async () => {
  engine = await startEngine();
  const probe = direction('probe');
  const people: { subject: SubjectId; cosine: number }[] = [];
  for (let i = 0; i < 60; i++) {
    const vectors: Float32Array[] = [];
    let subject: SubjectId | undefined;
    for (let j = 0; j <= i % 3; j++) {
      const name = `person ${i} picture ${j}`;
      vectors.push(direction(name));
      const done = await engine.subjects.enroll(
        realm(),
        { email: `p${i}@example.com`, embeddings: { 'a-net': direction(name) }, quality: 0.9 },
        operator,
      );
      subject = done.subject.id;
    }
    const cosine = meanDirection(vectors).reduce((sum, value, i) => sum + value * probe[i]!, 0);
    people.push({ subject: subject!, cosine });
  }
  const rows = people.toSorted((a, b) => b.cosine - a.cosine);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
      fc.integer({ min: 1, max: 140 }),
      async (found, count) => {
        const allowed = new Set(people.filter((_, i) => found[i]).map(({ subject }) => subject));
        const expected = rows.filter(({ subject }) => allowed.has(subject)).slice(0, count);
        expect(
          await engine.subjects.nearest(realm(), 'a-net', probe, count, (one) => allowed.has(one)),
        ).toEqual(expected.map(({ subject }) => subject));
      },
    ),
    { numRuns: 200 },
  );
  expect(await engine.subjects.nearest(realm(), 'a-net', probe, 3, () => false)).toEqual([]);
});
