import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../../test/support/faces.ts';
import { flipBit } from '../../../../test/support/flip-bit.ts';
import { frameNamed, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import type { MemberId, ReviewId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { onlyRun } from '../../../storage/runs.ts';
import type { Purpose } from '../../consent/index.ts';
import { pageConsent, uniqueConsent } from './page-consent.ts';
import type { DecidedSession, FlowHandler, NewSession } from './session.ts';
import { deleteSessionsOf } from './session-store.ts';

const minute = 60_000;
const live = direction('ada');
let engine: Engine;
let challenges: ReturnType<typeof scriptedChallenges>;
let sessions: ReturnType<typeof liveSessionsOver>;
let ended: DecidedSession[];
let end: FlowHandler;
let frames: number;

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const consent = pageConsent({ name: 'Acme' }, 'none');
const path = { flash: true, motion: true };
const begin = { consent: { version: consent.version }, path, device: { label: 'cam' } };

const order = (more: Partial<NewSession> = {}): NewSession => ({
  flow: 'hosted',
  realm: realm(),
  actor: key,
  match: 'none',
  expiresAt: engine.clock.now() + 30 * minute,
  page: { consent },
  ...more,
});
const open = (over: Parameters<typeof liveSessionsOver>[1] = {}) =>
  liveSessionsOver(engine, { challenges, handlers: { hosted: end }, ...over });

async function begun(more: Partial<NewSession> = {}) {
  const made = await sessions.create(order(more));
  await sessions.open(made.token, begin);
  return made;
}
/** A frame that shows Ada, unless scripted otherwise, each with pixels of its own. */
function frame(name = `frame ${++frames}`, face = live) {
  const bytes = frameNamed(name);
  engine.analyzer.show(
    new TextDecoder().decode(bytes),
    analysisOf(name, { embeddings: { 'a-net': face }, live: 0.99 }),
  );
  return bytes;
}
async function attempt(token: string, face = live) {
  const link = await sessions.connect(token);
  await link.start();
  for (let i = 0; i < challenges.script.steps; i++) {
    engine.advance(100);
    await link.submitFrame(frame(undefined, face), engine.clock.now());
  }
  await sessions.finalizeByToken(token).catch(() => {});
  const state = await link.state();
  link.close();
  return state;
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error instanceof Problem ? error.code : error),
  );
const actions = async (id: string) =>
  (
    await engine.db
      .selectFrom('audit')
      .select(['action', 'actor'])
      .where('target', '=', id)
      .orderBy('seq')
      .execute()
  ).map(({ action, actor }) => `${action} ${actor.split('_')[0]}`);
const find = async (id: string) => (await sessions.find(realm(), id))!;

mostlyOnSqlite('live sessions', (newLocation, _, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    challenges = scriptedChallenges();
    ended = [];
    end = {
      async onDecided(_, session) {
        ended.push(session);
        return undefined;
      },
    };
    frames = 0;
    sessions = open();
  });
  afterEach(() => engine.stop());

  test('a person agrees, is asked for movements, and the session is approved once', async () => {
    const { id, token } = await sessions.create(order({ metadata: { cart: 7 } }));
    expect(await sessions.describe(token)).toMatchObject({
      state: 'ready',
      steps: 3,
      organization: { name: 'Acme' },
    });
    expect(await codeOf(sessions.connect(token))).toBe('CONFLICT');
    await sessions.open(token, begin);
    const link = await sessions.connect(token);
    expect(await link.state()).toEqual({ is: 'state', state: 'ready', attempt: 0, attemptsLeft: 3 });
    const camera = { label: 'Front camera', width: 1280, height: 720 };
    expect(await link.start(camera)).toMatchObject({
      state: 'running',
      attempt: 1,
      step: { index: 0, of: 3 },
    });
    for (let i = 0; i < 3; i++) {
      engine.advance(100);
      await link.submitFrame(frame(), i * 100);
    }
    const result = await sessions.finalizeByToken(token);
    expect(result).toEqual({ passed: true, decision: 'approved', reference: id });
    expect(await sessions.finalizeByToken(token)).toEqual(result);
    expect(await link.state()).toMatchObject({ state: 'decided', result });
    expect(ended).toMatchObject([
      {
        id,
        decision: 'approved',
        risk: { level: 'low', flags: [] },
        challengesCompleted: 3,
        metadata: { cart: 7 },
      },
    ]);
    expect(await actions(id)).toEqual([
      'session.create key:key',
      'session.consent session:sess',
      'session.decide session:sess',
    ]);
    expect(await find(id)).toMatchObject({
      state: 'finalized',
      decision: 'approved',
      attempts: 1,
      device: camera,
      consent: { version: consent.version },
    });
  });

  test('the page learns no score and no reason', async () => {
    challenges.script.passed = false;
    challenges.script.reasons = ['PRESENTATION'];
    const { id, token } = await begun();
    const state = await attempt(token);
    expect(state).toEqual({
      is: 'state',
      state: 'between',
      attempt: 1,
      attemptsLeft: 2,
      notPassed: { code: 'UNSURE' },
    });
    await attempt(token);
    const last = await attempt(token);
    expect(last).toEqual({
      is: 'state',
      state: 'decided',
      attempt: 3,
      attemptsLeft: 0,
      result: { passed: false, decision: 'rejected', reference: id },
    });
    expect(await find(id)).toMatchObject({
      decision: 'rejected',
      reasons: ['PRESENTATION'],
      risk: { level: 'high', flags: ['spoof-suspected'] },
    });
    expect(ended).toHaveLength(1);
  });

  test('an attempt that asked for nothing is not spent, unless it showed what was shown before', async () => {
    challenges.script.passed = false;
    const shown = frame('shown');
    const lookOnce = async (token: string, one: Uint8Array) => {
      const link = await sessions.connect(token);
      await link.start();
      await link.submitFrame(one, engine.clock.now());
      const state = await link.stop();
      link.close();
      return state;
    };
    await lookOnce((await begun()).token, shown);
    challenges.script.unsettled = true;
    const { id, token } = await begun();
    for (let times = 0; times < 4; times++)
      expect(await lookOnce(token, frame())).toEqual({
        is: 'state',
        state: 'between',
        attempt: 0,
        attemptsLeft: 3,
        notPassed: { code: 'LIGHT' },
      });
    expect(await lookOnce(token, shown)).toMatchObject({ state: 'between', attempt: 1, attemptsLeft: 2 });
    Object.assign(challenges.script, { unsettled: false, passed: true });
    await attempt(token);
    expect(await find(id)).toMatchObject({ decision: 'approved', attempts: 2 });
  });

  test('an attempt is counted before its challenge is drawn, and a fourth is not begun', async () => {
    challenges.script.passed = false;
    const { id, token } = await begun();
    const link = await sessions.connect(token);
    await link.start();
    expect((await find(id)).attempts).toBe(1);
    expect(await link.start()).toMatchObject({ state: 'running', attempt: 1 });
    await link.stop();
    await attempt(token);
    await attempt(token);
    expect(challenges.begun).toBe(3);
    expect(await attempt(token)).toMatchObject({ state: 'decided', result: { decision: 'rejected' } });
    expect(challenges.begun).toBe(3);
  });

  test('a session is over after ten minutes from its begin, by the clock alone', async () => {
    const { id, token } = await begun();
    engine.advance(10 * minute - 1);
    expect(await sessions.state(token)).toMatchObject({ state: 'ready' });
    engine.advance(1);
    expect(await sessions.state(token)).toMatchObject({ state: 'ended', result: { decision: 'expired' } });
    expect(await codeOf(sessions.open(token, begin))).toBe('SESSION_EXPIRED');
    const other = await sessions.create(order({ expiresAt: engine.clock.now() + minute }));
    engine.advance(minute);
    expect(await sessions.expireDue()).toBe(1);
    expect(await sessions.expireDue()).toBe(0);
    expect(ended.map((one) => `${one.id} ${one.decision}`)).toEqual([`${id} expired`, `${other.id} expired`]);
  });

  test('one whose order is damaged approves no one, ends by its time and ends no list', async () => {
    const { id, token } = await begun();
    await flipBit(engine.db, 'live_session', 'order_sealed', id);
    expect(await sessions.find(realm(), id)).toMatchObject({ orderLost: true });
    expect(await attempt(token)).toMatchObject({ state: 'decided', result: { decision: 'rejected' } });
    const other = await sessions.create(order({ expiresAt: engine.clock.now() + minute }));
    await flipBit(engine.db, 'live_session', 'order_sealed', other.id);
    engine.advance(minute);
    expect(await sessions.expireDue()).toBe(1);
    expect(await sessions.find(realm(), other.id)).toMatchObject({ decision: 'expired' });
  });

  test('a capability acts for its own session alone', async () => {
    const { token } = await begun();
    expect(await codeOf(sessions.state(`${token}x`))).toBe('MISSING_AUTH');
    expect(await codeOf(sessions.connect('x'))).toBe('MISSING_AUTH');
    expect(await codeOf(sessions.finalizeByToken(token))).toBe('CONFLICT');
    const stored = await engine.db.selectFrom('live_session').select('token_hash').executeTakeFirstOrThrow();
    expect(stored.token_hash).not.toContain(token);
    const elsewhere = { organization: engine.organization, world: 'live' as const };
    const [one] = await sessions.page(realm(), { limit: 10 });
    expect(await sessions.find(elsewhere, one!.id)).toBeUndefined();
    expect(await codeOf(sessions.cancel(elsewhere, one!.id, operator))).toBe('NOT_FOUND');
  });

  test('a session is found by the last six characters of its id, in its own world', async () => {
    const { id } = await begun();
    await begun();
    const idsOf = async (world: 'live' | 'test', reference: string) =>
      (await sessions.page({ organization: engine.organization, world }, { reference, limit: 10 })).map(
        (one) => one.id,
      );
    expect(await idsOf(realm().world, id.slice(-6))).toEqual([id]);
    expect(await idsOf(realm().world, '000000')).toEqual([]);
    expect(await idsOf(realm().world === 'test' ? 'live' : 'test', id.slice(-6))).toEqual([]);
  });

  test('another browser cannot begin; the one to which the answer was lost begins again, as it did', async () => {
    const { id, token } = await sessions.create(order());
    const own = { ...begin, secret: 's'.repeat(43) };
    const first = await sessions.open(token, own);
    engine.advance(minute);
    expect(await sessions.open(token, own)).toEqual(first);
    expect(first).toMatchObject({ sessionId: id, token });
    const others = [begin, { ...own, secret: 't'.repeat(43) }, { ...own, secret: token }];
    const otherChoice = { ...own, path: { ...own.path, flash: !own.path.flash } };
    for (const other of [...others, otherChoice])
      expect(await codeOf(sessions.open(token, other))).toBe('CONFLICT');
    expect(await codeOf(sessions.state(own.secret))).toBe('MISSING_AUTH');
    const row = await engine.db.selectFrom('live_session').selectAll().executeTakeFirstOrThrow();
    expect(JSON.stringify(row)).not.toContain(own.secret);
    const second = (await sessions.create(order())).token;
    await sessions.open(second, { ...own, link: second });
    await sessions.deny(token);
    expect(await codeOf(sessions.open(token, own))).toBe('CONFLICT');
    expect(await codeOf(sessions.open((await begun()).token, begin))).toBe('CONFLICT');
  });

  test('a phone that has the session is not disturbed by a repeat on the computer', async () => {
    const { token } = await sessions.create(order());
    const own = { ...begin, secret: 's'.repeat(43) };
    await sessions.open(token, own);
    const { token: link, number } = await sessions.handOver(token);
    await sessions.acceptHandover(link, { number });
    expect(await codeOf(sessions.open(token, own))).toBe('CONFLICT');
  });

  test('another consent text is not agreed to', async () => {
    const { token } = await sessions.create(order());
    const other = { ...begin, consent: { version: 'older' } };
    expect(await codeOf(sessions.open(token, other))).toBe('CONFLICT');
    expect(await codeOf(sessions.connect(token))).toBe('CONFLICT');
  });

  test('a person who does not agree, and one who gives up', async () => {
    const one = await sessions.create(
      order({ page: { consent, redirect: { failure: 'https://a.example/no' } } }),
    );
    expect(await sessions.deny(one.token)).toEqual({ redirect: 'https://a.example/no', reference: one.id });
    const two = await begun();
    await sessions.deny(two.token);
    await sessions.deny(two.token);
    expect(ended.map(({ decision, reasons }) => [decision, reasons])).toEqual([
      ['rejected', ['CONSENT_DENIED']],
      ['cancelled', ['CANCELLED_BY_PERSON']],
    ]);
  });

  test('frames of an earlier session are refused, however many others come between', async () => {
    const first = await begun();
    const link = await sessions.connect(first.token);
    await link.start();
    for (const name of ['a', 'b', 'c']) {
      engine.advance(100);
      await link.submitFrame(frame(name), engine.clock.now());
    }
    await sessions.finalizeByToken(first.token);
    const second = await begun();
    const again = await sessions.connect(second.token);
    await again.start();
    for (const name of ['d', 'b', 'e']) {
      engine.advance(100);
      await again.submitFrame(frame(name), engine.clock.now());
    }
    await sessions.finalizeByToken(second.token).catch(() => {});
    expect(await again.state()).toMatchObject({ state: 'between', notPassed: { code: 'UNSURE' } });
    expect(await find(second.id)).toMatchObject({ reasons: ['REPLAYED_FRAMES'] });
    engine.advance(31 * 24 * 60 * minute);
    await sessions.sweep();
    expect(await engine.db.selectFrom('live_frame').selectAll().execute()).toEqual([]);
  });

  it('of two sessions that show the same frames and end at the same moment one is approved', async () => {
    const both = [await begun(), await begun()];
    const links = await Promise.all(both.map(({ token }) => sessions.connect(token)));
    for (const link of links) await link.start();
    for (const name of ['a', 'b', 'c']) {
      engine.advance(100);
      const bytes = frame(name);
      await Promise.all(links.map((link) => link.submitFrame(bytes, engine.clock.now())));
    }
    const ends = await Promise.all(
      both.map(({ token }) => sessions.finalizeByToken(token).catch(() => undefined)),
    );
    expect(ends.filter((one) => one?.passed)).toHaveLength(1);
    const found = await Promise.all(both.map(({ id }) => find(id)));
    expect(found.map(({ decision = 'none', reasons }) => [decision, ...reasons]).toSorted()).toEqual([
      ['approved'],
      ['none', 'REPLAYED_FRAMES'],
    ]);
  });

  it('of two sessions that move in the same way and end at the same moment one is approved', async () => {
    challenges.script.movement = Uint8Array.of(7);
    const both = [await begun(), await begun()];
    const links = await Promise.all(both.map(({ token }) => sessions.connect(token)));
    for (const link of links) await link.start();
    for (let i = 0; i < 3; i++) {
      engine.advance(100);
      for (const link of links) await link.submitFrame(frame(), engine.clock.now());
    }
    await Promise.all(both.map(({ token }) => sessions.finalizeByToken(token).catch(() => undefined)));
    const found = await Promise.all(both.map(({ id }) => find(id)));
    expect(found.map(({ decision = 'none', reasons }) => [decision, ...reasons]).toSorted()).toEqual([
      ['approved'],
      ['none', 'REPLAYED_MOVEMENT'],
    ]);
  });

  test('a face that moves as in an earlier attempt is refused, in this session and in others of the organization', async () => {
    challenges.script.movement = Uint8Array.of(1, 2, 3);
    challenges.script.passed = false;
    const first = await begun();
    expect(await attempt(first.token)).toMatchObject({ state: 'between' });
    challenges.script.passed = true;
    expect(await attempt(first.token)).toMatchObject({ state: 'between', notPassed: { code: 'UNSURE' } });
    expect(await find(first.id)).toMatchObject({ reasons: ['REPLAYED_MOVEMENT'] });
    const second = await begun();
    expect(await attempt(second.token)).toMatchObject({ state: 'between' });
    expect((await find(second.id)).liveness!.evidence).toContainEqual({
      kind: 'replay',
      passed: false,
      maturity: 'experimental',
      details: { session: first.id, attempt: 2 },
    });
    challenges.script.movement = Uint8Array.of(4);
    expect(await attempt(second.token)).toMatchObject({ state: 'decided' });
    expect(await find(second.id)).toMatchObject({ decision: 'approved', reasons: [] });
    // what is kept of it is sealed, and for thirty days
    const rows = await engine.db.selectFrom('live_movement').selectAll().orderBy('created_at').execute();
    expect(rows.map(({ session, attempt, subject }) => [session, attempt, subject])).toEqual([
      ...[first.id, first.id, second.id, second.id].map((id, i) => [id, 1 + (i % 2), null]),
    ]);
    for (const { movement_sealed } of rows) expect(movement_sealed.length).toBeGreaterThan(20);
    engine.advance(31 * 24 * 60 * minute);
    challenges.script.movement = Uint8Array.of(1, 2, 3);
    await sessions.sweep();
    const third = await begun();
    expect(await attempt(third.token)).toMatchObject({ state: 'decided' });
    expect(await engine.db.selectFrom('live_movement').select('session').execute()).toEqual([
      { session: third.id },
    ]);
  });

  test('the steps of earlier sessions for the same address are not asked for again', async () => {
    const asked = async (address: string | undefined, ...names: string[]) => {
      challenges.script.evidence = ['camera', ...names.map((name) => `step:${name}`)].map((kind) => ({
        kind,
        passed: true,
        maturity: 'experimental',
        details: {},
      }));
      const { token } = await begun(address === undefined ? {} : { match: { email: address } });
      await attempt(token);
      return challenges.before.filter((steps) => steps.length > 0);
    };
    expect(await asked('ada@example.com', 'turn-left', 'blink')).toEqual([]);
    expect(await asked('eve@example.com', 'blink', 'turn-left')).toEqual([]);
    expect(await asked(undefined, 'blink')).toEqual([]);
    expect(await asked('Ada@example.com', 'look-up', 'blink')).toEqual([['turn-left', 'blink']]);
    expect(await asked('ada@example.com')).toEqual([
      ['look-up', 'blink'],
      ['turn-left', 'blink'],
    ]);
  });

  test('where a profile only records repeats, a movement that was shown before is noted', async () => {
    Object.assign(challenges.script, { movement: Uint8Array.of(1, 2, 3), refusesRepeats: false });
    await attempt((await begun()).token);
    const { id, token } = await begun();
    expect(await attempt(token)).toMatchObject({ state: 'decided' });
    expect(await find(id)).toMatchObject({ decision: 'approved', reasons: [] });
    expect((await find(id)).liveness!.evidence).toContainEqual(
      expect.objectContaining({ kind: 'replay', maturity: 'experimental' }),
    );
  });

  test('the second device ends the first, which follows; a code is for one use', async () => {
    const { token } = await begun();
    const first = await sessions.connect(token);
    const { token: code, number } = await sessions.handOver(token);
    const described = await sessions.describeHandover(code);
    expect(described.numbers).toHaveLength(3);
    expect(described.numbers).toContain(number);
    const phone = await sessions.acceptHandover(code, { number });
    expect(await codeOf(sessions.acceptHandover(code, { number }))).toBe('NOT_FOUND');
    expect(await codeOf(first.start())).toBe('CONFLICT');
    expect(await codeOf(sessions.connect(token))).toBe('CONFLICT');
    expect(await sessions.state(token)).toMatchObject({ state: 'following' });
    expect(await attempt(phone.token)).toMatchObject({ state: 'decided', result: { passed: true } });
    expect(await sessions.state(token)).toMatchObject({ state: 'decided', result: { passed: true } });
  });

  test('the device that follows ends the session for both; one that handed over twice does not', async () => {
    const { id, token } = await begun();
    const pass = async (from: string) => {
      const { token: code, number } = await sessions.handOver(from);
      return (await sessions.acceptHandover(code, { number })).token;
    };
    const second = await pass(token);
    const third = await pass(second);
    expect(await codeOf(sessions.deny(token))).toBe('MISSING_AUTH');
    expect(await sessions.state(third)).toMatchObject({ state: 'ready' });
    let replaced = 0;
    await sessions.connect(third, { replaced: () => replaced++ });
    expect(await sessions.deny(second)).toEqual({ reference: id });
    expect(replaced).toBe(1);
    for (const one of [second, third])
      expect(await sessions.state(one)).toMatchObject({ state: 'ended', result: { decision: 'cancelled' } });
    expect(ended).toMatchObject([{ decision: 'cancelled', reasons: ['CANCELLED_BY_PERSON'] }]);
  });

  test('a code for another device that is opened after the end says that it is over, and gives no result', async () => {
    const { id, token } = await begun();
    const { token: code, number } = await sessions.handOver(token);
    expect(await attempt(token)).toMatchObject({ state: 'decided', result: { passed: true } });
    const described = await sessions.describeHandover(code);
    expect(described).toMatchObject({ state: 'finished' });
    expect(described).not.toHaveProperty('result');
    expect(await codeOf(sessions.acceptHandover(code, { number }))).toBe('SESSION_EXPIRED');
    expect(await find(id)).toMatchObject({ decision: 'approved' });
  });

  test('a wrong number ends the handover, and so does a newer code', async () => {
    const { token } = await begun();
    const one = await sessions.handOver(token);
    const wrong = (await sessions.describeHandover(one.token)).numbers.find((n) => n !== one.number)!;
    expect(await sessions.state(token)).not.toHaveProperty('codeUsedUp');
    expect(await codeOf(sessions.acceptHandover(one.token, { number: wrong }))).toBe('CONFLICT');
    expect(await sessions.state(token)).toMatchObject({ state: 'ready', codeUsedUp: true });
    expect(await codeOf(sessions.acceptHandover(one.token, { number: one.number }))).toBe('NOT_FOUND');
    const two = await sessions.handOver(token);
    expect(await sessions.state(token)).not.toHaveProperty('codeUsedUp');
    const three = await sessions.handOver(token);
    expect(await codeOf(sessions.describeHandover(two.token))).toBe('NOT_FOUND');
    engine.advance(5 * minute);
    expect(await codeOf(sessions.describeHandover(three.token))).toBe('NOT_FOUND');
    expect(await sessions.state(token)).toMatchObject({ state: 'ready' });
    for (let i = 0; i < 2; i++) await sessions.handOver(token);
    expect(await codeOf(sessions.handOver(token))).toBe('BURST_LIMIT_EXCEEDED');
  });

  test('an attempt survives a lost connection and a reload, not a long absence', async () => {
    const { token } = await begun();
    const one = await sessions.connect(token);
    await one.start();
    engine.advance(100);
    await one.submitFrame(frame(), 5_000);
    one.close();
    engine.advance(10_000);
    const two = await sessions.connect(token);
    expect(await two.state()).toMatchObject({ state: 'running', attempt: 1, step: { index: 1 } });
    await two.submitFrame(frame(), 300);
    two.close();
    engine.advance(15_001);
    const three = await sessions.connect(token);
    expect(await three.state()).toMatchObject({ state: 'between', attempt: 1 });
  });

  test('a process that is killed leaves no session undecided and loses no decision', async () => {
    challenges.script.passed = false;
    const third = await begun();
    await attempt(third.token);
    await attempt(third.token);
    await (await sessions.connect(third.token)).start();
    const first = await begun();
    await (await sessions.connect(first.token)).start();
    challenges.script.passed = true;
    engine.advance(1000);
    const done = await begun();
    await attempt(done.token);

    const next = open({ runs: onlyRun('run_2') });
    expect(await next.takeOver()).toBe(2);
    expect(await next.takeOver()).toBe(0);
    expect(await next.finalizeByToken(done.token)).toMatchObject({ decision: 'approved' });
    expect(await next.finalizeByToken(third.token)).toMatchObject({ decision: 'rejected' });
    expect(await next.state(first.token)).toMatchObject({ state: 'between', attempt: 1, attemptsLeft: 2 });
    engine.advance(10 * minute);
    expect(await next.expireDue()).toBe(1);
    expect((await next.page(realm(), { limit: 10 })).map(({ decision }) => decision)).not.toContain(
      undefined,
    );
  });

  test('an attempt at a run that lives is ended by no other run, nor is its session when its time is over', async () => {
    const { token } = await begun();
    await (await sessions.connect(token)).start();
    const living = new Set(['run_1', 'run_2']);
    const other = open({ runs: { own: 'run_2', living: async () => living } });
    expect(await other.takeOver()).toBe(0);
    engine.advance(31 * minute);
    expect(await other.expireDue()).toBe(0);
    living.delete('run_1');
    expect(await other.expireDue()).toBe(1);
    expect(await other.finalizeByToken(token)).toMatchObject({ decision: 'expired' });
  });

  it('one run ends all that is due, in turns by organization and the live world first, with a turn after each', async () => {
    await engine.organizations.set(engine.organization, { matchOnly: true }, operator);
    const { id: flooded } = await engine.organizations.create({ name: 'Flooded' }, operator);
    const flood = { realm: { organization: flooded, world: 'test' as const } };
    for (let i = 0; i < 230; i++) await sessions.create(order(flood));
    engine.advance(minute);
    const own = await sessions.create(order());
    const real = await sessions.create(order({ realm: { ...realm(), world: 'live' } }));
    engine.advance(31 * minute);
    let [before, most] = [0, 0];
    const turn = () => {
      most = Math.max(most, ended.length - before);
      before = ended.length;
      next = setImmediate(turn);
    };
    let next = setImmediate(turn);
    expect(await sessions.expireDue().finally(() => clearImmediate(next))).toBe(232);
    const ends = ended.map(({ id }) => id);
    expect(ends.indexOf(real.id)).toBe(0);
    expect(ends.indexOf(own.id)).toBeLessThan(20);
    expect(most).toBe(1);
  });

  test('a run that is to stop, or has gone on for a minute, leaves the others to the next one', async () => {
    for (let i = 0; i < 25; i++) await sessions.create(order());
    engine.advance(31 * minute);
    expect(await sessions.expireDue(AbortSignal.abort())).toBe(0);
    end.onDecided = async () => {
      engine.advance(minute);
      return undefined;
    };
    const runs = [];
    for (let i = 0; i < 3; i++) runs.push(await sessions.expireDue());
    expect(runs).toEqual([10, 10, 5]);
  });

  test('sessions that open no more end as others do, and keep the service from no start', async () => {
    const { id: organization } = await engine.organizations.create({ name: 'Other' }, operator);
    const other = { realm: { organization, world: 'test' as const } };
    challenges.script.passed = false;
    const interrupted = await begun(other);
    await attempt(interrupted.token);
    await attempt(interrupted.token);
    await (await sessions.connect(interrupted.token)).start();
    for (let i = 0; i < 200; i++) await sessions.create(order(other));
    const running = await begun();
    await (await sessions.connect(running.token)).start();
    const { id } = await sessions.create(order({ expiresAt: engine.clock.now() + 31 * minute }));
    // As an erasure of the organization does.
    await engine.sealer.replaceOrganization(organization);

    const next = open({ runs: onlyRun('run_2') });
    expect(await next.takeOver()).toBe(2);
    expect(await next.state(running.token)).toMatchObject({ state: 'between', attempt: 1 });
    engine.advance(31 * minute);
    expect(await next.expireDue()).toBe(202);
    expect(await next.finalize(realm(), id)).toMatchObject({ decision: 'expired' });
  });

  test('of an organization that is erased no session is left, of another every one', async () => {
    challenges.script.movement = Uint8Array.of(1);
    const { id: organization } = await engine.organizations.create({ name: 'Other' }, operator);
    for (const more of [{}, { realm: { organization, world: 'test' as const } }])
      expect(await attempt((await begun(more)).token)).toMatchObject({ result: { passed: true } });
    await engine.inTransaction((tx) => deleteSessionsOf(tx, engine.organization));
    for (const table of ['live_session', 'live_movement', 'live_frame'] as const) {
      const rows = await engine.db.selectFrom(table).select('organization').distinct().execute();
      expect([table, rows]).toEqual([table, [{ organization }]]);
    }
  });

  test('where the end of a flow fails, nothing of the decision is stored, and the next attempt decides', async () => {
    let failing = true;
    end.onDecided = async (_, session) => {
      if (failing) throw new Error('no');
      ended.push(session);
      return undefined;
    };
    const { id, token } = await begun();
    await attempt(token);
    expect(await find(id)).toMatchObject({ state: 'processing', attempts: 1, reasons: ['INTERNAL'] });
    expect(await actions(id)).not.toContain('session.decide session:sess');
    failing = false;
    expect(await attempt(token)).toMatchObject({ state: 'decided', result: { passed: true } });
    expect(ended).toHaveLength(1);
  });

  test('a flow may refuse what was verified, and its reply is kept', async () => {
    end.judge = async ({ person }) => (person ? { refuse: 'TOO_YOUNG' } : undefined);
    end.onDecided = async () => ({ passToken: 'hp_x', redirect: 'https://a.example/?ok' });
    const { token } = await begun();
    expect(await attempt(token)).toMatchObject({
      result: { passToken: 'hp_x', redirect: 'https://a.example/?ok' },
    });
    await engine.subjects.enroll(
      realm(),
      { email: 'ada@example.com', embeddings: { 'a-net': live }, quality: 1 },
      key,
    );
    const two = await begun({ match: 'any' });
    expect(await attempt(two.token)).toMatchObject({ state: 'decided', result: { passed: false } });
    expect(await find(two.id)).toMatchObject({ decision: 'rejected', reasons: ['TOO_YOUNG'] });
  });

  test('the match is a verification with its checks, of the claimed person or of none', async () => {
    const { subject: enrolled } = await engine.subjects.enroll(
      realm(),
      { email: 'ada@example.com', embeddings: { 'a-net': live }, quality: 1 },
      key,
    );
    const subject = enrolled.id;
    const one = await begun({ match: { email: 'ada@example.com' } });
    await attempt(one.token);
    expect(ended).toMatchObject([
      {
        decision: 'approved',
        person: { id: subject, email: 'ada@example.com' },
        otherPerson: false,
        email: 'ada@example.com',
      },
    ]);
    const { items } = await engine.pastVerifications.page(realm(), { limit: 5 } as never, operator);
    expect(items).toMatchObject([{ id: ended[0]!.verification, outcome: 'VERIFIED', assurance: 'active' }]);
    await begun();
    const ofPerson = await sessions.page(realm(), { person: subject, limit: 10 });
    expect(ofPerson.map((session) => session.id)).toEqual([one.id]);

    const two = await begun({ match: { email: 'ada@example.com' } });
    expect(await attempt(two.token, direction('eve'))).toMatchObject({ state: 'between' });
    await attempt(two.token, direction('eve'));
    await attempt(two.token, direction('eve'));
    expect(ended[1]).toMatchObject({ decision: 'rejected', otherPerson: true, reasons: ['NOT_RECOGNIZED'] });
    expect(ended[1]).not.toHaveProperty('person');
    const after = await engine.pastVerifications.page(realm(), { limit: 5 } as never, operator);
    expect(after.items.map(({ outcome }) => outcome)).toEqual([
      ...['NOT_RECOGNIZED', 'NOT_RECOGNIZED', 'NOT_RECOGNIZED', 'VERIFIED'],
    ]);
  });

  test('an erasure reaches what sessions keep of the person', async () => {
    const { subject: enrolled } = await engine.subjects.enroll(
      realm(),
      { email: 'ada@example.com', embeddings: { 'a-net': live }, quality: 1 },
      key,
    );
    const subject = enrolled.id;
    const { id, token } = await begun({ match: 'any', subjectRef: 'crm-7' });
    Object.assign(challenges.script, { movement: Uint8Array.of(1), passed: false });
    await attempt(token);
    Object.assign(challenges.script, { movement: Uint8Array.of(2), passed: true });
    await attempt(token);
    const data = engine.personalData.find(({ tables }) => 'live_session' in tables)!;
    const person = { ...realm(), subject };
    // the order, the device, and how the face moved in both attempts
    const sealed = await data.sealedValues!(person);
    expect(sealed).toHaveLength(4);
    const opened = await engine.sealer.openMany(sealed as Parameters<typeof engine.sealer.openMany>[0]);
    expect(opened.slice(2).map((one) => one.is === 'open' && [...one.plain])).toEqual([[1], [2]]);
    expect(await data.auditTargets!(person)).toEqual([id]);
    await engine.inTransaction((tx) => data.forget!(tx, [subject], engine.clock.now()));
    expect(await data.sealedValues!(person)).toEqual([]);
    expect(await engine.db.selectFrom('live_movement').selectAll().execute()).toEqual([]);
    expect(await find(id)).toMatchObject({ decision: 'approved', metadata: {} });
    expect(await find(id)).not.toHaveProperty('subject');
  });

  test('what cannot be carried out is refused before a person is asked', async () => {
    expect(await codeOf(sessions.create(order({ flow: 'presence' })))).toBe('CONFLICT');
    const uniqueness = { policy: 'block' as const, scope: '' };
    expect(await codeOf(sessions.create(order({ uniqueness })))).toBe('CONFLICT');
    expect(await codeOf(sessions.create(order({ profile: 'nothing' })))).toBe('PROFILE_NOT_FOUND');
    const realmLive = { organization: engine.organization, world: 'live' as const };
    expect(await codeOf(sessions.create(order({ realm: realmLive })))).toBe('PAD_NOT_INSTALLED');
  });

  test('a newcomer waits for a reviewer, whose decision ends the session in its transaction', async () => {
    const withdrawn: string[] = [];
    sessions = open({
      uniqueness: {
        judge: (_, work) =>
          engine.inTransaction((tx) =>
            work(tx, { outcome: 'grey', action: 'wait', review: 'rev_1' as ReviewId }),
          ),
        withdraw: async (_, session) => void withdrawn.push(session),
        isMember: async () => true,
      },
    });
    const uniqueness = { policy: 'block' as const, scope: 'lisbon' };
    const redirect = { success: 'https://a.example/yes', failure: 'https://a.example/no' };
    const one = await begun({ uniqueness, page: { consent, redirect } });
    expect(await attempt(one.token)).toMatchObject({
      state: 'decided',
      result: { passed: false, decision: null },
    });
    expect(await sessions.finalizeByToken(one.token)).not.toHaveProperty('redirect');
    expect(await sessions.expireDue()).toBe(0);
    const judged = { outcome: 'new', action: 'accept', humanId: 'h1' } as const;
    await engine.inTransaction((tx) =>
      sessions.newcomerDecided(tx, { realm: realm(), session: one.id, judged }),
    );
    expect(await sessions.finalizeByToken(one.token)).toMatchObject({
      decision: 'approved',
      redirect: redirect.success,
    });
    expect(ended).toMatchObject([{ decision: 'approved', uniqueness: { humanId: 'h1' } }]);
    await engine.inTransaction((tx) =>
      sessions.newcomerDecided(tx, { realm: realm(), session: one.id, judged }),
    );
    expect(ended).toHaveLength(1);
    // Every result leads there.
    const same = { success: redirect.success, failure: redirect.success };
    const two = await begun({ uniqueness, page: { consent, redirect: same } });
    expect(await attempt(two.token)).toMatchObject({ result: { decision: null, redirect: same.success } });
    engine.advance(74 * 60 * minute);
    await sessions.expireDue();
    expect(await sessions.finalizeByToken(two.token)).toMatchObject({ decision: 'duplicate' });
    expect(withdrawn).toEqual([two.id]);
  });

  test.each(['accept', 'wait'] as const)(
    'time ends a session while its approval (%s) is written: nothing of that stays',
    async (action) => {
      const other = open();
      let lost: unknown;
      sessions = open({
        uniqueness: {
          judge: async (_, work) => {
            engine.advance(10 * minute);
            await other.expireDue();
            const judged = {
              outcome: 'new',
              action,
              ...(action === 'accept' && { member: 'mem_1' as MemberId }),
            } as const;
            return engine
              .inTransaction((tx) => work(tx, judged))
              .catch((error: unknown) => {
                lost = error;
                throw error;
              });
          },
          withdraw: async () => {},
          isMember: async () => true,
        },
      });
      const { id, token } = await begun({ uniqueness: { policy: 'block', scope: 'lisbon' } });
      expect(await attempt(token)).toMatchObject({ state: 'ended', result: { decision: 'expired' } });
      expect(lost).toMatchObject({ message: 'The session was decided meanwhile.' });
      expect(ended.map(({ decision }) => decision)).toEqual(['expired']);
      expect(await find(id)).toMatchObject({ decision: 'expired', reasons: ['TIME_OVER'] });
    },
  );

  test('a session that is left to a reviewer while its time ends stays with the reviewer', async () => {
    const judging = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    sessions = open({
      uniqueness: {
        judge: async (_, work) => {
          judging.resolve();
          await go.promise;
          return engine.inTransaction((tx) =>
            work(tx, { outcome: 'grey', action: 'wait', review: 'rev_1' as ReviewId }),
          );
        },
        withdraw: async () => {
          throw new Error('withdrawn');
        },
        isMember: async () => true,
      },
    });
    const { id, token } = await begun({ uniqueness: { policy: 'block', scope: 'lisbon' } });
    const shown = attempt(token);
    await judging.promise;
    engine.advance(10 * minute);
    const other = open({
      async inTransaction(work) {
        go.resolve();
        await shown;
        return engine.inTransaction(work);
      },
    });
    await other.expireDue();
    expect(await find(id)).toMatchObject({ state: 'processing', held: true });
    expect(ended).toEqual([]);
  });

  test('one human is counted once in a scope, with the decision of the session', async () => {
    sessions = open({ uniqueness: engine.uniqueness });
    const uniqueness = { policy: 'warn' as const, scope: '' };
    const one = await begun({ uniqueness, subjectRef: 'first' });
    await attempt(one.token);
    const two = await begun({ uniqueness, subjectRef: 'second' });
    expect(await attempt(two.token)).toMatchObject({ state: 'decided', result: { passed: true } });
    expect(ended).toMatchObject([
      { decision: 'approved', risk: { flags: [] }, uniqueness: { outcome: 'new' } },
      { decision: 'approved', risk: { flags: ['duplicate-identity'] }, uniqueness: { action: 'flag' } },
    ]);
    const stored = await engine.db.selectFrom('live_session').select('outcome').execute();
    for (const { outcome } of stored) expect(outcome).not.toMatch(/sub_|humanId/);
  });

  test('a person who declines to be counted is checked all the same, and nothing of them is counted', async () => {
    sessions = open({ uniqueness: engine.uniqueness });
    const own = { version: 1, apart: true };
    const page = { consent: uniqueConsent({ name: 'Acme', own }, { onErasure: 'reopen' }, 'warn') };
    const version = `${page.consent.version}.de`;
    const check = async (purposes: Purpose[]) => {
      const uniqueness = { policy: 'warn' as const, scope: '' };
      const { id, token } = await sessions.create(order({ uniqueness, page }));
      await sessions.open(token, { ...begin, consent: { version, purposes } });
      await attempt(token);
      return id;
    };
    const declined = await check([]);
    const counted = await check(['deduplication']);
    expect(ended.map(({ decision, uniqueness }) => [decision, uniqueness?.outcome])).toEqual([
      ['approved', undefined],
      ['approved', 'new'],
    ]);
    expect((await find(declined)).consent).toMatchObject({ version, purposes: [] });
    expect((await find(counted)).consent).toMatchObject({ version, purposes: ['deduplication'] });
    const lines = await engine.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'session.consent')
      .orderBy('seq')
      .execute();
    expect(lines.map(({ details }) => JSON.parse(details))).toMatchObject([
      { textVersion: version, purposes: [] },
      { textVersion: version, purposes: ['deduplication'] },
    ]);
    const consents = () => engine.db.selectFrom('consent').select(['text_version', 'shown']).execute();
    // A page of the relying party says which text it showed.
    expect(await consents()).toEqual([{ text_version: version, shown: 0 }]);
  });

  test('purposes that another program added to a session count for nothing', async () => {
    const { id, token } = await begun();
    await engine.db.updateTable('live_session').set({ consent_purposes: '["deduplication"]' }).execute();
    expect(await sessions.find(realm(), id)).toBeUndefined();
    expect(await codeOf(sessions.describe(token))).toBe('MISSING_AUTH');
  });

  test('no more are judged at once than keep their pace, and a fast client is asked to slow down', async () => {
    sessions = open({ workers: 1 });
    const { capacity } = sessions.load();
    const tokens = await Promise.all(
      Array.from({ length: capacity + 2 }, () => begun().then(({ token }) => token)),
    );
    const links = [];
    for (const token of tokens) {
      const link = await sessions.connect(token);
      await link.submitFrame(frame(), 0);
      engine.advance(1000);
      links.push(link);
      // Places are kept by frames.
      for (const one of links.slice(0, capacity)) await one.submitFrame(frame(), 500);
    }
    let [second, first] = [links.at(-1)!, links.at(-2)!];
    expect(await first.state()).toMatchObject({ state: 'queued', position: 1 });
    expect(await second.start()).toMatchObject({ state: 'queued', position: 2, attempt: 0 });
    expect(await first.submitFrame(frame(), 1)).toMatchObject({ state: 'queued' });
    // Whatever a session that waits sends, it asks anew once in nine tenths of a second.
    expect(await second.stop()).toMatchObject({ state: 'ready' });
    expect(await second.start()).toMatchObject({ state: 'queued', position: 2 });
    engine.advance(899);
    expect(await second.submitFrame(frame(), 1)).toMatchObject({ state: 'queued' });
    const { waiting } = sessions.load();
    engine.advance(1);
    expect(await second.submitFrame(frame(), 1)).toMatchObject({ state: 'queued' });
    expect([waiting, sessions.load().waiting]).toEqual([1, 2]);
    // With a new connection it has its place still, and its start.
    second.close();
    second = await sessions.connect(tokens.at(-1)!);
    expect(await second.state()).toMatchObject({ state: 'queued', position: 2 });
    // But for the one that was given a place meanwhile.
    links[0]!.close();
    expect(await first.submitFrame(frame(), 1)).toMatchObject({ state: 'guiding' });
    links[1]!.close();
    expect(await second.submitFrame(frame(), 1)).toMatchObject({ state: 'running', attempt: 1 });

    const states = [];
    for (let i = 0; i < 12; i++) states.push(await first.submitFrame(frame(), 2 + i));
    expect(states.at(-1)).toMatchObject({ slower: true });
  });

  test('in a step that is shown a session keeps its place, however long another waits', async () => {
    sessions = open({ workers: 1 });
    challenges.script.steps = 99;
    const connect = async () => sessions.connect((await begun()).token);
    const held = [await connect(), await connect()];
    const states = async (links = held) => {
      engine.advance(2_000);
      return Promise.all(
        links.map(async (link) => (await link.submitFrame(frame(), engine.clock.now())).state),
      );
    };
    for (let i = 0; i < 35; i++) await states();
    for (const link of held) await link.start();
    await states();
    const another = await connect();
    for (let i = 0; i < 42; i++)
      expect(await states([another, ...held])).toEqual(['queued', 'running', 'running']);
  });

  test.each([
    ['no JPEG', new TextEncoder().encode('GIF89a............')],
    ['too large', frameNamed('x', { width: 4000 })],
  ])('a frame that is %s is refused', async (_, bytes) => {
    const { token } = await begun();
    const link = await sessions.connect(token);
    expect(await codeOf(link.submitFrame(bytes, 1))).toMatch(/^IMAGE_/);
  });
});
