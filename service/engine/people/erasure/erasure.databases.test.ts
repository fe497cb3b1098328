import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import { attempt, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import { signedBytes } from '../../../lib/canonical-json.ts';
import type { ErasureId, SubjectId, World } from '../../../lib/id.ts';
import { verifySignature } from '../../../storage/keys/signing-keys.ts';
import { pageConsent } from '../../live/index.ts';
import type { Erasure, ErasureDeps } from './erasure.ts';
import type { CopyOfReceipt } from './ledger.ts';

let engine: Engine;
let erasure: Erasure;

const realm = (world: World = 'live') => ({ organization: engine.organization, world });
const order = { reason: 'request', actor: operator, request: 'req_1' } as const;
const enroll = async (
  email: string,
  { world = 'live', picture = email }: { world?: World; picture?: string } = {},
) =>
  (
    await engine.subjects.enroll(
      realm(world),
      {
        email,
        name: `Name of ${email}`,
        embeddings: { 'a-net': near(direction(email), 0.97, picture) },
        quality: 0.9,
        mark: 'ab'.repeat(32),
        consent: { textVersion: 'v1', purposes: ['verification'], method: 'form', legalBasis: 'consent' },
      },
      operator,
    )
  ).subject.id;
const verified = (subject: SubjectId, id: string) => ({
  id,
  ...realm(),
  subject,
  kind: '1:1',
  profile: 'p',
  profile_version: 1,
  verified: 1,
  reason: null,
  confidence: 0.9,
  composite: 0.9,
  assurance: 'match-only',
  checks: '[]',
  models: '{}',
  timing: '{}',
  actor: 'key:key_1',
  created_at: 1,
  place_sealed: new Uint8Array([1]),
  device_sealed: new Uint8Array([2]),
  probe_sealed: new Uint8Array([3]),
});
const states = () => engine.db.selectFrom('erasure').select(['id', 'state']).execute();
const actions = async () =>
  (await engine.db.selectFrom('audit').select(['action', 'outcome']).orderBy('id').execute())
    .filter(({ action }) => action.startsWith('subject.erase'))
    .map(({ action, outcome }) => (outcome === 'done' ? action : `${action} ${outcome}`));

/** A copy of the key store that can be taken away. */
function copies() {
  const state = { there: true, forgotten: false, reason: 'not mounted' };
  const destroyPersons = async (subjects: readonly SubjectId[]) => ({
    ...(await engine.sealer.destroyPersons(subjects)),
    copies: [
      ...(state.forgotten
        ? []
        : [
            state.there
              ? { place: '/mnt/a', state: 'destroyed' as const }
              : { place: '/mnt/a', state: 'unreachable' as const, reason: state.reason },
          ]),
    ],
  });
  return { state, sealer: { ...engine.sealer, destroyPersons } };
}

mostlyOnSqlite('an erasure', (newLocation, dialect, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    erasure = await openErasure(engine, { dialect });
  });
  afterEach(() => engine.stop());

  /** Every column of every table that holds the text, as `table.column`. */
  async function columnsWith(text: string): Promise<string[]> {
    const tables = await engine.db.introspection.getTables();
    const found = new Set<string>();
    for (const { name } of tables) {
      const rows = (await engine.db
        .selectFrom(name as 'subject')
        .selectAll()
        .execute()) as object[];
      for (const row of rows) {
        for (const [column, value] of Object.entries(row)) {
          const plain = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
          if (plain.includes(text)) found.add(`${name}.${column}`);
        }
      }
    }
    return [...found].sort();
  }

  it.runIf(dialect === 'postgres')(
    'a copy of the database from before an upgrade, in a schema beside, is no table in use: the proof names it',
    async () => {
      const id = await enroll('ada@example.com');
      const copy = 'gatehouse_snapshot_2026_11_20_00_00_00_000';
      await sql.raw(`create schema ${copy}`).execute(engine.db);
      await sql.raw(`create table ${copy}.subject as select * from subject`).execute(engine.db);
      await sql.raw(`create table ${copy}.forgotten as select id from subject`).execute(engine.db);
      const own = (await engine.db.introspection.getTables()).filter(({ schema }) => schema === 'public');
      const { proof } = await erasure.erase(realm(), id, { ...order, prove: true });
      // All but the audit log and the receipts.
      expect(proof?.tables).toEqual({ searched: own.length - 2, found: [] });
      expect(proof?.notSearched).toContain(
        `the id and the keyed hash of the address: they stay in the PostgreSQL schema ${copy} until that is removed`,
      );
      expect(proof?.notSearchedCodes).toEqual([
        { code: 'POSTGRESQL_FILES' },
        { code: 'ID_IN_SCHEMA', where: copy },
      ]);
    },
  );

  test('after a change of the address what was kept under the one before goes too', async () => {
    const [before, after] = ['ada@example.com', 'ada@example.org'];
    await engine.installPad();
    const face = near(direction('kate'), 0.9, before);
    const show = (email: string, vector: Float32Array) => {
      const picture = engine.analyzer.show(
        email,
        analysisOf(email, { live: 0.99, embeddings: { 'a-net': vector } }),
      );
      return engine.checks.enroll({ ...realm(), email, picture, actor: operator });
    };
    await show('kate@example.com', direction('kate'));
    await engine.organizations.set(engine.organization, { uniquenessPolicy: 'block' }, operator);
    await expect(show(before, face)).rejects.toMatchObject({ code: 'DUPLICATE_IDENTITY' });
    const id = await enroll(before);
    // A link for the address, and a session for it that does not pass.
    await engine.hosted.generate(
      realm(),
      { product: 'verifyidentity', email: before, life: 3_600_000, metadata: {}, redirects: {}, texts: {} },
      { actor: key },
    );
    const challenges = scriptedChallenges();
    const sessions = liveSessionsOver(engine, { challenges, handlers: { hosted: engine.hosted.end } });
    const consent = pageConsent({ name: 'Acme' } as never, { email: before });
    const { token } = await sessions.create({
      flow: 'hosted',
      realm: realm(),
      actor: key,
      match: { email: before },
      expiresAt: engine.clock.now() + 1_800_000,
      page: { consent },
    });
    const path = { flash: true, motion: true };
    await sessions.open(token, { consent: { version: consent.version }, path, device: { label: 'phone' } });
    for (let i = 0; i < 3; i++)
      await attempt({ engine, sessions, challenges }, token, direction('someone else'));
    const hash = engine.sealer.emailHash(engine.organization, before);
    expect(await columnsWith(hash)).toEqual([
      'claim.claim_hash',
      'live_session.email_hash',
      'relying_order.about_hash',
      'review_item.email_hash',
      'subject.email_hash',
    ]);
    await engine.subjects.change(realm(), before, { email: after }, operator);
    expect(await columnsWith(hash)).toEqual(['former_address.email_hash']);
    await erasure.erase(realm(), id, order);
    // For ninety days another person gets the address by approval alone.
    expect(await columnsWith(hash)).toEqual(['former_address.email_hash']);
    expect(await columnsWith(engine.sealer.emailHash(engine.organization, after))).toEqual([]);
    expect(await engine.db.selectFrom('review_picture').selectAll().execute()).toEqual([]);
  });

  test('rows under the hash that an earlier version made of the address go too, by one or by all', async () => {
    const [unicode, ascii] = ['ada@bücher.example', 'ada@xn--bcher-kva.example'];
    const [former = ''] = engine.sealer.formerEmailHashes(engine.organization, ascii);
    const claims = async () => (await engine.db.selectFrom('claim').select('claim_hash').execute()).length;
    for (const all of [false, true]) {
      const id = await enroll(unicode);
      const now = engine.sealer.emailHash(engine.organization, ascii);
      await engine.db
        .insertInto('claim')
        .values(
          [now, former].map((claim_hash) => ({
            ...realm(),
            claim_hash,
            failures: 1,
            last_failed_at: 1,
            disabled_at: null,
          })),
        )
        .execute();
      // As an earlier version wrote it.
      await engine.db.updateTable('subject').set({ email_hash: former }).where('id', '=', id).execute();
      if (all) await erasure.eraseMany(realm(), { confirm: 1, limit: 10, actor: operator });
      else await erasure.erase(realm(), ascii, order);
      expect(await claims()).toBe(0);
      expect(await columnsWith(former)).toEqual([]);
    }
  });

  it('leaves the person’s id nowhere but where it has to stand, and the address nowhere', async () => {
    const id = await enroll('ada@example.com');
    const hash = engine.sealer.emailHash(engine.organization, 'ada@example.com');
    const other = await enroll('bea@example.com');
    await engine.db
      .insertInto('verification')
      .values([verified(id, 'ver_1'), verified(other, 'ver_2')])
      .execute();
    await engine.db
      .insertInto('claim')
      .values(
        [hash, 'another'].map((claim_hash) => ({
          ...realm(),
          claim_hash,
          failures: 1,
          last_failed_at: 1,
          disabled_at: null,
        })),
      )
      .execute();
    await engine.db
      .insertInto('consent_withdrawal')
      .values({
        id: 'wdr_1',
        organization: engine.organization,
        subject: id,
        purpose: 'identification',
        withdrawn_at: 1,
        recorded_by: 'operator:ada',
        recorded_through: 'operator',
      })
      .execute();
    await engine.db
      .insertInto('legal_hold')
      .values({
        id: 'hold_1',
        organization: engine.organization,
        subject: id,
        reason_sealed: new Uint8Array([1]),
        placed_by: 'operator:ada',
        placed_at: 1,
        released_by: 'operator:ada',
        released_at: 2,
      })
      .execute();
    expect(await columnsWith(id)).toEqual(
      expect.arrayContaining([
        'consent.subject',
        'consent_withdrawal.subject',
        'legal_hold.subject',
        'outbox.subject',
        'subject.id',
        'template.subject',
        'verification.subject',
      ]),
    );
    await erasure.erase(realm(), 'Ada@example.com', order);
    expect(await columnsWith(id)).toEqual([
      'audit.target',
      'erasure.receipt',
      'erasure.subject',
      // Ids only, for receivers of events.
    ]);
    expect(await columnsWith(hash)).toEqual([]);
    expect(await columnsWith('another')).toEqual(['claim.claim_hash']);
    const kept = await engine.db.selectFrom('verification').selectAll().orderBy('id').execute();
    expect(kept[0]).toMatchObject({
      id: 'ver_1',
      verified: 1,
      confidence: 0.9,
      subject: null,
      place_sealed: null,
      device_sealed: null,
      probe_sealed: null,
    });
    expect(kept[1]).toMatchObject({ id: 'ver_2', subject: other });
    expect(kept[1]!.probe_sealed).not.toBeNull();
    const personal = await engine.db.selectFrom('outbox').selectAll().orderBy('id').execute();
    expect(personal.map(({ type, personal_sealed }) => [type, personal_sealed !== null])).toEqual([
      ['subject.enrolled', false],
      ['subject.enrolled', true],
      ['subject.erased', false],
    ]);
  });

  test('is not found by any read, and the same address makes a new person', async () => {
    const id = await enroll('ada@example.com');
    const twin = await enroll('ada@example.com', { world: 'test' });
    const receipt = await erasure.erase(realm(), id, order);
    expect(receipt).toMatchObject({
      subject: id,
      state: 'done',
      waitingFor: [],
      copies: [],
      ledger: { seq: 1 },
    });
    expect(await engine.subjects.find(realm(), id)).toBeUndefined();
    expect(await engine.subjects.find(realm(), 'ada@example.com')).toBeUndefined();
    expect(await engine.subjects.list(realm(), { limit: 10 })).toEqual({ subjects: [] });
    expect(await engine.subjects.count(realm())).toBe(0);
    expect(await engine.subjects.nearest(realm(), 'a-net', direction('ada@example.com'), 64)).toEqual([]);
    expect((await engine.subjects.get(realm('test'), 'ada@example.com')).id).toBe(twin);
    await expect(erasure.erase(realm(), 'ada@example.com', order)).rejects.toMatchObject({
      code: 'SUBJECT_NOT_FOUND',
    });
    const anew = await enroll('ada@example.com');
    expect(anew).not.toBe(id);
    expect(await engine.subjects.nearest(realm(), 'a-net', direction('ada@example.com'), 64)).toEqual([anew]);
    // Repeated by id it returns its receipt; the new person with the address stays.
    expect(await erasure.erase(realm(), id, order)).toEqual(receipt);
    expect((await engine.subjects.get(realm(), 'ada@example.com')).id).toBe(anew);
  });

  test('a damaged receipt is named as that, and ends no list', async () => {
    const first = await erasure.erase(realm(), await enroll('ada@example.com'), order);
    const id = await enroll('bea@example.com');
    const { erasure: damaged } = await erasure.erase(realm(), id, order);
    await engine.db.updateTable('erasure').set({ receipt: '{"' }).where('id', '=', damaged).execute();
    expect(await erasure.receipts(engine.organization, { limit: 1 })).toEqual([first]);
    await expect(erasure.receipt(damaged)).rejects.toThrow('is damaged');
    await expect(erasure.erase(realm(), id, order)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('is in the audit log twice, in the outbox once, and its receipt holds by the public key alone', async () => {
    const id = await enroll('ada@example.com');
    const receipt = await erasure.erase(realm(), id, order);
    expect(await actions()).toEqual(['subject.erase.intend', 'subject.erase']);
    const events = await engine.db
      .selectFrom('outbox')
      .selectAll()
      .where('type', '=', 'subject.erased')
      .execute();
    expect(events.map(({ payload }) => JSON.parse(payload))).toEqual([
      { erasure: receipt.erasure, reason: 'request' },
    ]);
    expect(await erasure.receipt(receipt.erasure)).toEqual(receipt);
    expect(await erasure.receipts(engine.organization, { limit: 10 })).toEqual([receipt]);
    expect(await erasure.receipts(engine.organization, { limit: 10, pending: true })).toEqual([]);
    const parsed = JSON.parse(JSON.stringify(receipt, null, 2));
    expect(verifySignature(receipt.publicKey, signedBytes(parsed), receipt)).toBe(true);
    for (const change of [{ subject: 'sub_other' }, { state: 'pending' }, { proof: {} }, { copies: [{}] }]) {
      expect(verifySignature(receipt.publicKey, signedBytes({ ...parsed, ...change }), receipt)).toBe(false);
    }
    await expect(erasure.receipt('ers_none' as ErasureId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('has a receipt that names the text, who answers for it, and what was withdrawn', async () => {
    const text = { controller: 'Acme, Oslo', contact: 'privacy@acme.example', apart: true };
    await engine.organizations.publishConsentText(engine.organization, text, operator);
    const id = await enroll('ada@example.com');
    const person = { ...realm(), subject: id };
    engine.advance(1000);
    await engine.consents.give(
      person,
      {
        textVersion: 'own-1-block-1095-365.de',
        purposes: ['verification', 'identification'],
        method: 'kiosk, typed name',
        legalBasis: 'explicit consent',
        through: 'self',
        shown: true,
      },
      operator,
    );
    engine.advance(1000);
    await engine.consents.withdraw(person, ['identification'], operator);
    await engine.organizations.publishConsentText(engine.organization, { apart: false }, operator);
    const receipt = await erasure.erase(realm(), id, order);
    expect(receipt.consents).toMatchObject([
      { textVersion: 'v1', purposes: ['verification'], withdrawn: [] },
      {
        textVersion: 'own-1-block-1095-365.de',
        language: 'de',
        textSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        purposes: ['verification', 'identification'],
        through: 'self',
        withdrawn: [{ purpose: 'identification', at: expect.any(String) }],
        controller: 'Acme, Oslo',
        contact: 'privacy@acme.example',
      },
    ]);
    expect(await engine.db.selectFrom('consent').select('id').where('subject', '=', id).execute()).toEqual(
      [],
    );
    expect(verifySignature(receipt.publicKey, signedBytes(receipt), receipt)).toBe(true);
    const changed = { ...receipt, consents: [] };
    expect(verifySignature(receipt.publicKey, signedBytes(changed), receipt)).toBe(false);
  });

  test('is refused while a hold stands, and nothing changes but the audit log', async () => {
    const id = await enroll('ada@example.com');
    await engine.db
      .insertInto('legal_hold')
      .values({
        id: 'hold_1',
        organization: engine.organization,
        subject: id,
        reason_sealed: new Uint8Array([1]),
        placed_by: 'operator:ada',
        placed_at: 1,
        released_by: null,
        released_at: null,
      })
      .execute();
    await expect(erasure.erase(realm(), id, order)).rejects.toMatchObject({ code: 'LEGAL_HOLD' });
    expect(await engine.subjects.get(realm(), 'ada@example.com')).toMatchObject({ id, enrollments: 1 });
    expect(await engine.subjects.nearest(realm(), 'a-net', direction('ada@example.com'), 64)).toEqual([id]);
    expect(await states()).toEqual([]);
    expect(await engine.keys.erasureLedger()).toEqual([]);
    expect(await actions()).toEqual(['subject.erase.intend refused']);
    await engine.db.updateTable('legal_hold').set({ released_at: 5, released_by: 'operator:ada' }).execute();
    expect(await erasure.erase(realm(), id, order)).toMatchObject({ state: 'done' });
  });

  test('stays pending, naming the copy, until it is reached, and is reported once', async () => {
    const id = await enroll('ada@example.com');
    const { state, sealer } = copies();
    state.there = false;
    erasure = await openErasure(engine, { dialect, sealer });
    const receipt = await erasure.erase(realm(), id, order);
    expect(receipt).toMatchObject({
      state: 'pending',
      waitingFor: ['the copy of the key store in /mnt/a: not mounted'],
      copies: [{ place: '/mnt/a', state: 'unreachable', reason: 'not mounted' }],
    });
    expect(receipt.completedAt).toBeUndefined();
    expect(await engine.subjects.find(realm(), 'ada@example.com')).toBeUndefined();
    const anew = await enroll('ada@example.com');
    state.reason = 'still not mounted';
    expect(await erasure.retry()).toEqual({ finished: 0, pending: 1 });
    expect(await actions()).toEqual(['subject.erase.intend', 'subject.erase']);
    expect(await erasure.receipts(engine.organization, { limit: 10, pending: true })).toEqual([receipt]);
    expect(await erasure.isPending()).toBe(true);
    // Taken out of the places, the copy is out there all the same, with the key in it.
    state.forgotten = true;
    expect(await erasure.retry()).toEqual({ finished: 0, pending: 1 });
    expect(await erasure.receipts(engine.organization, { limit: 10, pending: true })).toEqual([receipt]);
    Object.assign(state, { forgotten: false, there: true });
    engine.advance(60_000);
    expect(await erasure.retry()).toEqual({ finished: 1, pending: 0 });
    expect(await erasure.receipt(receipt.erasure)).toMatchObject({
      state: 'done',
      waitingFor: [],
      copies: [{ place: '/mnt/a', state: 'destroyed' }],
      completedAt: '2026-11-20T12:01:00.000Z',
    });
    expect(await actions()).toEqual(['subject.erase.intend', 'subject.erase', 'subject.erase.finish']);
    expect(await erasure.retry()).toEqual({ finished: 0, pending: 0 });
    expect(await erasure.isPending()).toBe(false);
    expect((await engine.subjects.get(realm(), 'ada@example.com')).id).toBe(anew);
  });

  test('waits for the copy that has the key, not for another one in its place', async () => {
    const id = await enroll('ada@example.com');
    const first = { place: '/mnt/a', copy: 'one', state: 'unreachable', reason: 'not mounted' } as const;
    let copies: CopyOfReceipt[] = [first];
    let former: Awaited<ReturnType<ErasureDeps['keys']['formerCopies']>> = [];
    const destroyPersons = async (subjects: readonly SubjectId[]) => ({
      ...(await engine.sealer.destroyPersons(subjects)),
      copies,
    });
    erasure = await openErasure(engine, {
      dialect,
      sealer: { ...engine.sealer, destroyPersons } as never,
      keys: { ...engine.keys, formerCopies: async () => former },
    });
    const { erasure: receipt } = await erasure.erase(realm(), id, order);
    // Another, empty medium in the same place.
    const second = { place: '/mnt/a', copy: 'two', state: 'destroyed' } as const;
    copies = [second];
    former = [{ place: '/mnt/a', copy: 'one', fate: 'left', by: '', at: 0 }];
    expect(await erasure.retry()).toEqual({ finished: 0, pending: 1 });
    expect(await erasure.receipt(receipt)).toMatchObject({
      state: 'pending',
      waitingFor: ['the copy of the key store in /mnt/a (copy one): not mounted'],
    });
    // Found again, somewhere else.
    copies = [second, { place: '/mnt/b', copy: 'one', state: 'destroyed' }];
    former = [];
    expect(await erasure.retry()).toEqual({ finished: 1, pending: 0 });
    expect(await erasure.receipt(receipt)).toMatchObject({ state: 'done', copies });
  });

  test('names a copy that missed it and was taken out meanwhile', async () => {
    const id = await enroll('ada@example.com');
    const at = engine.clock.now();
    const gone = { place: '/mnt/a', fate: 'left', by: '' } as const;
    const formerCopies = async () => [
      { ...gone, copy: 'behind', at: at + 1, behindSince: at },
      { ...gone, copy: 'current', at: at + 1 },
      { ...gone, copy: 'earlier', at: at - 1, behindSince: at - 2 },
    ];
    erasure = await openErasure(engine, { dialect, keys: { ...engine.keys, formerCopies } });
    expect(await erasure.erase(realm(), id, order)).toMatchObject({
      state: 'pending',
      copies: [{ place: '/mnt/a', copy: 'behind', state: 'unreachable' }],
    });
    expect(await erasure.retry()).toEqual({ finished: 0, pending: 1 });
  });

  test.each([
    [
      'attested',
      {
        state: 'attested-destroyed',
        reason: expect.stringContaining('attested by an operator'),
        attested: { by: 'operator:bea', at: '2026-11-20T12:00:30.000Z' },
      },
    ],
    ['wiped', { state: 'destroyed' }],
  ] as const)('is done when the copy that it waits for is %s, and says so', async (fate, expected) => {
    const id = await enroll('ada@example.com');
    let away = ['one', 'two'];
    let former: Awaited<ReturnType<ErasureDeps['keys']['formerCopies']>> = [];
    const destroyPersons = async (subjects: readonly SubjectId[]) => ({
      ...(await engine.sealer.destroyPersons(subjects)),
      copies: away.map((copy) => ({ place: `/mnt/${copy}`, copy, state: 'unreachable' as const })),
    });
    const sealer = { ...engine.sealer, destroyPersons };
    const keys = { ...engine.keys, formerCopies: async () => former };
    erasure = await openErasure(engine, { dialect, sealer, keys });
    const { erasure: receipt } = await erasure.erase(realm(), id, order);
    const gone = (copy: string) =>
      ({
        place: `/mnt/${copy}`,
        copy,
        fate,
        by: 'operator:bea',
        at: Date.parse('2026-11-20T12:00:30Z'),
      }) as const;
    away = ['two'];
    former = [gone('one')];
    expect(await erasure.retry()).toEqual({ finished: 0, pending: 1 });
    expect(await erasure.receipt(receipt)).toMatchObject({
      state: 'pending',
      waitingFor: ['the copy of the key store in /mnt/two (copy two)'],
    });
    away = [];
    former = [gone('one'), gone('two')];
    expect(await erasure.retry()).toEqual({ finished: 1, pending: 0 });
    const done = await erasure.receipt(receipt);
    expect(done).toMatchObject({ state: 'done', waitingFor: [] });
    expect(done.copies.toSorted((a, b) => (a.place < b.place ? -1 : 1))).toEqual([
      { place: '/mnt/one', copy: 'one', ...expected },
      { place: '/mnt/two', copy: 'two', ...expected },
    ]);
    expect(verifySignature(done.publicKey, signedBytes(done), done)).toBe(true);
    const [line] = await engine.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'subject.erase.finish')
      .orderBy('id', 'desc')
      .limit(1)
      .execute();
    expect(JSON.parse(line!.details)).toMatchObject({
      unreachable: 0,
      ...(fate === 'attested' ? { attested: 2 } : {}),
    });
  });

  test('that another program’s reading of the key store holds up is done when the reading has ended', async () => {
    const id = await enroll('ada@example.com');
    let copies: CopyOfReceipt[] = [{ place: 'keys.db-wal', own: true, state: 'unreachable', reason: 'busy' }];
    const destroyPersons = async (subjects: readonly SubjectId[]) => ({
      ...(await engine.sealer.destroyPersons(subjects)),
      copies,
    });
    erasure = await openErasure(engine, { dialect, sealer: { ...engine.sealer, destroyPersons } as never });
    expect(await erasure.erase(realm(), id, order)).toMatchObject({ state: 'pending' });
    copies = [];
    expect(await erasure.retry()).toEqual({ finished: 1, pending: 0 });
  });

  it('is done again by two who ask at once, once', async () => {
    const id = await enroll('ada@example.com');
    const [one, two, three] = await Promise.all([
      erasure.erase(realm(), id, order),
      erasure.erase(realm(), id, order),
      erasure.retry(),
    ]);
    expect(two).toEqual(one);
    expect(three.pending).toBe(0);
    expect(await actions()).toEqual(['subject.erase.intend', 'subject.erase']);
    expect(await engine.keys.erasureLedger()).toHaveLength(1);
  });

  it('and a simultaneous enrollment of the same person end with no person or with a new one', async () => {
    const id = await enroll('ada@example.com');
    const [, second] = await Promise.allSettled([
      erasure.erase(realm(), id, order),
      enroll('ada@example.com', { picture: 'second' }),
    ]);
    const now = await engine.subjects.find(realm(), 'ada@example.com');
    expect(now?.id).not.toBe(id);
    const nearest = await engine.subjects.nearest(realm(), 'a-net', direction('ada@example.com'), 64);
    expect(nearest).toEqual(now ? [now.id] : []);
    // Acknowledged as the old person it was erased with them; else it is a new person.
    if (second.status === 'fulfilled' && second.value !== id) expect(now?.id).toBe(second.value);
  });

  test('whose first commit is not known to have happened leaves no row in the gallery', async () => {
    const id = await enroll('ada@example.com');
    const bea = await enroll('bea@example.com');
    const subjects = engine.openSubjects(undefined, async (work) => {
      await engine.inTransaction(work);
      throw new Error('connection lost');
    });
    await subjects.loadGalleries();
    erasure = await openErasure(engine, { dialect, subjects });
    await expect(erasure.erase(realm(), id, order)).rejects.toThrow('connection lost');
    expect(subjects.people(realm())).toBe(1);
    expect(await subjects.nearest(realm(), 'a-net', direction('ada@example.com'), 64)).toEqual([bea]);
    expect(await erasure.retry()).toEqual({ finished: 1, pending: 0 });
  });

  test('interrupted after any of its steps is finished at the next start', async () => {
    const steps = new Set<string>();
    for (let crashAt = 1; ; crashAt++) {
      const email = `ada${crashAt}@example.com`;
      const id = await enroll(email);
      let calls = 0;
      const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
        const result = await work();
        calls += 1;
        if (calls === crashAt) {
          steps.add(name);
          throw new Error(`crash after ${name}`);
        }
        if (calls > crashAt) throw new Error('dead already');
        return result;
      };
      const dying: Partial<ErasureDeps> = {
        dialect,
        inTransaction: (work) => step('transaction', () => engine.inTransaction(work)),
        subjects: {
          ...engine.subjects,
          forget: (...args) => step('intent', () => engine.subjects.forget(...args)),
        },
        keys: {
          ...engine.keys,
          appendToErasureLedger: (...args) =>
            step('ledger', () => engine.keys.appendToErasureLedger(...args)),
        },
        sealer: {
          ...engine.sealer,
          destroyPersons: (...args) => step('key', () => engine.sealer.destroyPersons(...args)),
        },
        appliance: () => step('log and files', async () => 'apl_test'),
      };
      const crashing = await openErasure(engine, dying);
      const outcome = await crashing.erase(realm(), id, order).then(
        () => 'done',
        (error: Error) => error.message,
      );
      if (outcome === 'done') break;
      expect(outcome).toMatch(/^crash after/);
      // From the first commit on, whatever follows.
      expect(await engine.subjects.find(realm(), email)).toBeUndefined();
      expect(await engine.subjects.find(realm(), id)).toBeUndefined();
      const started = await openErasure(engine, { dialect });
      await started.resume();
      expect(await started.resume()).toEqual({ restored: 0, finished: 0, pending: 0 });
      expect(await engine.db.selectFrom('subject').select('id').execute()).toEqual([]);
      expect(await engine.db.selectFrom('template').select('id').execute()).toEqual([]);
      expect(await engine.keys.persons([id])).toEqual([]);
      expect((await states()).every(({ state }) => state === 'done')).toBe(true);
      const again = engine.openSubjects();
      await again.loadGalleries();
      expect(again.people(realm())).toBe(0);
      const [receipt] = await started.receipts(engine.organization, { limit: 1 });
      expect(receipt).toMatchObject({ subject: id, state: 'done', actor: 'operator:ada', request: 'req_1' });
      expect(verifySignature(receipt!.publicKey, signedBytes(receipt!), receipt!)).toBe(true);
    }
    expect([...steps].sort()).toEqual(['intent', 'key', 'ledger', 'log and files', 'transaction'].sort());
    const crashes = (await states()).length - 1;
    const logged = await actions();
    expect(logged.filter((action) => action === 'subject.erase')).toHaveLength(crashes + 1);
    expect(logged.filter((action) => action === 'subject.erase.intend')).toHaveLength(crashes + 1);
    expect(await engine.keys.erasureLedger()).toHaveLength(crashes + 1);
  });

  test('an erasure that another run is at is left to it, for two minutes and while it lives', async () => {
    const [ada, bea] = [await enroll('ada@example.com'), await enroll('bea@example.com')];
    const living = new Set(['a', 'b']);
    const at = async (own: string, more: Parameters<typeof openErasure>[1] = {}) =>
      openErasure(engine, { dialect, runs: { own, living: async () => living }, ...more });
    const slow = await at('a', {
      sealer: { ...engine.sealer, destroyPersons: () => Promise.reject<never>(new Error('not yet')) },
    });
    const other = await at('b');
    await expect(slow.erase(realm(), ada, order)).rejects.toThrow('not yet');
    expect(await other.resume()).toEqual({ restored: 0, finished: 0, pending: 1 });
    engine.advance(120_000);
    expect(await other.retry()).toEqual({ finished: 1, pending: 0 });
    await expect(slow.erase(realm(), bea, order)).rejects.toThrow('not yet');
    const next = await at('b');
    expect(await next.retry()).toEqual({ finished: 0, pending: 1 });
    living.delete('a');
    expect(await next.retry()).toEqual({ finished: 1, pending: 0 });
  });

  test('an erasure that cannot be finished at the start blocks neither the others nor the galleries', async () => {
    const [ada, bea] = [await enroll('ada@example.com'), await enroll('bea@example.com')];
    const broken = (people: readonly SubjectId[]) => Promise.reject(new Error(`no key store for ${people}`));
    const dying = await openErasure(engine, {
      dialect,
      sealer: { ...engine.sealer, destroyPersons: broken },
    });
    await expect(dying.erase(realm(), ada, order)).rejects.toThrow('no key store');
    await expect(dying.erase(realm(), bea, order)).rejects.toThrow('no key store');
    const partly = await openErasure(engine, {
      dialect,
      sealer: {
        ...engine.sealer,
        destroyPersons: (people) =>
          people.includes(ada) ? broken(people) : engine.sealer.destroyPersons(people),
      },
      keys: { ...engine.keys, persons: async () => [] },
    });
    expect(await partly.resume()).toEqual({ restored: 0, finished: 1, pending: 1 });
    const again = engine.openSubjects();
    await again.loadGalleries();
    expect(again.people(realm())).toBe(0);
    await expect(
      partly.receipt((await states()).find(({ state }) => state !== 'done')!.id as ErasureId),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('continues within a minute'),
    });
  });

  it('of all people needs the exact number, goes in pages, and leaves those who are held', async () => {
    for (const name of ['a', 'b', 'c', 'd']) {
      await enroll(`${name}@example.com`);
      engine.advance(1);
    }
    const held = (await engine.subjects.get(realm(), 'b@example.com')).id;
    erasure = await openErasure(engine, { dialect, isHeld: async (_, subject) => subject === held });
    await enroll('a@example.com', { world: 'test' });
    for (const confirm of [undefined, 0, 3, 5]) {
      await expect(
        erasure.eraseMany(realm(), {
          limit: 10,
          actor: operator,
          ...(confirm === undefined ? {} : { confirm }),
        }),
      ).rejects.toMatchObject({ code: 'CONFIRMATION_REQUIRED', message: expect.stringContaining('4') });
    }
    expect(await engine.subjects.count(realm())).toBe(4);
    const first = await erasure.eraseMany(realm(), { confirm: 4, limit: 3, actor: operator });
    expect(first).toMatchObject({ held: [held], pending: [], left: 2 });
    expect(first.erased).toHaveLength(2);
    const second = await erasure.eraseMany(realm(), {
      confirm: 2,
      limit: 3,
      actor: operator,
      after: first.next!,
    });
    expect(second).toMatchObject({ held: [], left: 1 });
    expect(second.next).toBeUndefined();
    expect((await engine.subjects.list(realm(), { limit: 10 })).subjects.map(({ id }) => id)).toEqual([held]);
    const logged = await actions();
    expect(logged.filter((action) => action === 'subject.erase')).toHaveLength(3);
    expect(logged.filter((action) => action === 'subject.erase.intend refused')).toHaveLength(1);
    const receipts = await erasure.receipts(engine.organization, { limit: 10 });
    expect(receipts.map(({ ledger, reason }) => [ledger.seq, reason])).toEqual([
      [3, 'mass'],
      [2, 'mass'],
      [1, 'mass'],
    ]);
    for (const receipt of receipts) {
      expect(verifySignature(receipt.publicKey, signedBytes(receipt), receipt)).toBe(true);
    }
    expect(await engine.subjects.count(realm('test'))).toBe(1);
  });
});
