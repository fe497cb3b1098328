import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import { attempt, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Actor } from '../../audit/index.ts';
import { FlowDefinition, type NewSession, pageConsent } from '../../live/index.ts';
import type { EnrollCommand, VerifyCommand } from '../../verification/index.ts';
import { builtInProfiles } from './built-in-profiles.ts';
import type { ProfileDefinition } from './profile.ts';

const email = 'ada@example.com';
const kiosk: Actor = { is: 'kiosk', kiosk: 'ksk_1', administrator: 'adm_ada' };
const administrator: Actor = { is: 'administrator', administrator: 'adm_ada' };
const consent = pageConsent({ name: 'Acme' }, 'none');
const path = { flash: false, motion: true };

let engine: Engine;
let sessions: ReturnType<typeof liveSessionsOver>;
let challenges: ReturnType<typeof scriptedChallenges>;
let shown: number;

const realm = () => ({ organization: engine.organization, world: 'test' as const });
/** Stores the built-in profile `default` under a slug, with where its pictures have to come from. */
const setProfile = (slug: string, capture?: ProfileDefinition['capture']) => {
  const { definition } = builtInProfiles.find((one) => one.slug === 'default')!;
  const own = { ...definition, maturity: 'custom' as const, ...(capture && { capture }) };
  return engine.checks.setProfile(engine.organization, slug, own, operator);
};
const picture = () => {
  const name = `picture ${++shown}`;
  const embeddings = { 'a-net': near(direction('ada'), 0.97, name) };
  return engine.analyzer.show(name, analysisOf(name, { embeddings }));
};
const verify = (actor: Actor, more: Partial<VerifyCommand> = {}) =>
  engine.checks.verify({ ...realm(), email, profile: 'desk', picture: picture(), actor, ...more });
const enroll = (actor: Actor, more: Partial<EnrollCommand> = {}) =>
  engine.checks.enroll({ ...realm(), email, picture: picture(), actor, ...more });
const order = (more: Partial<NewSession> = {}): NewSession => ({
  flow: 'api',
  realm: realm(),
  actor: key,
  match: 'none',
  page: { consent },
  profile: 'desk',
  expiresAt: engine.clock.now() + 3_600_000,
  ...more,
});
const open = (token: string) =>
  sessions.open(token, { consent: { version: consent.version }, path, device: {} });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error) => (error instanceof Problem ? error.code : error),
  );
const stored = () =>
  engine.db.selectFrom('verification').select(['actor', 'capture_source']).orderBy('id').execute();

