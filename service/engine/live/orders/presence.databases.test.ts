import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import { begin, openPresence } from '../../../../test/support/presence.ts';
import { refusal } from '../../../../test/support/staff.ts';
import type { SessionId, SubjectId } from '../../../lib/id.ts';
import { deleteOrdersOf } from './order-store.ts';
import type { PresenceOrder } from './presence.ts';

const minute = 60_000;
const email = 'alice@example.com';
let engine: Engine;
let room: ReturnType<typeof openPresence>;

const realm = () => ({ organization: engine.organization, world: 'live' as const });
const caller = (over: object = {}) => ({ ...realm(), lineage: 'key_1', ...over });
const order = (over: Partial<PresenceOrder> = {}): PresenceOrder => ({
  orgId: engine.organization,
  purpose: 'Authorize production deployment',
  ...over,
});
const create = (over: Partial<PresenceOrder> = {}) => room.presence.create(caller(), order(over), key);
const stateOf = async (id: string) => (await room.presence.get(caller(), id, key)).state;

async function enroll(address = email): Promise<SubjectId> {
  const face = direction(address);
  engine.analyzer.show(
    address,
    analysisOf(address, {
      embeddings: {
        'a-net': near(face, 0.97, address),
        'b-net': near(direction(`${address} b`, 64), 0.97, address),
      },
      live: 0.99,
    }),
  );
  await engine.checks.enroll({
    ...realm(),
    picture: new TextEncoder().encode(address),
    email: address,
    actor: operator,
  });
  return (await engine.subjects.get(realm(), address)).id;
}
/** A session whose link was used. */
async function open(over: Partial<PresenceOrder> = {}) {
  const { session, link } = await create(over);
  const { sessionId } = await room.presence.links.begin(link, begin);
  return { id: session.id, link, live: sessionId as SessionId };
}
async function verified(over: Partial<PresenceOrder> = {}, address = email) {
  const person = { id: (await engine.subjects.get(realm(), address)).id, email: address };
  const opened = await open(over);
  await room.decide(opened.live, { decision: 'approved', person });
  return { ...opened, person, ...(await room.presence.token(caller(), opened.id, key)) };
}
const lines = async () =>
  (await engine.db.selectFrom('audit').select(['action', 'actor', 'outcome']).orderBy('seq').execute())
    .filter(({ action }) => action.startsWith('presence.'))
    .map(({ action, actor, outcome }) => `${actor} ${action} ${outcome}`);

