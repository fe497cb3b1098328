import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { attempt, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import type { Evidence } from '../../matching/index.ts';
import { pageConsent } from './page-consent.ts';
import type { DecidedSession, FlowHandler, NewSession } from './session.ts';
import { countWaitingSessions } from './session-store.ts';

const hour = 3_600_000;
const consent = pageConsent({ name: 'Acme' }, 'none');
const suspect: Evidence = {
  kind: 'camera',
  maturity: 'experimental',
  details: { suspect: true, signal: 'virtual-camera', labels: ['OBS Virtual Camera'] },
};

let engine: Engine;
let challenges: ReturnType<typeof scriptedChallenges>;
let sessions: ReturnType<typeof liveSessionsOver>;
let ended: DecidedSession[];

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const find = async (id: string) => (await sessions.find(realm(), id))!;

const textOf = async (token: string) => (await sessions.describe(token)).page.consent.version;

async function begin(more: Partial<NewSession> = {}, motion = true) {
  const made = await sessions.create({
    flow: 'hosted',
    realm: realm(),
    actor: key,
    match: 'none',
    page: { consent },
    expiresAt: engine.clock.now() + hour,
    ...more,
  });
  const path = { flash: false, motion };
  await sessions.open(made.token, { consent: { version: await textOf(made.token) }, path, device: {} });
  return made;
}

const look = (token: string) => attempt({ engine, sessions, challenges }, token);

async function passed(more: Partial<NewSession> = {}, motion = true) {
  const made = await begin(more, motion);
  await look(made.token);
  return made;
}

onSqlite('sessions that were passed before a suspect camera', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    challenges = scriptedChallenges();
    challenges.script.evidence = [suspect];
    ended = [];
    const end: FlowHandler = {
      async onDecided(_, session) {
        ended.push(session);
        return undefined;
      },
    };
    sessions = liveSessionsOver(engine, { challenges, handlers: { hosted: end, presence: end } });
  });
  afterEach(() => engine.stop());

  test('are approved with a flag unless the profile says otherwise', async () => {
    const { id } = await passed();
    expect(await find(id)).toMatchObject({
      decision: 'approved',
      reasons: [],
      risk: { flags: ['virtual-camera'] },
    });
  });

  test('wait for a person, who approves or refuses', async () => {
    challenges.script.suspectCamera = 'review';
    const one = await passed();
    const two = await passed();
    expect(ended).toEqual([]);
    for (const { id } of [one, two])
      expect(await find(id)).toMatchObject({
        state: 'processing',
        held: true,
        waitsFor: 'camera',
        reasons: ['SUSPECT_CAMERA'],
      });
    expect(await countWaitingSessions(engine.db, realm())).toBe(2);
    const [hold] = await engine.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'session.hold')
      .execute();
    expect(JSON.parse(hold!.details)).toMatchObject({ reason: 'SUSPECT_CAMERA' });

    const decide = (id: string, approve: boolean) =>
      sessions.review(realm(), id, { approve, actor: operator });
    expect(await decide(one.id, true)).toMatchObject({ decision: 'approved', held: false, reasons: [] });
    expect(await decide(two.id, false)).toMatchObject({
      decision: 'rejected',
      reasons: ['SUSPECT_CAMERA', 'REVIEW_REFUSED'],
    });
    expect(await countWaitingSessions(engine.db, realm())).toBe(0);
  });

  test('are rejected when no person decides within 73 hours', async () => {
    challenges.script.suspectCamera = 'review';
    const { id } = await passed();
    engine.advance(74 * hour);
    await sessions.expireDue();
    expect(await find(id)).toMatchObject({
      decision: 'rejected',
      reasons: ['SUSPECT_CAMERA', 'REVIEW_TIMED_OUT'],
    });
  });

  test('wait for both reasons where the head was not moved either', async () => {
    challenges.script.suspectCamera = 'review';
    challenges.script.assurance = 'passive-frames';
    const { id } = await passed({}, false);
    expect(await find(id)).toMatchObject({
      waitsFor: 'without-motion',
      reasons: ['WITHOUT_MOTION', 'SUSPECT_CAMERA'],
    });
    expect(await sessions.review(realm(), id, { approve: true, actor: operator })).toMatchObject({
      decision: 'approved',
      reasons: [],
    });
  });

  test('are not passed where the profile refuses it, and another camera is another attempt', async () => {
    challenges.script.suspectCamera = 'refuse';
    const { id, token } = await passed();
    expect((await find(id)).decision).toBeUndefined();
    challenges.script.evidence = [];
    await look(token);
    expect(await find(id)).toMatchObject({ decision: 'approved', attempts: 2, reasons: [] });

    challenges.script.evidence = [suspect];
    const other = await begin();
    for (let i = 0; i < 3; i++) await look(other.token);
    expect(await find(other.id)).toMatchObject({ decision: 'rejected', reasons: ['SUSPECT_CAMERA'] });
  });

  test('are not passed as a proof of presence, which waits for no person', async () => {
    challenges.script.suspectCamera = 'review';
    const { token, id } = await begin({ flow: 'presence' });
    for (let i = 0; i < 3; i++) await look(token);
    expect(await find(id)).toMatchObject({ decision: 'rejected', reasons: ['SUSPECT_CAMERA'] });
  });
});
