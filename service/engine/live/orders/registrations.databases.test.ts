import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { openErasure } from '../../../../test/support/erasure.ts';
import { direction } from '../../../../test/support/faces.ts';
import { attempt, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Judged } from '../../uniqueness/index.ts';
import type { FlowHandler } from '../sessions/session.ts';
import { deleteOrdersOf } from './order-store.ts';
import { createRegistrations, type NewRegistration, type Registrations } from './registrations.ts';

const day = 24 * 3_600_000;
let engine: Engine;
let challenges: ReturnType<typeof scriptedChallenges>;
let sessions: ReturnType<typeof liveSessionsOver>;
let registrations: Registrations;
let judged: Judged;
let asked: { scope: string; policy: string; reference?: string }[];
let ended: string[];
let made: number;

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const order = (more: Partial<NewRegistration> = {}): NewRegistration => ({
  reference: 'user_1',
  dataRequest: 'humanness-and-id',
  region: '',
  ...more,
});
const register = async (more?: Partial<NewRegistration>) => {
  const { registration, token } = await registrations.register(realm(), order(more), { actor: key });
  engine.advance(1);
  return { registration, token };
};
const status = async (reference = 'user_1') => {
  const { state, failure, humanId, humanness } = await registrations.status(realm(), reference, {
    actor: key,
  });
  return [state, failure, humanId, humanness].filter((one) => one !== undefined);
};
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error instanceof Problem ? error.code : error),
  );

async function begin(token: string, path = { flash: true, motion: true }, { links } = registrations) {
  const { page } = await links.describe(token, { test: false });
  return links.begin(token, {
    test: false,
    consent: { version: page.consent.version },
    path,
    device: { label: 'cam' },
  });
}
const look = (token: string) => attempt({ engine, sessions, challenges }, token);
/** A person of the region, with a key of their own. */
async function member(email: string): Promise<SubjectId> {
  const { subject } = await engine.subjects.enroll(
    realm(),
    { email, embeddings: { 'a-net': direction(email) }, quality: 0.9 },
    operator,
  );
  return subject.id;
}
const rows = () => engine.db.selectFrom('relying_order').selectAll().orderBy('id').execute();
const events = () =>
  engine.db
    .selectFrom('outbox')
    .select(['payload', 'subject', 'personal_sealed'])
    .where('type', '=', 'session.decided')
    .orderBy('seq')
    .execute();

