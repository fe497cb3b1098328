import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { consentOfAll, type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { direction } from '../../../../test/support/faces.ts';
import { attempt, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import type { Purpose } from '../../consent/index.ts';
import { pageConsent } from './page-consent.ts';
import type { DecidedSession, FlowHandler, NewSession, SessionFlow } from './session.ts';
import { countWaitingSessions } from './session-store.ts';

const hour = 3_600_000;
const consent = pageConsent({ name: 'Acme' }, 'none');
const withoutMotion = {
  consent: { version: consent.version },
  path: { flash: false, motion: false },
  device: {},
};
const ada: Actor = { is: 'administrator', administrator: 'adm_ada' } as Actor;
const ben: Actor = { is: 'administrator', administrator: 'adm_ben' } as Actor;
const uniqueness = { policy: 'block' as const, scope: 'lisbon' };

let engine: Engine;
let challenges: ReturnType<typeof scriptedChallenges>;
let sessions: ReturnType<typeof liveSessionsOver>;
let ended: DecidedSession[];
let handlers: Partial<Record<SessionFlow, FlowHandler>>;

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const order = (more: Partial<NewSession> = {}): NewSession => ({
  flow: 'hosted',
  realm: realm(),
  actor: key,
  match: 'none',
  page: { consent },
  expiresAt: engine.clock.now() + hour,
  ...more,
});
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error instanceof Problem ? error.code : error),
  );

async function passed(more: Partial<NewSession> = {}, face = direction('ada')) {
  const made = await sessions.create(order(more));
  await sessions.open(made.token, withoutMotion);
  await attempt({ engine, sessions, challenges }, made.token, face);
  return made;
}
const decide = (id: string, approve: boolean, actor: Actor = operator) =>
  sessions.review(realm(), id, { approve, actor });
const find = async (id: string) => (await sessions.find(realm(), id))!;
const waitingFaceOf = async (id: string) =>
  (
    await engine.db
      .selectFrom('live_session')
      .select('waiting_sealed')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  ).waiting_sealed;
const actions = async (id: string) =>
  (
    await engine.db.selectFrom('audit').select('action').where('target', '=', id).orderBy('seq').execute()
  ).map(({ action }) => action);

