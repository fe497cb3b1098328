import { afterEach, expect, it } from 'vitest';
import type { Actor } from '../../service/engine/audit/index.ts';
import type { VerifyCommand } from '../../service/engine/verification/index.ts';
import type { World } from '../../service/lib/id.ts';
import { mostlyOnSqlite } from '../storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../support/engine.ts';
import { analysisOf, direction, emptyAnalysis, type FaceScript, near } from '../support/faces.ts';

const alice = direction('alice');
const known = 'alice@example.com';
const unknown = 'unknown@example.com';
const MINUTE = 60_000;
let pictures = 0;

mostlyOnSqlite('claims', (newLocation, _, { test }) => {
  let engine: Engine;
  afterEach(() => engine.stop());

  async function start() {
    engine = await startEngine({ location: await newLocation() });
    for (const world of ['live', 'test'] as const) {
      await engine.checks.enroll({
        ...common(world),
        picture: show(`enrolled ${world}`, 1),
        email: known,
        actor: operator,
        overrideLiveness: true,
      });
    }
    // The flood limit is not what is tried here.
    await engine.limits.set(engine.organization, { perUser: 1000 }, operator);
  }
  const common = (world: World = 'test') => ({ organization: engine.organization, world, actor: key });
  const show = (name: string, cosine: number, script: FaceScript = {}) =>
    engine.analyzer.show(
      name,
      analysisOf(name, {
        embeddings: { 'a-net': near(alice, cosine, 'x'), 'b-net': near(direction('b', 64), cosine, 'x') },
        ...script,
      }),
    );
  const attempt = (
    email: string,
    cosine: number,
    more: Partial<VerifyCommand> = {},
    script: FaceScript = {},
  ) =>
    engine.checks
      .verify({
        ...common(),
        picture: show(`at ${cosine} ${++pictures}`, cosine, script),
        email,
        ...more,
      })
      .then(
        ({ verified }) => (verified ? 'verified' : 'refused'),
        (error) =>
          error.extra?.retryAfterSeconds === undefined
            ? error.code
            : `${error.code} ${error.extra.retryAfterSeconds}`,
      );
  const claims = () => engine.db.selectFrom('claim').selectAll().execute();
  const one = async (email = known, cosine = 0.1) => attempt(email, cosine);

  test('five failures in a row, then one in thirty seconds; unknown and known addresses alike', async () => {
    await start();
    for (const email of [known, unknown]) {
      const outcomes = [];
      for (let i = 0; i < 6; i++) outcomes.push(await one(email));
      engine.advance(29_000);
      outcomes.push(await one(email));
      engine.advance(1_000);
      outcomes.push(await one(email), await one(email));
      expect(outcomes).toEqual([
        ...Array(5).fill('refused'),
        'USER_FLOOD_DETECTED 30',
        'USER_FLOOD_DETECTED 1',
        'refused',
        'USER_FLOOD_DETECTED 30',
      ]);
    }
    const rows = await claims();
    expect(rows.map(({ failures }) => failures)).toEqual([6, 6]);
    expect(JSON.stringify(rows)).not.toContain('@');
  });

  test('a success forgets them; another spelling of the address is the same address', async () => {
    await start();
    for (let i = 0; i < 4; i++) await one();
    expect(await attempt(' ALICE@example.com', 0.95)).toBe('verified');
    expect(await claims()).toEqual([]);
    for (const email of [known, 'Alice@Example.com', known, known, known])
      expect(await one(email)).toBe('refused');
    expect(await attempt('ALICE@EXAMPLE.COM', 0.95)).toBe('USER_FLOOD_DETECTED 30');
  });

  test('after fifty failures every attempt is refused, even of the person, until an operator unlocks; audited', async () => {
    await start();
    for (const email of [known, unknown]) {
      let failed = 0;
      while ((await one(email)) === 'refused') {
        failed++;
        engine.advance(30_000);
      }
      expect(failed).toBe(50);
      expect([await one(email), await attempt(email, 0.95)]).toEqual(Array(2).fill('VERIFICATION_DISABLED'));
      engine.advance(1000 * 60 * MINUTE);
      expect(await attempt(email, 0.95)).toBe('VERIFICATION_DISABLED');
    }
    const realm = { organization: engine.organization, world: 'test' } as const;
    const person = await engine.subjects.find(realm, known);
    expect(await engine.checks.unlock({ ...realm, world: 'live' }, known, operator)).toEqual({
      failures: 0,
      disabled: false,
    });
    expect(await attempt(known, 0.95)).toBe('VERIFICATION_DISABLED');
    expect(await engine.checks.unlock(realm, person!.id, operator)).toEqual({ failures: 50, disabled: true });
    expect(await attempt(known, 0.95)).toBe('verified');
    expect(await engine.checks.unlock(realm, unknown, operator)).toEqual({ failures: 50, disabled: true });
    expect(await one(unknown)).toBe('refused');
    await expect(engine.checks.unlock(realm, 'sub_none', operator)).rejects.toMatchObject({
      code: 'SUBJECT_NOT_FOUND',
    });
    const lines = await engine.db
      .selectFrom('audit')
      .select(['action', 'target', 'details'])
      .where('action', 'in', ['verification.disable', 'subject.unlock'])
      .orderBy('id')
      .execute();
    expect(lines.map(({ action, target }) => [action, target?.slice(0, 4) ?? null])).toEqual([
      ['verification.disable', 'ver_'],
      ['verification.disable', 'ver_'],
      ['subject.unlock', 'sub_'],
      ['subject.unlock', null],
    ]);
    expect(JSON.stringify(lines)).not.toContain('@');
    const events = await engine.db
      .selectFrom('outbox')
      .select('payload')
      .where('type', '=', 'verification.disabled')
      .execute();
    expect(events.map(({ payload }) => JSON.parse(payload))).toEqual(
      Array(2).fill({ target: expect.stringMatching(/^ver_/), failures: 50 }),
    );
  });

  it('of a hundred at once no more are let in than may fail, and they are counted once each', async () => {
    await start();
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => one()));
    expect(outcomes.filter((outcome) => outcome === 'refused')).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome.startsWith('USER_FLOOD_DETECTED'))).toHaveLength(95);
    expect((await claims()).map(({ failures }) => failures)).toEqual([5]);
    engine.advance(30_000);
    const delayed = await Promise.all(Array.from({ length: 100 }, () => one()));
    expect(delayed.filter((outcome) => outcome === 'refused')).toHaveLength(1);
    expect(await engine.db.selectFrom('verification').selectAll().execute()).toHaveLength(6);
  });

  test('what says nothing against the person counts nothing: no face, an unreadable picture, a wrong hour, a caller who hung up', async () => {
    await start();
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    await engine.checks.setProfile(
      engine.organization,
      'never',
      {
        ...definition,
        checks: {
          ...definition.checks,
          timeRestriction: { enabled: true, weight: 1, threshold: 1, hardFail: true },
        },
        timeRestriction: { days: [], from: '00:00', to: '00:01', timeZone: 'UTC' },
      },
      operator,
    );
    await one();
    for (let i = 0; i < 8; i++) {
      const nothing = engine.analyzer.show('nothing', emptyAnalysis('nothing'));
      expect(await attempt(known, 1, { picture: nothing })).toBe('FACE_NOT_FOUND');
      expect(await attempt(known, 1, { picture: new Uint8Array(3) })).toBe('IMAGE_UNREADABLE');
      expect(await attempt(known, 0.95, { profile: 'never' })).toBe('CHECK_FAILED');
      expect(await attempt(known, 0.1, { signal: AbortSignal.abort() })).toBe('TIMEOUT');
    }
    expect((await claims()).map(({ failures }) => failures)).toEqual([1]);
  });

  test('with presentation attack detection ten may fail, and a printed photograph is one of them; each world for itself', async () => {
    await start();
    await engine.installPad();
    const live = { ...common('live') };
    const outcomes = [];
    for (let i = 0; i < 11; i++) outcomes.push(await attempt(known, 0.95, live, { live: 0.01 }));
    expect(outcomes).toEqual([...Array(10).fill('CHECK_FAILED'), 'USER_FLOOD_DETECTED 30']);
    expect(await attempt(known, 0.95, {}, { live: 0.99 })).toBe('verified');
  });

  test('the profile says how many, and an old definition without it means the standard’s figures', async () => {
    await start();
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    expect(definition.attempts).toBeUndefined();
    await engine.checks.setProfile(
      engine.organization,
      'strict',
      { ...definition, attempts: { failuresBeforeDelay: 1, delaySeconds: 120, failuresBeforeDisabled: 2 } },
      operator,
    );
    const strict = { profile: 'strict' };
    expect([await attempt(known, 0.1, strict), await attempt(known, 0.1, strict)]).toEqual([
      'refused',
      'USER_FLOOD_DETECTED 120',
    ]);
    engine.advance(120_000);
    expect(await attempt(known, 0.1, strict)).toBe('refused');
    expect([await attempt(known, 0.95, strict), await attempt(known, 0.95)]).toEqual(
      Array(2).fill('VERIFICATION_DISABLED'),
    );
  });

  test('a caller gets no further attempts by naming a profile that allows more', async () => {
    await start();
    const { definition } = await engine.checks.getProfile(engine.organization, 'default');
    const set = (slug: string, failuresBeforeDelay: number) =>
      engine.checks.setProfile(
        engine.organization,
        slug,
        { ...definition, attempts: { failuresBeforeDelay } },
        operator,
      );
    await set('default', 3);
    await set('patient', 100);
    const outcomes = [];
    for (let i = 0; i < 4; i++) outcomes.push(await attempt(known, 0.1, { profile: 'patient' }));
    expect(outcomes).toEqual([...Array(3).fill('refused'), 'USER_FLOOD_DETECTED 30']);
    expect(await attempt(known, 0.1, { profile: 'builtin:default' })).toBe('PROFILE_NOT_ALLOWED');
    await engine.organizations.set(engine.organization, { allowedProfiles: ['patient'] }, operator);
    expect(await attempt(unknown, 0.1, { profile: 'default' })).toBe('PROFILE_NOT_ALLOWED');
    for (let i = 0; i < 4; i++) expect(await attempt(unknown, 0.1)).toBe('refused');
  });

  test.each<Actor>([
    key,
    { is: 'kiosk', kiosk: 'ksk_1', administrator: 'adm_1' },
    { is: 'administrator', administrator: 'adm_1' },
  ])('enrolling at an address is an attempt at it too, for a $is', async (actor) => {
    await start();
    const enroll = (by: Actor) =>
      engine.checks
        .enroll({ ...common(), actor: by, picture: show('another face', 0.1), email: known })
        .catch(({ code }) => code);
    const outcomes = [];
    for (let i = 0; i < 6; i++) outcomes.push(await enroll(actor));
    expect(outcomes).toEqual([...Array(5).fill('TEMPLATE_MISMATCH'), 'USER_FLOOD_DETECTED']);
    expect(await one()).toBe('USER_FLOOD_DETECTED 30');
    expect(await enroll(operator)).toBe('TEMPLATE_MISMATCH');
    expect((await claims()).map(({ failures }) => failures)).toEqual([5]);
  });

  test('a clock that was set back makes no caller wait longer than once', async () => {
    await start();
    for (let i = 0; i < 5; i++) await one();
    engine.advance(-1000 * MINUTE);
    expect(await one()).toBe('USER_FLOOD_DETECTED 30');
    engine.advance(30_000);
    expect(await one()).toBe('refused');
  });

  test('a 1:N search makes no claim', async () => {
    await start();
    const { email: _, ...search } = { ...common(), email: '' };
    for (let i = 0; i < 12; i++) {
      await engine.checks.verify({ ...search, picture: show('stranger', 0.1) });
    }
    expect(await claims()).toEqual([]);
  });
});