mostlyOnSqlite('presence', (newLocation, _, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    await engine.installPad();
    room = openPresence(engine);
  });
  afterEach(() => engine.stop());

  test('a person is asked for, recognized, and proven by a token', async () => {
    const person = { id: await enroll(), email };
    const { session, link } = await create({ email, nonce: '8f3a', ttlSeconds: 60 });
    expect(session).toMatchObject({
      state: { is: 'pending', begun: false },
      expiresAt: engine.clock.now() + 10 * minute,
    });
    expect(link).toMatch(/^[\w-]{43}$/);
    const { sessionId } = await room.presence.links.begin(link, begin);
    expect(room.orders.get(sessionId as SessionId)).toMatchObject({
      flow: 'presence',
      match: { email },
      expiresAt: session.expiresAt,
      opened: { consent: begin.consent },
      page: { purpose: 'Authorize production deployment' },
    });
    expect(await refusal(room.presence.token(caller(), session.id, key))).toBe('CONFLICT');
    await room.decide(sessionId as SessionId, { decision: 'approved', person });
    const at = engine.clock.now();
    expect(await stateOf(session.id)).toEqual({ is: 'verified', at, subject: person.id, email });
    const proof = await room.presence.token(caller(), session.id, key);
    expect(proof).toMatchObject({ email, verifiedAt: at, expiresAt: at + minute });
    expect(await room.presence.token(caller(), session.id, key)).toEqual(proof);
    expect(
      await room.presence.verifyToken(
        caller({ lineage: 'key_2' }),
        {
          token: proof.token,
          expectedOrgId: engine.organization,
          expectedEmail: 'Alice@Example.com',
          expectedNonce: '8f3a',
        },
        key,
      ),
    ).toEqual({
      valid: true,
      statement: {
        sub: email,
        orgId: engine.organization,
        userId: person.id,
        sessionId: session.id,
        purpose: 'Authorize production deployment',
        nonce: '8f3a',
        assurance: 'active',
        jti: proof.jti,
        checks: { compositeScore: 0.87, liveness: 0.92 },
        issuedAt: at,
        expiresAt: at + minute,
      },
    });
    expect(await lines()).toEqual([
      'key:key_1 presence.create done',
      `session:${sessionId} presence.begin done`,
      'key:key_1 presence.decide done',
      'key:key_1 presence.read done',
      'key:key_1 presence.token done',
      'key:key_1 presence.token done',
    ]);
  });

  test('a session that a writer of the database leads to another order proves nothing for it', async () => {
    const person = { id: await enroll(), email };
    const login = await open({ purpose: 'Log in' });
    const pay = (await create({ purpose: 'Pay Mallory' })).session.id;
    const set = (id: string, session: SessionId | null) =>
      engine.db
        .updateTable('relying_order')
        .set({ session, opened_at: engine.clock.now() })
        .where('id', '=', id)
        .execute();
    await set(login.id, null);
    await set(pay, login.live);
    await room.decide(login.live, { decision: 'approved', person });
    expect(await stateOf(pay)).toEqual({ is: 'pending', begun: true });
    expect(await refusal(room.presence.token(caller(), pay, key))).toBe('CONFLICT');
  });

  test('an order of which he changes the terms has no token', async () => {
    const person = { id: await enroll(), email };
    const opened = await open({ ttlSeconds: 60, singleUse: true });
    await engine.db
      .updateTable('relying_order')
      .set({ terms: '{"ttlSeconds":3600,"singleUse":0}' })
      .execute();
    await room.decide(opened.live, { decision: 'approved', person });
    expect(await stateOf(opened.id)).toEqual({ is: 'cancelled', reason: 'not-verified' });
    const { link } = await create();
    await engine.db.updateTable('relying_order').set({ lineage: 'key_2' }).execute();
    expect(await refusal(room.presence.links.begin(link, begin))).toBe('NOT_FOUND');
  });

  test('only the key that created it, or its successor, reads it; elsewhere it is not there', async () => {
    const { id } = (await create()).session;
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    for (const call of ['get', 'cancel', 'token'] as const) {
      const of = (over: object) => refusal(room.presence[call](caller(over), id, key));
      expect(await of({ lineage: 'key_2' })).toBe('SESSION_KEY_MISMATCH');
      expect(await of({ organization: other })).toBe('NOT_FOUND');
      expect(await of({ world: 'test' })).toBe('NOT_FOUND');
    }
    expect((await stateOf(id)).is).toBe('pending');
  });

  test('a key that is restricted to profiles is so for the person too', async () => {
    const { link } = await room.presence.create(caller({ profiles: ['door'] }), order(), key);
    const { sessionId } = await room.presence.links.begin(link, begin);
    expect(room.orders.get(sessionId as SessionId)).toMatchObject({ profiles: ['door'] });
    const free = await open();
    expect(room.orders.get(free.live)).not.toHaveProperty('profiles');
  });

  test('an order for another organization is refused, and leaves nothing', async () => {
    expect(await refusal(create({ orgId: 'org_elsewhere' }))).toBe('ORGANIZATION_MISMATCH');
    expect(await engine.db.selectFrom('relying_order').selectAll().execute()).toEqual([]);
    expect(await lines()).toEqual([]);
  });

  it('a link is read as often as you like, and used once, by the first of two browsers', async () => {
    const { session, link } = await create();
    for (let i = 0; i < 3; i++)
      expect(await room.presence.links.describe(link, { test: false })).toMatchObject({
        state: 'ready',
        flow: 'presence',
        organization: { name: 'Acme' },
        test: false,
        page: { purpose: 'Authorize production deployment' },
      });
    const begun = await Promise.allSettled([1, 2].map(() => room.presence.links.begin(link, begin)));
    expect(begun.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await refusal(room.presence.links.begin(link, begin))).toBe('CONFLICT');
    expect(await refusal(room.presence.links.deny(link, { test: false }))).toBe('CONFLICT');
    expect(await room.presence.links.describe(link, { test: false })).toMatchObject({ state: 'taken' });
    expect(await stateOf(session.id)).toEqual({ is: 'pending', begun: true });
    expect(await refusal(room.presence.links.describe('x', { test: false }))).toBe('NOT_FOUND');
  });

  test('it ends by the clock; what is decided later changes nothing', async () => {
    const person = { id: await enroll(), email };
    const unopened = await create();
    const opened = await open();
    engine.advance(10 * minute - 1);
    expect((await stateOf(opened.id)).is).toBe('pending');
    engine.advance(1);
    expect((await stateOf(opened.id)).is).toBe('expired');
    await room.decide(opened.live, { decision: 'approved', person });
    expect((await stateOf(opened.id)).is).toBe('expired');
    expect(await refusal(room.presence.token(caller(), opened.id, key))).toBe('SESSION_EXPIRED');
    expect(await refusal(room.presence.cancel(caller(), opened.id, key))).toBe('SESSION_EXPIRED');
    expect(await refusal(room.presence.links.begin(unopened.link, begin))).toBe('SESSION_EXPIRED');
    expect(await room.presence.links.describe(unopened.link, { test: false })).toMatchObject({
      state: 'ended',
    });
  });

  test('a cancelled session stays so, before its link was used and after', async () => {
    const person = { id: await enroll(), email };
    const unopened = await create();
    const opened = await open();
    for (const id of [unopened.session.id, opened.id]) {
      expect((await room.presence.cancel(caller(), id, key)).state).toEqual({
        is: 'cancelled',
        reason: 'caller',
      });
      expect(await refusal(room.presence.cancel(caller(), id, key))).toBe('CONFLICT');
      expect(await refusal(room.presence.token(caller(), id, key))).toBe('CONFLICT');
    }
    expect(await refusal(room.presence.links.begin(unopened.link, begin))).toBe('CONFLICT');
    expect(await room.presence.links.describe(unopened.link, { test: false })).toMatchObject({
      state: 'finished',
    });
    await room.decide(opened.live, { decision: 'approved', person });
    expect((await stateOf(opened.id)).is).toBe('cancelled');
  });

  test.each([
    [
      'another person, where it is locked',
      { email },
      { otherPerson: true },
      'another-person',
      'EMAIL_MISMATCH',
    ],
    ['another person, where it is not', {}, { otherPerson: true }, 'not-verified', 'CONFLICT'],
    ['no living person, where it is locked', { email }, { live: false }, 'not-verified', 'CONFLICT'],
    ['a person who declines', {}, { reasons: ['CONSENT_DENIED'] }, 'declined', 'CONFLICT'],
  ] as const)('%s: no token', async (_name, asked, found, reason, code) => {
    const { id, live } = await open(asked);
    await room.decide(live, {
      decision: 'rejected',
      ...found,
      reasons: [...('reasons' in found ? found.reasons : [])],
    });
    expect(await stateOf(id)).toEqual({ is: 'cancelled', reason });
    expect(await refusal(room.presence.token(caller(), id, key))).toBe(code);
  });

  test('a person who declines before the start ends it', async () => {
    const { session, link } = await create();
    await room.presence.links.deny(link, { test: false });
    expect(await stateOf(session.id)).toEqual({ is: 'cancelled', reason: 'declined' });
    expect(await refusal(room.presence.links.begin(link, begin))).toBe('CONFLICT');
  });

  test('a token counts for its organization and world, until its end, and as expected', async () => {
    await enroll();
    const { token, id } = await verified({ nonce: '8f3a' });
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const reason = async (over: object, more: object = {}) => {
      const verdict = await room.presence.verifyToken(caller(over), { token, ...more }, key);
      return verdict.valid ? 'valid' : verdict.reason;
    };
    expect(await reason({})).toBe('valid');
    expect(await reason({})).toBe('valid');
    expect(await reason({ organization: other })).toBe('wrong_audience');
    expect(await reason({ world: 'test' })).toBe('wrong_audience');
    expect(await reason({}, { expectedOrgId: other })).toBe('wrong_organization');
    expect(await reason({}, { expectedEmail: 'bob@example.com' })).toBe('wrong_email');
    expect(await reason({}, { expectedNonce: 'other' })).toBe('wrong_nonce');
    expect(await reason({}, { token: `${token.slice(0, -4)}AAAA` })).toBe('bad_signature');
    expect(await reason({}, { token: 'no token' })).toBe('malformed');
    engine.advance(300_000);
    expect(await reason({})).toBe('expired');
    expect(await refusal(room.presence.token(caller(), id, key))).toBe('SESSION_EXPIRED');
    expect((await stateOf(id)).is).toBe('verified');
  });

  it('a token for one use counts once; a wrong expectation does not use it up', async () => {
    await enroll();
    const { token } = await verified({ singleUse: true });
    const verify = (more: object = {}) => room.presence.verifyToken(caller(), { token, ...more }, key);
    expect(await verify({ expectedEmail: 'bob@example.com' })).toEqual({
      valid: false,
      reason: 'wrong_email',
    });
    const both = await Promise.all([verify(), verify()]);
    expect(both.map(({ valid }) => valid).toSorted()).toEqual([false, true]);
    expect(await verify()).toEqual({ valid: false, reason: 'already_used' });
  });

  test('a person without an address is proven by id', async () => {
    const id = await enroll();
    const { id: session, live } = await open();
    await room.decide(live, { decision: 'approved', person: { id } });
    expect(await stateOf(session)).toEqual({ is: 'verified', at: engine.clock.now(), subject: id });
    const { token } = await room.presence.token(caller(), session, key);
    expect(await room.presence.verifyToken(caller(), { token }, key)).toMatchObject({
      statement: { sub: id },
    });
  });

  test('nothing personal is stored in plain text; the row opens with the key of the person alone', async () => {
    const person = await enroll();
    await create({ email, nonce: 'a nonce' });
    await create({ email: 'unknown@example.com' });
    await verified();
    const rows = await engine.db.selectFrom('relying_order').selectAll().orderBy('id').execute();
    expect(rows.map(({ subject }) => subject)).toEqual([person, null, person]);
    const text = Buffer.concat(
      rows.map((row) =>
        Buffer.from(JSON.stringify({ ...row, request_sealed: undefined, proof_sealed: undefined })),
      ),
    );
    for (const secret of [email, 'unknown@', 'production', 'a nonce'])
      expect(text.includes(secret), secret).toBe(false);
    for (const { request_sealed, proof_sealed } of rows)
      for (const sealed of [request_sealed, proof_sealed])
        expect(Buffer.from(sealed ?? []).includes('production')).toBe(false);
  });

  test('erasing the person takes the sessions along; a token of theirs does not count any more', async () => {
    const subject = await enroll();
    const { token, id } = await verified();
    const asked = await create({ email });
    const own = engine.personalData.find(({ tables }) => 'relying_order' in tables)!;
    expect(await own.sealedValues!({ ...realm(), subject })).toHaveLength(3);
    await engine.inTransaction((tx) => own.forget!(tx, [subject], engine.clock.now()));
    expect(await refusal(room.presence.get(caller(), id, key))).toBe('NOT_FOUND');
    expect(await refusal(room.presence.links.begin(asked.link, begin))).toBe('NOT_FOUND');
    expect(await room.presence.verifyToken(caller(), { token }, key)).toEqual({
      valid: false,
      reason: 'revoked',
    });
    const unknown = await create({ email: 'gone@example.com' });
    const hash = engine.sealer.emailHash(engine.organization, 'gone@example.com');
    await engine.inTransaction((tx) => own.address!.forget(tx, realm(), hash));
    expect(await refusal(room.presence.get(caller(), unknown.session.id, key))).toBe('NOT_FOUND');
  });

  test('who is being erased while the session is decided is not proven', async () => {
    const { id, live } = await open();
    await room.decide(live, { decision: 'approved', person: { id: 'sub_gone' as SubjectId } });
    expect(await stateOf(id)).toEqual({ is: 'cancelled', reason: 'not-verified' });
    expect((await lines()).at(-1)).toBe('key:key_1 presence.decide refused');
  });

  test('old sessions expire by the term of verifications, in their organization and world', async () => {
    await create();
    engine.advance(9 * minute);
    const newer = await create();
    engine.advance(minute);
    const own = engine.personalData.find(({ tables }) => 'relying_order' in tables)!;
    const term = own.expires!.find(({ counted }) => counted === 'presenceSessions');
    expect(await term!.count(realm(), engine.clock.now())).toBe(0);
    expect(await room.presence.expireDue()).toBe(1);
    expect(await term!.count(realm(), engine.clock.now())).toBe(1);
    expect(await term!.count({ ...realm(), world: 'test' }, engine.clock.now())).toBe(0);
    await engine.inTransaction((tx) => term!.expire(tx, realm(), engine.clock.now(), 10));
    expect((await stateOf(newer.session.id)).is).toBe('pending');
    engine.advance(9 * minute);
    await room.presence.expireDue();
    expect(await term!.count(realm(), engine.clock.now())).toBe(1);
    await engine.inTransaction((tx) => deleteOrdersOf(tx, engine.organization));
    expect(await term!.count(realm(), engine.clock.now())).toBe(0);
  });
});