onSqlite('a profile that takes pictures of a kiosk only', (newLocation) => {
  beforeEach(async () => {
    shown = 0;
    engine = await startEngine({ location: await newLocation() });
    challenges = scriptedChallenges();
    sessions = liveSessionsOver(engine, { challenges });
    await enroll(key);
    await setProfile('desk', 'kiosk');
  });
  afterEach(() => engine.stop());

  test('refuses a picture of any other source before it is looked at', async () => {
    const unreadable = new TextEncoder().encode('no picture');
    for (const actor of [key, administrator, operator])
      await expect(verify(actor, { picture: unreadable })).rejects.toMatchObject({
        code: 'KIOSK_REQUIRED',
        message:
          'This profile takes pictures of a kiosk only. Start the verification at a kiosk, or choose another profile.',
      });
    expect(await stored()).toEqual([]);
  });

  test('verifies at a kiosk, and every record says where its picture came from', async () => {
    expect(await verify(kiosk)).toMatchObject({ verified: true, source: 'kiosk' });
    expect(await verify(key, { profile: 'default' })).toMatchObject({ verified: true, source: 'api' });
    expect(await stored()).toEqual([
      { actor: 'kiosk:ksk_1/adm_ada', capture_source: 'kiosk' },
      { actor: 'key:key_1', capture_source: 'api' },
    ]);
    const { items } = await engine.pastVerifications.page(realm(), { limit: 10 }, operator);
    expect(items.map(({ source }) => source)).toEqual(['api', 'kiosk']);
    const events = await engine.db
      .selectFrom('outbox')
      .select('payload')
      .where('type', '=', 'verification.verified')
      .orderBy('seq')
      .execute();
    expect(events.map(({ payload }) => JSON.parse(payload).source)).toEqual(['kiosk', 'api']);
  });

  test('enrolls at a kiosk where it is the profile `default`, and from a file where an operator says so', async () => {
    await setProfile('default', 'kiosk');
    for (const actor of [key, administrator, operator])
      expect(await codeOf(enroll(actor))).toBe('KIOSK_REQUIRED');
    expect(await enroll(kiosk)).toMatchObject({ enrollments: 2 });
    expect(await codeOf(enroll(key, { overrideLiveness: true }))).toBe('KIOSK_REQUIRED');
    expect(await enroll(operator, { overrideLiveness: true })).toMatchObject({ enrollments: 3 });
  });

  test('refuses the session of a browser before a person is asked for anything', async () => {
    expect(await codeOf(sessions.create(order()))).toBe('KIOSK_REQUIRED');
    await setProfile('default', 'kiosk');
    const caller = { organization: engine.organization, world: 'test' as const, lineage: 'key_1' };
    const asks = {
      presence: () => engine.presence.create(caller, { orgId: engine.organization, purpose: 'Deploy' }, key),
      hosted: () =>
        engine.hosted.generate(
          realm(),
          { product: 'verifyhuman', redirects: {}, life: 3_600_000, texts: {} },
          { actor: key },
        ),
      invitation: () =>
        engine.registrations.register(
          realm(),
          { reference: 'user_1', dataRequest: 'humanness-and-id', region: '' },
          { actor: key },
        ),
      page: () => sessions.pageOf(realm(), { flow: 'hosted', page: { consent } }),
    };
    for (const [name, work] of Object.entries(asks))
      expect([name, await codeOf(work())]).toEqual([name, 'KIOSK_REQUIRED']);
  });

  test('shows the page of a link whose key is restricted to another profile', async () => {
    await setProfile('default', 'kiosk');
    await setProfile('desk', 'any');
    const profiles = ['desk'];
    const caller = { organization: engine.organization, world: 'test' as const, lineage: 'key_1', profiles };
    const presence = await engine.presence.create(
      caller,
      { orgId: engine.organization, purpose: 'Deploy' },
      key,
    );
    const hosted = await engine.hosted.generate(
      realm(),
      { product: 'verifyhuman', redirects: {}, life: 3_600_000, texts: {} },
      { actor: key, profiles },
    );
    const descriptions = [
      await engine.presence.links.describe(presence.link, { test: true }),
      await engine.hosted.links.describe(hosted.token, { test: true }),
    ];
    for (const description of descriptions)
      expect(await codeOf(sessions.pageOf(realm(), description))).toBe('done');
  });

  test('refuses a session that was made before the profile was changed, and the attempt in it', async () => {
    await setProfile('desk', 'any');
    const waiting = await sessions.create(order());
    const begun = await sessions.create(order());
    await open(begun.token);
    await setProfile('desk', 'kiosk');
    expect(await codeOf(open(waiting.token))).toBe('KIOSK_REQUIRED');
    await attempt({ engine, sessions, challenges }, begun.token);
    expect(await sessions.find(realm(), begun.id)).toMatchObject({
      decision: 'rejected',
      reasons: ['KIOSK_REQUIRED'],
      source: 'browser',
    });
  });

  test('takes the session of a kiosk, which is handed to no phone', async () => {
    const { id, token } = await sessions.create(order({ actor: kiosk, match: { email } }));
    expect(await codeOf(sessions.handOver(token))).toBe('KIOSK_REQUIRED');
    await open(token);
    await attempt({ engine, sessions, challenges }, token);
    expect(await sessions.find(realm(), id)).toMatchObject({ decision: 'approved', source: 'kiosk' });
    expect(await stored()).toMatchObject([{ capture_source: 'kiosk' }]);
  });

  test('is the exception: a profile without the setting takes every source', async () => {
    const { definition } = await setProfile('desk');
    expect(definition).not.toHaveProperty('capture');
    expect(await verify(key)).toMatchObject({ verified: true });
    const { id, token } = await sessions.create(order());
    await open(token);
    await attempt({ engine, sessions, challenges }, token);
    expect(await sessions.find(realm(), id)).toMatchObject({ decision: 'approved', source: 'browser' });
  });

  test('is no profile for a published flow', async () => {
    const work = engine.flows.create(
      engine.organization,
      FlowDefinition.parse({ name: 'Door', product: 'verifyhuman', profile: 'desk' }),
      operator,
    );
    await expect(work).rejects.toMatchObject({ extra: { details: [{ path: 'profile' }] } });
  });
});
