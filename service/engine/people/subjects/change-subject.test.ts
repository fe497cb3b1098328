import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { direction, near } from '../../../../test/support/faces.ts';
import { flipBit } from '../../../../test/support/flip-bit.ts';
import { createHolds } from '../../consent/index.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine.stop());

const realm = () => ({ organization: engine.organization, world: 'live' }) as const;
const enroll = (email: string, more: { face?: string; picture?: string; confirmed?: boolean } = {}) => {
  const { face = email, picture = email, confirmed = false } = more;
  const embeddings = { 'a-net': near(direction(face), 0.97, picture) };
  return engine.subjects.enroll(realm(), { email, embeddings, quality: 0.9, confirmed }, operator);
};
const claimsOf = async (email: string) =>
  engine.db
    .selectFrom('claim')
    .select('failures')
    .where('claim_hash', '=', engine.sealer.emailHash(engine.organization, email))
    .execute();

test('a freed address belongs to no person: failures counted against it go, and it makes a new person', async () => {
  const { subject } = await enroll('ada@example.com');
  await engine.db
    .insertInto('claim')
    .values({
      ...realm(),
      claim_hash: engine.sealer.emailHash(engine.organization, 'ada@example.com'),
      failures: 3,
      last_failed_at: engine.clock.now(),
      disabled_at: null,
    })
    .execute();
  const changed = await engine.subjects.change(
    realm(),
    subject.id,
    { email: 'ada@example.org', name: 'Ada' },
    operator,
  );
  expect(changed).toEqual({ ...subject, email: 'ada@example.org', name: 'Ada' });
  expect(await engine.subjects.find(realm(), subject.id)).toEqual(changed);
  expect(await claimsOf('ada@example.com')).toEqual([]);
  expect(await enroll('ada@example.org')).toMatchObject({ created: false, subject: { id: subject.id } });
  expect((await enroll('ada@example.com')).created).toBe(true);
});

test('a damaged address, name or date of birth ends no list, and is set again', async () => {
  const { subject } = await enroll('ada@example.com');
  const bob = await enroll('bob@example.com');
  const change = (to: Parameters<typeof engine.subjects.change>[2]) =>
    engine.subjects.change(realm(), subject.id, to, operator);
  const read = () => engine.subjects.read(realm(), subject.id, operator);
  await change({ name: 'Ada', birthDate: '1990-12-10' });
  for (const column of ['email_sealed', 'name_sealed', 'birth_date_sealed'] as const)
    await flipBit(engine.db, 'subject', column, subject.id);
  const { people } = await engine.subjects.page(realm(), { limit: 10 }, operator);
  expect(people).toMatchObject([{ id: bob.subject.id }, { id: subject.id, unreadable: ['email', 'name'] }]);
  expect(people[1]).not.toHaveProperty('email');
  const faults = await engine.recordIntegrity.check();
  expect(faults.map(({ id, says }) => [id, says.split(' ')[2], / --[a-z-]+/.exec(says)?.[0]])).toEqual([
    [subject.id, 'subject.email', ' --email'],
    [subject.id, 'subject.name', ' --name'],
    [subject.id, 'subject.birth-date', ' --birth-date'],
  ]);
  expect(await read()).toMatchObject({ unreadable: ['email', 'name', 'birthDate'] });
  expect(await engine.subjects.birthDate(realm(), subject.id)).toBeUndefined();
  await expect(engine.subjects.find(realm(), 'ada@example.com')).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(enroll('ada@example.com')).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(change({ name: 'Ada L.' })).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await engine.subjects.addressOfAnother(realm(), subject.id, 'ada@example.com')).toBeUndefined();
  await expect(change({ email: 'bob@example.com' })).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await change({ email: 'ada@example.com' })).toMatchObject({ unreadable: ['name'] });
  expect(await read()).toMatchObject({ email: 'ada@example.com', unreadable: ['name', 'birthDate'] });
  expect(await change({ name: null, birthDate: null })).toEqual(subject);
  expect(await read()).not.toHaveProperty('unreadable');
  await flipBit(engine.db, 'subject', 'email_sealed', subject.id);
  await change({ email: 'ada@example.org' });
  expect(await engine.subjects.find(realm(), 'ada@example.org')).toMatchObject({ id: subject.id });
  expect(await engine.subjects.find(realm(), 'ada@example.com')).toBeUndefined();
  expect(await engine.subjects.addressOfAnother(realm(), bob.subject.id, 'ada@example.com')).toBeDefined();
});

test('whose an address was is known after a clock that ran ahead is set right, and until it is swept after 90 days', async () => {
  const DAY = 86_400_000;
  const change = (id: string, email: string) => engine.subjects.change(realm(), id, { email }, operator);
  const [ada, bob] = [await enroll('ada@example.com'), await enroll('bob@example.com')];
  const wasAnothers = async () =>
    (await engine.subjects.addressOfAnother(realm(), bob.subject.id, 'ada@example.com')) !== undefined;
  await change(ada.subject.id, 'ada@example.org');
  engine.advance(3_650 * DAY);
  await change(bob.subject.id, 'bob@example.org');
  engine.advance(-3_650 * DAY);
  expect(await wasAnothers()).toBe(true);
  engine.advance(90 * DAY);
  expect(await wasAnothers()).toBe(true);
  await engine.subjects.sweepFormerAddresses();
  expect(await wasAnothers()).toBe(false);
  const kept = await engine.db.selectFrom('former_address').select('subject').execute();
  expect(kept).toEqual([{ subject: bob.subject.id }]);
});

