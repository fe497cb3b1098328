import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { direction, near } from '../../../../test/support/faces.ts';
import { attempt, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import { doWork } from '../../../../test/support/visit-work.ts';
import { Problem } from '../../../lib/problem.ts';
import { createHolds } from '../../consent/index.ts';
import { FlowDefinition, flowProducts } from '../flows/flow.ts';
import type { LinkResolver } from '../sessions/link.ts';
import type { FlowHandler } from '../sessions/session.ts';
import type { VisitProof } from './flow-pages.ts';
import { createFlowPages } from './flow-pages.ts';
import { createHosted, type Hosted, type HostedDeps, type NewLink } from './hosted.ts';
import { deleteOrdersOf } from './order-store.ts';

const hour = 3_600_000;
let engine: Engine;
let challenges: ReturnType<typeof scriptedChallenges>;
let sessions: ReturnType<typeof liveSessionsOver>;
let hosted: Hosted;
let flowPages: LinkResolver;
let made: number;
let parts: HostedDeps;

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const order = (more: Partial<NewLink> = {}): NewLink => ({
  product: 'verifyhuman',
  redirects: {},
  life: hour,
  texts: {},
  ...more,
});
const generate = (more?: Partial<NewLink>) => hosted.generate(realm(), order(more), { actor: key });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error instanceof Problem ? error.code : error),
  );

/** The person agrees to what the page shows. */
async function begin(
  resolver: LinkResolver,
  token: string,
  mode = false,
  address = '127.0.0.1',
  path = { flash: true, motion: true },
  more: { secret?: string } = {},
) {
  const { page, work } = await resolver.describe(token, { test: mode, address });
  return resolver.begin(token, {
    ...(work && { proof: doWork(work) }),
    test: mode,
    consent: { version: page.consent.version },
    path,
    device: { label: 'cam', address },
    ...more,
  });
}
/** One attempt in front of the camera. */
const look = (token: string, face?: Float32Array) => attempt({ engine, sessions, challenges }, token, face);
const enroll = (email: string, face = direction('ada')) =>
  engine.subjects.enroll(
    realm(),
    { email, embeddings: { 'a-net': near(face, 0.97, email) }, quality: 0.9 },
    operator,
  );
const events = async () =>
  (
    await engine.db
      .selectFrom('outbox')
      .select(['payload'])
      .where('type', '=', 'session.decided')
      .orderBy('seq')
      .execute()
  ).map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
const rows = () => engine.db.selectFrom('relying_order').selectAll().execute();