onSqlite('sessions that were passed without motion of the head', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    challenges = scriptedChallenges();
    challenges.script.assurance = 'passive-frames';
    ended = [];
    const end: FlowHandler = {
      async onDecided(_, session) {
        ended.push(session);
        return undefined;
      },
    };
    handlers = { hosted: end, presence: end };
    sessions = liveSessionsOver(engine, {
      challenges,
      handlers,
      uniqueness: engine.uniqueness,
    });
  });
  afterEach(() => engine.stop());

  test('wait for a person, who approves', async () => {
    const { id, token } = await passed();
    expect(ended).toEqual([]);
    expect(await sessions.finalizeByToken(token)).toMatchObject({ passed: false, decision: null });
    expect(await find(id)).toMatchObject({
      state: 'processing',
      held: true,
      waitsFor: 'without-motion',
      reasons: ['WITHOUT_MOTION'],
      heldUntil: expect.any(Number),
      risk: { flags: ['reduced-challenge'] },
    });
    expect(await countWaitingSessions(engine.db, realm())).toBe(1);
    expect((await sessions.page(realm(), { held: true, limit: 10 })).map((one) => one.id)).toEqual([id]);

    expect(await decide(id, true)).toMatchObject({ decision: 'approved', held: false, reasons: [] });
    expect(ended).toMatchObject([{ id, decision: 'approved', liveness: { assurance: 'passive-frames' } }]);
    expect(await sessions.finalizeByToken(token)).toMatchObject({ passed: true, decision: 'approved' });
    expect(await countWaitingSessions(engine.db, realm())).toBe(0);
    expect(await actions(id)).toEqual([
      ...['session.create', 'session.consent', 'session.hold', 'session.decide'],
    ]);
    const row = await engine.db
      .selectFrom('audit')
      .selectAll()
      .where('action', '=', 'session.decide')
      .execute();
    expect(row[0]!.actor).toBe('operator:ada');
    expect(await codeOf(decide(id, false))).toBe('CONFLICT');
  });

  test('wait for a person, who refuses', async () => {
    const { id } = await passed();
    expect(await decide(id, false)).toMatchObject({
      decision: 'rejected',
      reasons: ['WITHOUT_MOTION', 'REVIEW_REFUSED'],
    });
    expect(ended).toMatchObject([{ decision: 'rejected' }]);
  });

  test('are rejected when no person decides within 73 hours', async () => {
    const { id } = await passed();
    engine.advance(72 * hour);
    await sessions.expireDue();
    expect((await find(id)).decision).toBeUndefined();
    engine.advance(2 * hour);
    await sessions.expireDue();
    expect(await find(id)).toMatchObject({
      decision: 'rejected',
      reasons: ['WITHOUT_MOTION', 'REVIEW_TIMED_OUT'],
    });
  });

  test('are approved at once where the profile allows it', async () => {
    challenges.script.withoutMotion = 'allow';
    const { id } = await passed();
    expect(await find(id)).toMatchObject({ decision: 'approved', reasons: [] });
  });

  test('are not begun where the profile refuses it, nor as a proof of presence', async () => {
    challenges.script.withoutMotion = 'refuse';
    const { token } = await sessions.create(order());
    expect(await codeOf(sessions.open(token, withoutMotion))).toBe('MOTION_REQUIRED');
    expect(await sessions.describe(token)).toMatchObject({ withoutMotion: 'refuse' });
    await sessions.open(token, { ...withoutMotion, path: { flash: true, motion: true } });

    challenges.script.withoutMotion = 'review';
    const presence = { flow: 'presence' as const, opened: withoutMotion };
    expect(await codeOf(sessions.prepare(order(presence)))).toBe('MOTION_REQUIRED');
    expect(await sessions.withoutMotionOf(realm(), { flow: 'presence' })).toBe('refuse');
    challenges.script.withoutMotion = 'allow';
    expect(await codeOf(sessions.prepare(order(presence)))).toBe('done');
  });

  test('are rejected where the profile was changed after the person had chosen the path', async () => {
    challenges.script.withoutMotion = 'allow';
    const made = await sessions.create(order({ flow: 'presence', opened: withoutMotion }));
    challenges.script.withoutMotion = 'review';
    await attempt({ engine, sessions, challenges }, made.token);
    expect(await find(made.id)).toMatchObject({ decision: 'rejected', reasons: ['MOTION_REQUIRED'] });
  });

  test('count the person in the scope when a person has decided, and not before', async () => {
    const one = await passed({ uniqueness, subjectRef: 'one' });
    expect(await waitingFaceOf(one.id)).not.toBeNull();
    // The same person refused: was never counted.
    await decide(one.id, false);
    expect(await waitingFaceOf(one.id)).toBeNull();
    const two = await passed({ uniqueness, subjectRef: 'two' });
    await decide(two.id, true);
    expect(ended).toMatchObject([
      { decision: 'rejected' },
      { decision: 'approved', uniqueness: { outcome: 'new', action: 'accept' } },
    ]);
    // Now the face is known: the reviewers of the scope compare.
    const three = await passed({ uniqueness, subjectRef: 'three' });
    expect(await decide(three.id, true)).toMatchObject({ held: true, waitsFor: 'uniqueness' });
    expect(await waitingFaceOf(three.id)).toBeNull();
    expect(await codeOf(decide(three.id, true))).toBe('CONFLICT');
  });

  test('need two administrators where the organization asks for them', async () => {
    await engine.organizations.set(engine.organization, { twoPersonReview: true }, operator);
    const { id } = await passed();
    expect(await codeOf(decide(id, true))).toBe('CONFLICT');
    expect(await decide(id, true, ada)).toMatchObject({ held: true });
    expect(await decide(id, true, ada)).toMatchObject({ held: true });
    expect(await decide(id, false, ben)).toMatchObject({ held: true });
    expect(await decide(id, false, ada)).toMatchObject({ decision: 'rejected' });
    expect(await actions(id)).toEqual([
      ...['session.create', 'session.consent', 'session.hold'],
      ...['session.vote', 'session.vote', 'session.vote', 'session.vote', 'session.decide'],
    ]);
  });

  test('keep who was recognized, and are rejected when the person is erased meanwhile', async () => {
    const { subject } = await engine.subjects.enroll(
      realm(),
      { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 1 },
      key,
    );
    const one = await passed({ match: 'any' });
    const waiting = await find(one.id);
    expect(waiting).toMatchObject({ waitsFor: 'without-motion', subject: subject.id });
    await decide(one.id, true);
    expect(ended).toMatchObject([
      { decision: 'approved', subject: subject.id, verification: waiting.verification },
    ]);
    const two = await passed({ match: 'any', uniqueness });
    const data = engine.personalData.find(({ tables }) => 'live_session' in tables)!;
    await engine.inTransaction((tx) => data.forget!(tx, [subject.id], engine.clock.now()));
    expect(await waitingFaceOf(two.id)).toBeNull();
    expect(await decide(two.id, true)).toMatchObject({
      decision: 'rejected',
      reasons: ['WITHOUT_MOTION', 'PERSON_ERASED'],
    });
  });

  test('approve no person who withdrew, is disabled, lost the address or is refused by the flow meanwhile', async () => {
    let refuses: { refuse: string } | undefined;
    handlers.hosted = { ...handlers.hosted!, judge: async () => refuses };
    const { subject } = await engine.subjects.enroll(
      realm(),
      { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 1 },
      key,
    );
    const person = { ...realm(), subject: subject.id };
    const meanwhile = async (match: NewSession['match'], change: () => unknown) => {
      const { id } = await passed({ match });
      expect(await find(id)).toMatchObject({ held: true, subject: subject.id });
      await change();
      const { decision, reasons } = await decide(id, true);
      return [decision, reasons.at(-1)];
    };
    const email = 'ada@example.com';
    const turnMinor = () => {
      refuses = { refuse: 'UNDER_AGE' };
    };
    expect(await meanwhile('any', turnMinor)).toEqual(['rejected', 'UNDER_AGE']);
    refuses = undefined;
    const disable = (disabled: boolean) =>
      engine.subjects.setDisabled(realm(), subject.id, disabled, operator);
    expect(await meanwhile('any', () => disable(true))).toEqual(['rejected', 'NOT_RECOGNIZED']);
    await disable(false);
    const change = (address: string) =>
      engine.subjects.change(realm(), subject.id, { email: address }, operator);
    expect(await meanwhile({ email }, () => change('ada@example.org'))).toEqual([
      'rejected',
      'NOT_RECOGNIZED',
    ]);
    await change(email);
    await engine.consents.give(person, consentOfAll, operator);
    const withdraw = (purpose: Purpose) => engine.consents.withdraw(person, [purpose], operator);
    expect(await meanwhile({ email }, () => withdraw('identification'))).toEqual(['approved', undefined]);
    expect(await meanwhile({ email }, () => withdraw('verification'))).toEqual([
      'rejected',
      'CONSENT_WITHDRAWN',
    ]);
  });

  test('do not show an old movement again, also while they wait', async () => {
    challenges.script.movement = new Uint8Array([1, 2, 3]);
    await passed();
    const again = await passed();
    expect(await find(again.id)).toMatchObject({ held: false, attempts: 1 });
    expect((await find(again.id)).reasons).toEqual(['REPLAYED_MOVEMENT']);
  });
});