test('a date of birth is sealed, read, replaced and removed; the log has what it was, sealed', async () => {
  const { subject } = await enroll('ada@example.com');
  const set = (birthDate: string | null) =>
    engine.subjects.change(realm(), subject.id, { birthDate }, operator);
  const read = () => engine.subjects.birthDate(realm(), subject.id);
  expect(await read()).toBeUndefined();
  await set('1990-12-10');
  expect(await read()).toBe('1990-12-10');
  const { birth_date_sealed: sealed } = await engine.db
    .selectFrom('subject')
    .select('birth_date_sealed')
    .executeTakeFirstOrThrow();
  expect(Buffer.from(sealed!).toString('latin1')).not.toContain('1990');
  expect(await engine.subjects.birthDate({ ...realm(), world: 'test' }, subject.id)).toBeUndefined();
  expect(await engine.subjects.read(realm(), subject.id, operator)).toMatchObject({
    birthDate: '1990-12-10',
  });
  await engine.subjects.change(realm(), subject.id, { name: 'Ada' }, operator);
  expect(await read()).toBe('1990-12-10');
  await set(null);
  expect(await read()).toBeUndefined();
  const lines = await engine.db
    .selectFrom('audit')
    .select(['details'])
    .where('action', '=', 'subject.change')
    .orderBy('seq')
    .execute();
  expect(lines.map(({ details }) => JSON.parse(details).changed)).toEqual([
    ['birthDate'],
    ['name'],
    ['birthDate'],
  ]);
});

test.each(['2026-11-21', '1896-11-19', '1990-02-30', '1990-1-1', 'yesterday', ''])(
  'the date of birth %j is refused',
  async (birthDate) => {
    const { subject } = await enroll('ada@example.com');
    await expect(engine.subjects.change(realm(), subject.id, { birthDate }, operator)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      extra: { details: [{ path: 'birthDate' }] },
    });
  },
);

test('an unchanged value is not written, and leaves no line', async () => {
  const { subject } = await enroll('ada@example.com');
  await engine.subjects.change(realm(), subject.id, { email: 'ada@example.com', name: null }, operator);
  const lines = engine.db.selectFrom('audit').select('id').where('action', '=', 'subject.change');
  expect(await lines.execute()).toEqual([]);
});

test('an address that differs only in its case stays with its person', async () => {
  const { subject } = await enroll('ada@example.com');
  await engine.subjects.change(realm(), subject.id, { email: 'Ada@Example.com' }, operator);
  expect(await engine.subjects.find(realm(), 'ada@example.com')).toMatchObject({
    id: subject.id,
    email: 'Ada@Example.com',
  });
});

test('two people who swap addresses at the same time both keep one', async () => {
  const ada = (await enroll('ada@example.com')).subject.id;
  const bea = (await enroll('bea@example.com')).subject.id;
  const tries = await Promise.allSettled([
    engine.subjects.change(realm(), ada, { email: 'bea@example.com' }, operator),
    engine.subjects.change(realm(), bea, { email: 'ada@example.com' }, operator),
  ]);
  expect(tries.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await engine.subjects.get(realm(), 'ada@example.com')).id).toBe(ada);
  expect((await engine.subjects.get(realm(), 'bea@example.com')).id).toBe(bea);
});

test('an enrollment while the address changes is of the one person or of a new one, never lost', async () => {
  const { subject } = await enroll('ada@example.com');
  const [, enrolled] = await Promise.all([
    engine.subjects.change(realm(), subject.id, { email: 'ada@example.org' }, operator),
    enroll('ada@example.com', { picture: 'second' }),
  ]);
  const found = await engine.subjects.get(realm(), enrolled.subject.id);
  expect(found.enrollments).toBe(enrolled.created ? 1 : 2);
  expect((await engine.subjects.get(realm(), 'ada@example.org')).id).toBe(subject.id);
});

test('a removed picture recognizes the person no more; the others still do', async () => {
  const { subject, enrollment } = await enroll('ada@example.com', { face: 'young', picture: 'a' });
  await enroll('ada@example.com', { face: 'old', picture: 'b', confirmed: true });
  const scores = async () =>
    (await engine.subjects.enrollments(realm(), subject.id)).map(({ id }) => id === enrollment);
  expect((await scores()).toSorted()).toEqual([false, true]);
  await engine.subjects.removePicture(realm(), { subject: 'ada@example.com', enrollment }, operator);
  expect(await scores()).toEqual([false]);
  const stranger = (await enroll('bea@example.com', { face: 'young' })).subject.id;
  expect(await engine.subjects.nearest(realm(), 'a-net', direction('young'), 1)).toEqual([stranger]);
  expect(await engine.subjects.nearest(realm(), 'a-net', direction('old'), 1)).toEqual([subject.id]);
});

test('a legal hold keeps every picture', async () => {
  const { subject } = await enroll('ada@example.com');
  const { enrollment } = await enroll('ada@example.com', { picture: 'second' });
  await createHolds(engine).place({ ...realm(), subject: subject.id }, 'Case 7', operator);
  const removing = engine.subjects.removePicture(realm(), { subject: subject.id, enrollment }, operator);
  await expect(removing).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
  expect(await engine.subjects.pictures(subject.id)).toHaveLength(2);
});