mostlyOnSqlite('registrations', (newLocation, dialect, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    await engine.installPad();
    challenges = scriptedChallenges();
    asked = [];
    ended = [];
    const handlers: { registration?: FlowHandler } = {};
    judged = { outcome: 'new', action: 'accept', humanId: 'ab12', subject: await member('pseudonym@x.org') };
    sessions = liveSessionsOver(engine, {
      challenges,
      handlers,
      uniqueness: {
        judge({ scope, policy, reference }, work) {
          asked.push({ scope, policy, ...(reference !== undefined && { reference }) });
          return engine.inTransaction((tx) => work(tx, judged));
        },
        withdraw: async () => undefined,
        isMember: async () => true,
      },
    });
    made = 0;
    registrations = createRegistrations({
      ...engine,
      sessions,
      uniqueness: {
        async termsOf(_, scope) {
          if (ended.includes(scope)) throw new Problem('CONFLICT', 'This region has ended.');
          return scope === ''
            ? { onErasure: 'reopen', retentionDays: 365 }
            : { onErasure: 'hold', endsAt: Date.UTC(2027, 0, 31) };
        },
      },
      humannessOf: ({ score }) => score / 2,
      random: (into) => new DataView(into.buffer).setUint32(12, ++made),
    });
    handlers.registration = registrations.end;
    await engine.organizations.set(engine.organization, { redirectTargets: ['app.example.com'] }, operator);
  });
  afterEach(() => engine.stop());

  test('a user who is invited passes once; the caller gets the score and the id', async () => {
    const redirect = 'https://app.example.com/done';
    const { registration, token } = await register({ redirect, region: 'survey_42' });
    expect(registration.expiresAt).toBe(engine.clock.now() - 1 + 7 * day);
    expect(await status()).toEqual(['pending']);
    const shown = await registrations.links.describe(token, { test: false });
    expect(shown).toMatchObject({
      state: 'ready',
      flow: 'registration',
      test: true,
      page: { redirect: { success: redirect, failure: redirect } },
    });
    const text = [...shown.page.consent.text.en, shown.page.consent.retention.en].join(' ');
    expect(text).toContain('The template alone is held until 2027-01-31');
    const begun = await begin(token);
    expect(await registrations.links.describe(token, { test: false })).toMatchObject({
      state: 'taken',
    });
    await look(begun.token);
    expect(await registrations.links.describe(token, { test: false })).toMatchObject({
      state: 'finished',
    });
    expect(await status()).toEqual(['completed', 'ab12', 0.45]);
    expect(asked).toEqual([{ scope: 'survey_42', policy: 'block', reference: 'user_1' }]);
    const [row] = await rows();
    const stored = JSON.stringify({ ...row, request_sealed: Buffer.from(row!.request_sealed).toString() });
    expect(stored).not.toContain('user_1');
    expect(stored).not.toContain(token);
    expect((await events()).map(({ payload, subject }) => [JSON.parse(payload), subject])).toEqual([
      [
        {
          flow: 'registration',
          session: begun.sessionId,
          registration: row!.id,
          region: 'survey_42',
          decision: 'approved',
        },
        judged.subject,
      ],
    ]);
  });

  it('reading an invitation changes nothing; of two who begin at once one wins', async () => {
    const { token } = await register();
    const before = await rows();
    for (let i = 0; i < 3; i++) await registrations.links.describe(token, { test: false });
    expect(await rows()).toEqual(before);
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(begin(token))));
    expect(codes.toSorted()).toEqual(['CONFLICT', 'CONFLICT', 'done']);
  });

  test('a person who is known under another reference is not unique', async () => {
    judged = {
      outcome: 'known',
      action: 'duplicate',
      duplicateOf: judged.subject!,
    };
    const { token } = await register({ reference: 'user_2' });
    await look((await begin(token)).token);
    expect(await status('user_2')).toEqual(['failed', 'not-unique']);
    expect((await events()).map(({ payload }) => JSON.parse(payload).decision)).toEqual(['duplicate']);
  });

  test('liveness that fails, a person who does not agree, and one who does not finish', async () => {
    challenges.script.passed = false;
    const failed = await register();
    const { token } = await begin(failed.token);
    for (let i = 0; i < 3; i++) await look(token);
    expect(await status()).toEqual(['failed', 'liveness-failed']);
    const denied = await register({ reference: 'user_2' });
    expect(await registrations.links.deny(denied.token, { test: false })).toEqual({});
    expect(await codeOf(registrations.links.deny(denied.token, { test: false }))).toBe('CONFLICT');
    expect(await status('user_2')).toEqual(['failed', 'liveness-failed']);
    const open = await register({ reference: 'user_3' });
    await begin(open.token);
    engine.advance(day);
    await sessions.expireDue();
    expect(await status('user_3')).toEqual(['expired', 'expired']);
    // The end of a session that ran out sends no event.
    expect((await events()).map(({ payload }) => JSON.parse(payload).decision)).toEqual([
      'rejected',
      'rejected',
    ]);
  });

  test('a person who is being erased while the session is decided has not passed', async () => {
    judged.subject = 'sub_gone' as SubjectId;
    const { token } = await register();
    await look((await begin(token)).token);
    expect(await status()).toEqual(['failed', 'liveness-failed']);
    expect((await events()).map(({ payload, subject }) => [JSON.parse(payload).decision, subject])).toEqual([
      ['rejected', null],
    ]);
  });

  test('a check without motion stays pending until a person decides, and is counted only then', async () => {
    challenges.script.assurance = 'passive-frames';
    const still = { flash: false, motion: false };
    const one = await register();
    const begun = await begin(one.token, still);
    await look(begun.token);
    engine.advance(day);
    expect(await status()).toEqual(['pending']);
    expect(asked).toEqual([]);
    await sessions.review(realm(), begun.sessionId, { approve: true, actor: operator });
    expect(asked).toHaveLength(1);
    expect(await status()).toEqual(['completed', 'ab12', 0.45]);
    const two = await register({ reference: 'user_2' });
    const other = await begin(two.token, still);
    await look(other.token);
    await sessions.review(realm(), other.sessionId, { approve: false, actor: operator });
    expect(await status('user_2')).toEqual(['failed', 'liveness-failed']);
    expect(asked).toHaveLength(1);
  });

  test('an invitation that is not opened expires by the clock, without an event', async () => {
    const { token } = await register();
    engine.advance(7 * day - 2);
    expect(await registrations.expireDue()).toBe(0);
    engine.advance(1);
    expect(await status()).toEqual(['expired', 'expired']);
    expect(await codeOf(begin(token))).toBe('SESSION_EXPIRED');
    expect(await registrations.expireDue()).toBe(1);
    expect(await registrations.expireDue()).toBe(0);
    expect(await events()).toEqual([]);
    await register();
    expect(await status()).toEqual(['pending']);
  });

  it('registering again ends the invitation before; not for one that is completed in the region', async () => {
    const first = await register();
    const begun = await begin(first.token);
    const second = await register();
    expect(await codeOf(registrations.links.describe(first.token, { test: false }))).toBe('NOT_FOUND');
    await look(begun.token);
    expect(await status()).toEqual(['pending']);
    await look((await begin(second.token)).token);
    expect(await status()).toEqual(['completed', 'ab12', 0.45]);
    expect(await codeOf(register())).toBe('CONFLICT');
    await register({ region: 'survey_7' });
    expect(await status()).toEqual(['pending']);
    const both = await Promise.all([1, 2].map(() => codeOf(register({ reference: 'user_9' }))));
    expect(both).toEqual(['done', 'done']);
    const pending = (await rows()).filter(
      ({ state, terms }) => state === 'pending' && JSON.parse(terms).region === '',
    );
    expect(pending).toHaveLength(1);
  });

  test('references differ by case; another organization and the live world know none', async () => {
    await register();
    expect(await codeOf(status('User_1'))).toBe('SUBJECT_NOT_FOUND');
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const in_ = (change: object) =>
      codeOf(registrations.status({ ...realm(), ...change }, 'user_1', { actor: key }));
    expect([await in_({ world: 'live' }), await in_({ organization: other })]).toEqual([
      'SUBJECT_NOT_FOUND',
      'SUBJECT_NOT_FOUND',
    ]);
    expect(await codeOf(registrations.links.describe('guess', { test: false }))).toBe('NOT_FOUND');
  });

  test('the placeholder is for testing alone, redirects for the allow-list, ended regions for none', async () => {
    await expect(register({ redirect: 'https://evil.com/' })).rejects.toMatchObject({
      extra: { details: [{ path: 'redirects.success' }] },
    });
    const live = registrations.register(
      { ...realm(), world: 'live' },
      order({ dataRequest: 'phone-number' }),
      {
        actor: key,
      },
    );
    await expect(live).rejects.toMatchObject({ extra: { details: [{ path: 'dataRequest' }] } });
    await register({ dataRequest: 'phone-number' });
    ended.push('survey_1');
    expect(await codeOf(register({ region: 'survey_1' }))).toBe('CONFLICT');
  });

  test('what a new human registered is under the key of the member, and is erased with them', async () => {
    const handlers: { registration?: FlowHandler } = {};
    const counting = liveSessionsOver(engine, { challenges, handlers, uniqueness: engine.uniqueness });
    const counted = createRegistrations({
      ...engine,
      sessions: counting,
      humannessOf: () => 1,
      random: (into) => into,
    });
    handlers.registration = counted.end;
    const { token } = await counted.register(realm(), order({ region: 'survey' }), { actor: key });
    engine.advance(1);
    const begun = await begin(token, { flash: true, motion: true }, counted);
    await attempt({ engine, sessions: counting, challenges }, begun.token);
    const { subject } = await engine.db
      .selectFrom('uniqueness_member')
      .select('subject')
      .executeTakeFirstOrThrow();
    expect(await rows()).toMatchObject([{ state: 'passed', subject }]);
    expect((await events()).map((one) => one.subject)).toEqual([subject]);
    const erasure = await openErasure(engine, { dialect });
    await erasure.erase(realm(), subject as SubjectId, { actor: operator, reason: 'request' });
    expect(await rows()).toEqual([]);
  });

  test('an erasure of the person removes the registration; the record has it', async () => {
    const { token } = await register();
    await look((await begin(token)).token);
    const data = engine.personalData.find(({ tables }) => 'relying_order' in tables)!;
    const person = { ...realm(), subject: judged.subject! };
    expect(
      await data.exportOf!(person, {
        open: async (values) =>
          Promise.all(
            values.map(({ context, sealed }) =>
              sealed ? engine.sealer.open(context as never, sealed) : undefined,
            ),
          ),
      } as Parameters<NonNullable<typeof data.exportOf>>[1]),
    ).toMatchObject({
      registrations: [{ request: { reference: 'user_1' }, state: 'completed', uniqueHumanId: 'ab12' }],
    });
    expect(await data.sealedValues!(person)).toHaveLength(1);
    await engine.inTransaction((tx) => data.forget!(tx, [person.subject], engine.clock.now()));
    expect(await codeOf(status())).toBe('SUBJECT_NOT_FOUND');
    await register({ reference: 'user_2' });
    const term = data.expires!.find(({ counted }) => counted === 'registrations');
    engine.advance(8 * day);
    expect(await term!.count(realm(), engine.clock.now())).toBe(0);
    await registrations.expireDue();
    expect(await engine.inTransaction((tx) => term!.expire(tx, realm(), engine.clock.now(), 10))).toBe(1);
    await register();
    await engine.inTransaction((tx) => deleteOrdersOf(tx, engine.organization));
    expect(await rows()).toEqual([]);
  });
});
