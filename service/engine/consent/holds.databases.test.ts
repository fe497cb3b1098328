import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../test/support/engine.ts';
import { openErasure } from '../../../test/support/erasure.ts';
import { direction } from '../../../test/support/faces.ts';
import { flipBit } from '../../../test/support/flip-bit.ts';
import type { SubjectId, World } from '../../lib/id.ts';
import { isHeld } from './hold-store.ts';
import { createHolds, type Holds } from './holds.ts';

let engine: Engine;
let holds: Holds;

const realm = (world: World = 'live') => ({ organization: engine.organization, world });
const enroll = async (email: string): Promise<SubjectId> =>
  (
    await engine.subjects.enroll(
      realm(),
      { email, embeddings: { 'a-net': direction(email) }, quality: 0.9 },
      operator,
    )
  ).subject.id;

onSqlite('a legal hold', (newLocation, dialect) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    holds = createHolds(engine);
  });
  afterEach(() => engine.stop());

  test('stops the erasure until the last of several is released', async () => {
    const subject = await enroll('ada@example.com');
    const person = { ...realm(), subject };
    const first = await holds.place(person, 'lawsuit 7', operator, 'req_1');
    const second = await holds.place(person, 'lawsuit 8', operator);
    const erasure = await openErasure(engine, { dialect });
    const erase = () => erasure.erase(realm(), subject, { reason: 'request', actor: operator });
    await expect(erase()).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    await expect(holds.release(person, undefined, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`${first}, ${second}`),
    });
    expect(await holds.release(person, first, operator)).toBe(first);
    await expect(holds.release(person, first, operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(erase()).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    expect(await isHeld(engine.db, subject)).toBe(true);
    expect(await holds.release(person, undefined, operator)).toBe(second);
    expect(await isHeld(engine.db, subject)).toBe(false);
    await expect(holds.release(person, undefined, operator)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await erase()).state).toBe('done');
  });

  test('a damaged reason ends no list, and its hold can be released', async () => {
    const [ada, bob] = [await enroll('ada@example.com'), await enroll('bob@example.com')];
    const id = await holds.place({ ...realm(), subject: ada }, 'lawsuit 7', operator);
    await holds.place({ ...realm(), subject: bob }, 'lawsuit 8', operator);
    await flipBit(engine.db, 'legal_hold', 'reason_sealed', id);
    const page = () => holds.page(realm(), { limit: 10 }, operator);
    expect((await page()).holds).toMatchObject([{ reason: 'lawsuit 8' }, { id, unreadable: true }]);
    expect(await engine.recordIntegrity.check()).toMatchObject([
      { check: 'sealed', table: 'legal_hold', id },
    ]);
    await holds.release({ ...realm(), subject: ada }, id, operator);
    expect(await engine.recordIntegrity.check()).toEqual([]);
    expect((await page()).holds).toMatchObject([{ reason: 'lawsuit 8' }]);
  });

  test('is not placed on a person whose erasure has begun, and nothing is recorded for them', async () => {
    const subject = await enroll('ada@example.com');
    const person = { ...realm(), subject };
    const erasure = await openErasure(engine, {
      dialect,
      sealer: {
        ...engine.sealer,
        async destroyPersons() {
          throw new Error('the disk hangs');
        },
      },
    });
    const cut = erasure.erase(realm(), subject, { reason: 'request', actor: operator });
    await expect(cut).rejects.toThrow('the disk hangs');
    const gone = { code: 'SUBJECT_NOT_FOUND' };
    await expect(holds.place(person, 'lawsuit 7', operator)).rejects.toMatchObject(gone);
    await expect(engine.consents.withdraw(person, ['verification'], operator)).rejects.toMatchObject(gone);
    expect(await isHeld(engine.db, subject)).toBe(false);
    const actions = (await engine.db.selectFrom('audit').select('action').execute()).map(
      ({ action }) => action,
    );
    expect(actions).not.toContain('hold.place');
    expect(actions).not.toContain('consent.withdraw');
  });

  test('is listed with its reason page by page, in its own world, and the look is in the log', async () => {
    const subjects: SubjectId[] = [];
    for (const email of ['ada@example.com', 'bea@example.com', 'cid@example.com']) {
      const subject = await enroll(email);
      subjects.push(subject);
      await holds.place({ ...realm(), subject }, `about ${email}`, operator);
      engine.advance(1);
    }
    const first = await holds.page(realm(), { limit: 2 }, operator, 'req_1');
    expect(first.holds).toMatchObject([
      { subject: subjects[2], reason: 'about cid@example.com', placedBy: 'operator:ada' },
      { subject: subjects[1], reason: 'about bea@example.com' },
    ]);
    const rest = await holds.page(realm(), { limit: 2, before: first.next! }, operator);
    expect(rest).toEqual({ holds: [expect.objectContaining({ subject: subjects[0] })] });
    expect(await holds.page(realm('test'), { limit: 2 }, operator)).toEqual({ holds: [] });
    const lines = await engine.db
      .selectFrom('audit')
      .select('request')
      .where('action', '=', 'hold.list')
      .execute();
    expect(lines).toEqual([{ request: 'req_1' }, { request: null }, { request: null }]);
  });

  test('is not placed in another world, and its reason is nowhere in plain text', async () => {
    const subject = await enroll('ada@example.com');
    await expect(holds.place({ ...realm('test'), subject }, 'x', operator)).rejects.toMatchObject({
      code: 'SUBJECT_NOT_FOUND',
    });
    await expect(holds.release({ ...realm('test'), subject }, undefined, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await holds.place({ ...realm(), subject }, 'the secret lawsuit', operator);
    for (const table of ['legal_hold', 'audit', 'outbox'] as const) {
      const rows = await engine.db.selectFrom(table).selectAll().execute();
      for (const value of rows.flatMap((row) => Object.values(row)))
        expect(
          Buffer.from(value instanceof Uint8Array ? value : String(value)).toString('latin1'),
        ).not.toContain('secret lawsuit');
    }
  });
});