mostlyOnSqlite('hosted links', (newLocation, _, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    await engine.installPad();
    challenges = scriptedChallenges();
    const handlers: { hosted?: FlowHandler } = {};
    sessions = liveSessionsOver(engine, { challenges, handlers });
    made = 0;
    parts = {
      ...engine,
      sessions,
      random: (into) => new DataView(into.buffer).setUint32(12, ++made),
    };
    hosted = createHosted(parts);
    flowPages = createFlowPages(parts);
    handlers.hosted = hosted.end;
    await engine.organizations.set(
      engine.organization,
      { redirectTargets: ['app.example.com', 'myapp:'] },
      operator,
    );
  });
  afterEach(() => engine.stop());

  test('a link leads a person through one verification, whose id webhooks and status name', async () => {
    const redirects = { success: 'myapp://done?result=pass', failure: 'https://app.example.com/no' };
    await engine.organizations.set(engine.organization, { color: '#1f4e3d' }, operator);
    const { link, token } = await generate({ redirects, texts: { title: 'Identity Verification' } });
    expect(link).toMatchObject({ status: 'PENDING', expiresAt: engine.clock.now() + hour });
    expect(JSON.stringify(await rows())).not.toContain(token);
    expect(await hosted.links.describe(token, { test: false })).toMatchObject({
      state: 'ready',
      flow: 'hosted',
      organization: { name: 'Acme', color: '#1f4e3d' },
      test: true,
      page: {
        title: { en: 'Identity Verification', de: 'Identity Verification' },
        product: 'verifyhuman',
        redirect: redirects,
      },
    });
    expect(await codeOf(hosted.complete(token, { denied: false }))).toBe('CONFLICT');
    const begun = await begin(hosted.links, token);
    expect(await hosted.links.describe(token, { test: false })).toMatchObject({ state: 'taken' });
    await look(begun.token);
    expect(await hosted.status(realm(), 'verifyhuman', link.id)).toMatchObject({
      id: link.id,
      status: 'PASS',
      reasons: [],
      completedAt: engine.clock.now(),
    });
    expect(await hosted.complete(token, { denied: false })).toEqual({
      id: link.id,
      status: 'PASS',
      redirect: redirects.success,
    });
    expect(await hosted.links.describe(token, { test: false })).toMatchObject({ state: 'finished' });
    expect(await events()).toEqual([
      {
        flow: 'hosted',
        session: begun.sessionId,
        verification: link.id,
        proves: 'human',
        decision: 'approved',
      },
    ]);
  });

  test.each([
    [true, 'PASS'],
    [false, 'FAIL'],
  ])(
    'while a person decides the page leads nowhere; then as decided (approved: %s)',
    async (approve, status) => {
      challenges.script.assurance = 'passive-frames';
      const redirects = { success: 'myapp://done?result=pass', failure: 'myapp://done?result=fail' };
      const { link, token } = await generate({ redirects });
      const begun = await begin(hosted.links, token, false, '127.0.0.1', { flash: false, motion: false });
      await look(begun.token);
      const waits = await sessions.finalizeByToken(begun.token);
      expect(waits).toMatchObject({ passed: false, decision: null });
      expect(waits).not.toHaveProperty('redirect');
      expect((await sessions.state(begun.token)).result).toEqual(waits);
      expect((await hosted.status(realm(), 'verifyhuman', link.id)).status).toBe('PENDING');
      expect(await codeOf(hosted.complete(token, { denied: false }))).toBe('CONFLICT');
      await sessions.review(realm(), begun.sessionId, { approve, actor: operator });
      const redirect = approve ? redirects.success : redirects.failure;
      expect(await hosted.complete(token, { denied: false })).toMatchObject({ status, redirect });
      expect(await sessions.finalizeByToken(begun.token)).toMatchObject({ passed: approve, redirect });
    },
  );

  it('reading a link changes nothing, however often; of two who begin at once one wins', async () => {
    const { token } = await generate();
    const before = await rows();
    for (let i = 0; i < 3; i++) await hosted.links.describe(token, { test: false });
    expect(await rows()).toEqual(before);
    const codes = await Promise.all([1, 2, 3, 4].map(() => codeOf(begin(hosted.links, token))));
    expect(codes.toSorted()).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', 'done']);
    expect(await engine.db.selectFrom('live_session').select('id').execute()).toHaveLength(1);
  });

  it('a person who denies ends the link once, and goes to the failure URL', async () => {
    const redirects = { failure: 'https://app.example.com/no' };
    const { link, token } = await generate({ product: 'verifyage', redirects });
    const answers = await Promise.all([1, 2].map(() => codeOf(hosted.links.deny(token, { test: false }))));
    expect(answers.toSorted()).toEqual(['CONFLICT', 'done']);
    expect(await codeOf(begin(hosted.links, token))).toBe('CONFLICT');
    expect(await hosted.status(realm(), 'verifyage', link.id)).toMatchObject({
      status: 'FAIL',
      reasons: ['CONSENT_DENIED'],
    });
    expect(await hosted.complete(token, { denied: false })).toEqual({
      id: link.id,
      status: 'FAIL',
      redirect: redirects.failure,
    });
    expect(await events()).toMatchObject([{ proves: 'age', decision: 'rejected' }]);
    const other = await generate({ redirects });
    expect(await hosted.complete(other.token, { denied: true })).toMatchObject({ status: 'FAIL' });
  });

  test('the browser to which the answer was lost has the session by its secret, and no other link takes it', async () => {
    const { token } = await generate();
    const own = { secret: 's'.repeat(43) };
    const begun = await begin(hosted.links, token, false, '127.0.0.1', undefined, own);
    expect(begun.token).toBe(own.secret);
    const choice = { path: { flash: true, motion: true }, device: {}, ...own };
    const { page } = await hosted.links.describe(token, { test: false });
    const again = { ...choice, consent: { version: page.consent.version } };
    expect(await sessions.open(own.secret, again)).toEqual(begun);
    expect(await codeOf(begin(hosted.links, token))).toBe('CONFLICT');
    const other = (await generate()).token;
    expect(await codeOf(begin(hosted.links, other, false, '127.0.0.1', undefined, own))).toBe('CONFLICT');
    expect(await hosted.links.describe(other, { test: false })).toMatchObject({ state: 'ready' });
    await sessions.deny(own.secret);
    expect(await codeOf(sessions.open(own.secret, again))).toBe('CONFLICT');
  });

  test('a link that is not opened in time expires by the clock, once, with its event', async () => {
    const { link, token } = await generate();
    const opened = await generate();
    engine.advance(hour - 1);
    const late = await begin(hosted.links, opened.token);
    expect(await hosted.expireDue()).toBe(0);
    engine.advance(1);
    expect(await hosted.status(realm(), 'verifyhuman', link.id)).toMatchObject({ status: 'EXPIRED' });
    expect(await codeOf(begin(hosted.links, token))).toBe('SESSION_EXPIRED');
    expect(await hosted.expireDue()).toBe(1);
    expect(await hosted.expireDue()).toBe(0);
    expect(await hosted.complete(token, { denied: false })).toEqual({ id: link.id, status: 'EXPIRED' });
    // Who began in time has ten minutes, also past the end of the link.
    await look(late.token);
    expect(await hosted.status(realm(), 'verifyhuman', opened.link.id)).toMatchObject({ status: 'PASS' });
    expect((await events()).map(({ decision }) => decision)).toEqual(['expired', 'approved']);
  });

  test('a link whose row is damaged is none, ends by its time, and holds up no other', async () => {
    const { link: damaged, token } = await generate();
    await engine.db.updateTable('relying_order').set({ terms: '{"product":"verify' }).execute();
    const { link } = await generate();
    expect(await codeOf(begin(hosted.links, token))).toBe('NOT_FOUND');
    expect(await codeOf(hosted.status(realm(), 'verifyhuman', damaged.id))).toBe('NOT_FOUND');
    expect(await hosted.page(realm(), { limit: 1 })).toMatchObject([{ id: link.id }]);
    const second = await generate();
    const [first] = await hosted.page(realm(), { limit: 1 });
    expect(await hosted.page(realm(), { limit: 1, before: first!.id })).toMatchObject([{ id: link.id }]);
    expect(await hosted.page(realm(), { limit: 1, before: link.id })).toEqual([]);
    const opened = await begin(hosted.links, second.token);
    await engine.db
      .updateTable('relying_order')
      .set({ result: '{"' })
      .where('id', '=', second.link.id)
      .execute();
    await look(opened.token);
    engine.advance(hour);
    expect([await hosted.expireDue(), await hosted.expireDue()]).toEqual([2, 0]);
    expect((await rows()).map(({ state }) => state)).toEqual(['expired', 'expired', 'expired']);
    expect((await events()).map(({ decision }) => decision)).toEqual(['expired']);
  });

  test('a person who begins and does not finish: the session expires, and with it the link', async () => {
    const { link, token } = await generate();
    await begin(hosted.links, token);
    engine.advance(10 * 60_000);
    await sessions.expireDue();
    expect(await hosted.status(realm(), 'verifyhuman', link.id)).toMatchObject({
      status: 'EXPIRED',
      reasons: ['EXPIRED'],
    });
  });

  test('liveness that fails three times is a FAIL without figures', async () => {
    const { link, token } = await generate();
    const { token: capability } = await begin(hosted.links, token);
    challenges.script.passed = false;
    for (let i = 0; i < 3; i++) await look(capability);
    expect(await hosted.status(realm(), 'verifyhuman', link.id)).toMatchObject({
      status: 'FAIL',
      reasons: ['LIVENESS_FAILED'],
    });
  });

  test('a check without motion stays PENDING until a person decides', async () => {
    const still = { flash: false, motion: false };
    challenges.script.assurance = 'passive-frames';
    for (const [approve, result] of [
      [true, { status: 'PASS', reasons: [] }],
      [false, { status: 'FAIL', reasons: ['CHECK_FAILED'] }],
    ] as const) {
      const { link, token } = await generate();
      const { token: capability, sessionId } = await begin(hosted.links, token, false, '127.0.0.1', still);
      await look(capability);
      engine.advance(hour);
      expect(await hosted.status(realm(), 'verifyhuman', link.id)).toMatchObject({ status: 'PENDING' });
      expect(await codeOf(hosted.complete(token, { denied: false }))).toBe('CONFLICT');
      await sessions.review(realm(), sessionId, { approve, actor: operator });
      expect(await hosted.status(realm(), 'verifyhuman', link.id)).toMatchObject(result);
    }
    expect((await events()).map(({ decision }) => decision)).toEqual(['approved', 'rejected']);
  });

  test('a profile that refuses the path without motion leaves the link for the person who turns the head', async () => {
    challenges.script.withoutMotion = 'refuse';
    const { token } = await generate();
    const still = { flash: false, motion: false };
    expect(await codeOf(begin(hosted.links, token, false, '127.0.0.1', still))).toBe('MOTION_REQUIRED');
    await begin(hosted.links, token);
  });

  test('identity: an enrolled person passes, a stranger does not; by address only that person', async () => {
    await enroll('ada@example.com');
    await enroll('bea@example.com', direction('bea'));
    const result = async (more: Partial<NewLink>, face = direction('ada')) => {
      const { link, token } = await generate({ product: 'verifyidentity', ...more });
      const { token: capability } = await begin(hosted.links, token);
      for (let i = 0; i < 3; i++) await look(capability, face).catch(() => {});
      const { status, reasons } = await hosted.status(realm(), 'verifyidentity', link.id);
      return [status, ...reasons];
    };
    expect(await result({})).toEqual(['PASS']);
    expect(await result({}, direction('stranger'))).toEqual(['FAIL', 'NOT_RECOGNIZED']);
    expect(await result({ email: 'ada@example.com' })).toEqual(['PASS']);
    expect(await result({ email: 'bea@example.com' })).toEqual(['FAIL', 'NOT_RECOGNIZED']);
    expect(await result({ email: 'none@example.com' })).toEqual(['FAIL', 'NOT_RECOGNIZED']);
    expect(
      JSON.stringify((await rows()).map((row) => Buffer.from(row.request_sealed).toString())),
    ).not.toContain('@example.com');
  });

  test('age: the recorded date of birth decides, never the face; without one it says so', async () => {
    const { subject } = await enroll('ada@example.com');
    const result = async (minimumAge?: number) => {
      const { link, token } = await generate({
        product: 'verifyage',
        ...(minimumAge !== undefined && { minimumAge }),
      });
      await look((await begin(hosted.links, token)).token);
      const { status, reasons } = await hosted.status(realm(), 'verifyage', link.id);
      return [status, ...reasons];
    };
    expect(await result()).toEqual(['FAIL', 'AGE_NOT_RECORDED']);
    const born = (birthDate: string) => engine.subjects.change(realm(), subject.id, { birthDate }, operator);
    // Today is 2026-11-20.
    await born('2008-11-21');
    expect(await result()).toEqual(['FAIL', 'UNDER_AGE']);
    await born('2008-11-20');
    expect(await result()).toEqual(['PASS']);
    expect(await result(21)).toEqual(['FAIL', 'UNDER_AGE']);
    expect(await result(16)).toEqual(['PASS']);
  });

  test('trust: identity, and the context checks of the profile; identity alone asks for none of them', async () => {
    await enroll('ada@example.com');
    const { definition } = await engine.checks.getProfile(engine.organization, 'specter');
    // The clock stands on a Friday.
    const openOn = (days: number[]) =>
      engine.checks.setProfile(
        engine.organization,
        'desk',
        { ...definition, timeRestriction: { days, from: '00:00', to: '00:00', timeZone: 'UTC' } },
        operator,
      );
    const result = async (product: NewLink['product']) => {
      const { link, token } = await generate({ product, profile: 'desk' });
      const { token: capability } = await begin(hosted.links, token);
      for (let i = 0; i < 3; i++) await look(capability).catch(() => {});
      const { status, reasons } = await hosted.status(realm(), product, link.id);
      return [status, ...reasons];
    };
    await openOn([5]);
    expect(await result('verifytrust')).toEqual(['PASS']);
    await openOn([1, 2, 3]);
    expect(await result('verifytrust')).toEqual(['FAIL', 'CHECK_FAILED']);
    expect(await result('verifyidentity')).toEqual(['PASS']);
    expect(await result('verifyhuman')).toEqual(['PASS']);
    const checks = await engine.db.selectFrom('verification').select('checks').orderBy('id').execute();
    expect(checks.map((row) => /"timeRestriction"/.test(row.checks))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  test.each(flowProducts)('%s: every status that its path answers', async (product) => {
    const { subject } = await enroll('ada@example.com');
    await engine.subjects.change(realm(), subject.id, { birthDate: '1990-12-10' }, operator);
    const made = await Promise.all([1, 2, 3, 4].map(() => generate({ product })));
    const statuses = async () =>
      Promise.all(
        made.map(async ({ link }) => {
          const { status, reasons, completedAt } = await hosted.status(realm(), product, link.id);
          return [status, ...reasons, completedAt === undefined ? 'open' : 'ended'];
        }),
      );
    const [passes, fails, stays] = made;
    await look((await begin(hosted.links, passes!.token)).token);
    challenges.script.passed = false;
    const { token } = await begin(hosted.links, fails!.token);
    for (let i = 0; i < 3; i++) await look(token);
    await begin(hosted.links, stays!.token);
    expect(await statuses()).toEqual([
      ['PASS', 'ended'],
      ['FAIL', 'LIVENESS_FAILED', 'ended'],
      ['PENDING', 'open'],
      ['PENDING', 'open'],
    ]);
    engine.advance(hour);
    await sessions.expireDue();
    await hosted.expireDue();
    expect(await statuses()).toEqual([
      ['PASS', 'ended'],
      ['FAIL', 'LIVENESS_FAILED', 'ended'],
      ['EXPIRED', 'EXPIRED', 'ended'],
      ['EXPIRED', 'EXPIRED', 'ended'],
    ]);
    for (const other of flowProducts.filter((one) => one !== product))
      expect(await codeOf(hosted.status(realm(), other, passes!.link.id))).toBe('NOT_FOUND');
  });

  test.each<[string, Partial<NewLink>, string]>([
    ['a redirect elsewhere', { redirects: { success: 'https://evil.com/' } }, 'redirects.success'],
    ['a script', { redirects: { failure: 'javascript:alert(1)' } }, 'redirects.failure'],
    ['an age without verifyage', { minimumAge: 21 }, 'minimumAge'],
    ['a person for verifyhuman', { email: 'ada@example.com' }, 'email'],
  ])('%s is refused by name', async (_, more, path) => {
    await expect(generate(more)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      extra: { details: [{ path }] },
    });
    expect(await rows()).toEqual([]);
  });

  test('without a profile the one that the organization uses holds', async () => {
    const profileOf = async () => {
      await begin(hosted.links, (await generate()).token);
      return engine.db
        .selectFrom('live_session')
        .select('profile')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst();
    };
    expect(await profileOf()).toEqual({ profile: 'default' });
    await engine.organizations.set(engine.organization, { allowedProfiles: ['argus'] }, operator);
    expect(await profileOf()).toEqual({ profile: 'argus' });
  });

  test('a profile that the caller may not name is refused when the link is made', async () => {
    expect(await codeOf(generate({ profile: 'nowhere' }))).toBe('PROFILE_NOT_FOUND');
    await engine.organizations.set(engine.organization, { allowedProfiles: ['specter'] }, operator);
    expect(await codeOf(generate({ profile: 'argus' }))).toBe('PROFILE_NOT_ALLOWED');
    expect(await codeOf(generate({ profile: 'specter' }))).toBe('done');
  });

  test('a redirect that is allowed no more is not followed', async () => {
    const { token } = await generate({ redirects: { success: 'myapp://done' } });
    await engine.organizations.set(engine.organization, { redirectTargets: [] }, operator);
    expect((await hosted.links.describe(token, { test: false })).page.redirect).toEqual({});
    await look((await begin(hosted.links, token)).token);
    expect(await hosted.complete(token, { denied: false })).not.toHaveProperty('redirect');
  });

  test('another organization, world or product finds no verification, and an unknown token no link', async () => {
    const { link } = await generate();
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    expect(await codeOf(hosted.status(realm(), 'verifyage', link.id))).toBe('NOT_FOUND');
    expect(await codeOf(hosted.status({ ...realm(), world: 'live' }, 'verifyhuman', link.id))).toBe(
      'NOT_FOUND',
    );
    expect(await codeOf(hosted.status({ ...realm(), organization: other }, 'verifyhuman', link.id))).toBe(
      'NOT_FOUND',
    );
    expect(await codeOf(hosted.links.describe('guess', { test: false }))).toBe('NOT_FOUND');
    expect(await codeOf(hosted.complete('guess', { denied: true }))).toBe('NOT_FOUND');
  });

  test('an erasure of the address removes the links that name it; a term removes the old ones', async () => {
    const { subject } = await enroll('ada@example.com');
    await generate({ product: 'verifyidentity', email: 'ada@example.com' });
    const { link } = await generate();
    const data = engine.personalData.find(({ tables }) => 'relying_order' in tables)!;
    const hash = engine.sealer.emailHash(engine.organization, 'ada@example.com');
    const order = { emailHash: hash, open: async () => [] } as unknown as Parameters<
      NonNullable<typeof data.exportOf>
    >[1];
    expect(await data.exportOf!({ ...realm(), subject: subject.id }, order)).toMatchObject({
      hostedLinks: [{ product: 'verifyidentity', status: 'PENDING' }],
    });
    await engine.inTransaction((tx) => data.address!.forget(tx, realm(), hash));
    expect((await rows()).map(({ id }) => id)).toEqual([link.id]);
    engine.advance(2 * hour);
    const term = data.expires!.find(({ counted }) => counted === 'hostedLinks');
    expect(await term!.count(realm(), engine.clock.now())).toBe(0);
    await hosted.expireDue();
    expect(await term!.count(realm(), engine.clock.now())).toBe(1);
    expect(await engine.inTransaction((tx) => term!.expire(tx, realm(), engine.clock.now(), 10))).toBe(1);
    await generate();
    await engine.inTransaction((tx) => deleteOrdersOf(tx, engine.organization));
    expect(await rows()).toEqual([]);
  });

  test('no term removes a link that names a person under a legal hold', async () => {
    const { subject } = await enroll('ada@example.com');
    await generate({ product: 'verifyidentity', email: 'ada@example.com' });
    await generate();
    engine.advance(2 * hour);
    await hosted.expireDue();
    const data = engine.personalData.find(({ tables }) => 'relying_order' in tables)!;
    const term = data.expires!.find(({ counted }) => counted === 'hostedLinks')!;
    expect(await term.count(realm(), engine.clock.now())).toBe(2);
    await createHolds(engine).place({ ...realm(), subject: subject.id }, 'lawsuit 7', operator, 'req_h');
    expect(await term.count(realm(), engine.clock.now())).toBe(1);
  });

  test('a published flow makes a verification for each consent, of live people or in test mode', async () => {
    const definition = FlowDefinition.parse({
      name: 'Visitors',
      product: 'verifyhuman',
      profile: 'specter',
      texts: { consent: 'Ours.', button: 'Agree and begin' },
      redirects: { success: 'https://app.example.com/in' },
    });
    const flow = await engine.flows.create(engine.organization, definition, operator);
    expect(await codeOf(flowPages.describe(flow.slug, { test: true }))).toBe('NOT_FOUND');
    await engine.flows.publish(engine.organization, flow.id, operator);
    await engine.limits.set(engine.organization, { monthly: 1 }, operator);
    const shown = await flowPages.describe(flow.slug, { test: true });
    expect(shown).toMatchObject({ state: 'ready', test: true, page: { product: 'verifyhuman' } });
    expect(shown.page.consent.text.en[0]).toBe('Ours.');
    expect(shown.page.messages?.button).toEqual({ en: 'Agree and begin', de: 'Agree and begin' });
    // “You can close this page” would be wrong where it leads back.
    expect(shown.page.messages).not.toHaveProperty('success');
    expect(await rows()).toEqual([]);
    const visits = await Promise.all([1, 2].map(() => begin(flowPages, flow.slug, true)));
    expect(new Set(visits.map(({ token }) => token)).size).toBe(2);
    await look(visits[0]!.token);
    const [first, second] = await rows();
    expect([first, second]).toMatchObject([{ kind: 'hosted', world: 'test', token_hash: null }, {}]);
    expect(JSON.parse(first!.terms)).toEqual({ product: 'verifyhuman', flow: flow.id });
    const passed = (await rows()).find(({ session }) => session === visits[0]!.sessionId)!;
    expect(await hosted.status(realm(), 'verifyhuman', passed.id)).toMatchObject({ status: 'PASS' });
    // Test visits cost nothing; of live ones the month has one, beside the one of named callers.
    await begin(flowPages, flow.slug);
    expect(await engine.limits.show(engine.organization)).toMatchObject({
      organization: { used: 0, limit: 1 },
      visits: { used: 1, limit: 1 },
    });
    expect(await codeOf(begin(flowPages, flow.slug))).toBe('MONTHLY_LIMIT_EXCEEDED');
    expect(await flowPages.deny(flow.slug, { test: false })).toEqual({});
  });

  test('after ten visits of one address in a minute a further one costs work, each of one flow and once', async () => {
    const definition = FlowDefinition.parse({ name: 'Visitors', product: 'verifyhuman' });
    const [flow, other] = await Promise.all(
      [1, 2].map(() => engine.flows.create(engine.organization, definition, operator)),
    );
    for (const { id } of [flow!, other!]) await engine.flows.publish(engine.organization, id, operator);
    const { slug } = flow!;
    const address = '192.0.2.7';
    const workOf = async (of: string, from = address) =>
      (await flowPages.describe(of, { test: true, address: from })).work;
    const { page } = await flowPages.describe(slug, { test: true, address });
    const visit = (proof?: VisitProof, at = flowPages) =>
      codeOf(
        at.begin(slug, {
          test: true,
          consent: { version: page.consent.version },
          path: { flash: true, motion: true },
          device: { address },
          ...(proof && { proof }),
        }),
      );
    for (let i = 0; i < 10; i++) {
      expect(await workOf(slug)).toBeUndefined();
      expect(await visit()).toBe('done');
    }
    expect(await visit()).toBe('BURST_LIMIT_EXCEEDED');
    expect([await workOf(other!.slug), await workOf(slug, '192.0.2.8')]).toEqual([undefined, undefined]);
    const work = (await workOf(slug))!;
    expect(work.bits).toBe(15);
    const proof = doWork(work);
    const forged = { ...proof, challenge: proof.challenge.replace('.15.', '.1.') };
    for (const bad of [forged, { ...proof, answer: 'x' }, { challenge: '', answer: '' }])
      expect(await visit(bad)).toBe('BURST_LIMIT_EXCEEDED');
    expect(await visit(proof)).toBe('done');
    expect(await visit(proof)).toBe('BURST_LIMIT_EXCEEDED');
    // Of another node, and after a restart.
    const elsewhere = createFlowPages(parts);
    expect(await visit(proof, elsewhere)).toBe('BURST_LIMIT_EXCEEDED');
    expect(await visit(doWork((await workOf(slug))!), elsewhere)).toBe('done');
    for (let i = 0; i < 8; i++) expect(await visit(doWork((await workOf(slug))!))).toBe('done');
    expect((await workOf(slug))!.bits).toBe(16);
    engine.advance(120_000);
    expect([await workOf(slug), await visit()]).toEqual([undefined, 'done']);
  });

  test('the networks of one IPv6 site have forty visits in a minute that cost no work', async () => {
    const definition = FlowDefinition.parse({ name: 'Visitors', product: 'verifyhuman' });
    const flow = await engine.flows.create(engine.organization, definition, operator);
    await engine.flows.publish(engine.organization, flow.id, operator);
    const workOf = async (address: string) =>
      (await flowPages.describe(flow.slug, { test: true, address })).work;
    for (let i = 0; i < 40; i++) {
      const address = `2001:db8:7:${i}::1`;
      expect(await workOf(address)).toBeUndefined();
      await begin(flowPages, flow.slug, true, address);
    }
    expect(await workOf('2001:db8:7:99::1')).toMatchObject({ bits: 15 });
    expect(await workOf('2001:db8:8::1')).toBeUndefined();
  });

  test('of one address no more visits of a flow are taken in a minute than are allowed', async () => {
    const definition = FlowDefinition.parse({ name: 'Visitors', product: 'verifyhuman' });
    const flow = await engine.flows.create(engine.organization, definition, operator);
    await engine.flows.publish(engine.organization, flow.id, operator);
    await engine.limits.set(engine.organization, { perAddress: 2 }, operator);
    const from = (address: string) => codeOf(begin(flowPages, flow.slug, true, address));
    const visits = ['192.0.2.7', '192.0.2.7', '192.0.2.7', '192.0.2.8'];
    const outcomes: unknown[] = [];
    for (const address of visits) outcomes.push(await from(address));
    expect(outcomes).toEqual(['done', 'done', 'BURST_LIMIT_EXCEEDED', 'done']);
    expect(await rows()).toHaveLength(3);
  });

  test('who agreed to a text that was changed meanwhile is asked again', async () => {
    const definition = FlowDefinition.parse({ name: 'Visitors', product: 'verifyhuman' });
    const flow = await engine.flows.create(engine.organization, definition, operator);
    await engine.flows.publish(engine.organization, flow.id, operator);
    const { page } = await flowPages.describe(flow.slug, { test: true });
    engine.advance(1000);
    await engine.flows.publish(engine.organization, flow.id, operator);
    const stale = flowPages.begin(flow.slug, {
      test: true,
      consent: { version: page.consent.version },
      path: { flash: true, motion: true },
      device: {},
    });
    expect(await codeOf(stale)).toBe('CONFLICT');
    expect(await rows()).toEqual([]);
  });
});
