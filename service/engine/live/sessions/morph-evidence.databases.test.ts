import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { direction, meanOf, near } from '../../../../test/support/faces.ts';
import { attempt, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import { pageConsent } from './page-consent.ts';
import type { DecidedSession, FlowHandler, NewSession } from './session.ts';

const consent = pageConsent({ name: 'Acme' }, 'none');
const ada = direction('ada');
/** Alike beyond the threshold of a search, as a relative could be. */
const bea = near(ada, 0.9, 'bea');

let engine: Engine;
let sessions: ReturnType<typeof liveSessionsOver>;
let challenges: ReturnType<typeof scriptedChallenges>;
let ended: DecidedSession[];

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const enroll = (email: string, face: Float32Array) =>
  engine.subjects.enroll(realm(), { email, embeddings: { 'a-net': face }, quality: 1 }, operator);

async function visit(face: Float32Array, more: Partial<NewSession> = {}, motion = true) {
  const made = await sessions.create({
    flow: 'hosted',
    realm: realm(),
    actor: key,
    match: 'any',
    page: { consent },
    expiresAt: engine.clock.now() + 600_000,
    ...more,
  });
  const path = { flash: false, motion };
  await sessions.open(made.token, { consent: { version: consent.version }, path, device: {} });
  await attempt({ engine, sessions, challenges }, made.token, face);
  return (await sessions.find(realm(), made.id))!;
}
const morphIn = ({ liveness, risk }: Awaited<ReturnType<typeof visit>>) => ({
  evidence: liveness!.evidence.filter(({ kind }) => kind === 'morph'),
  flags: risk!.flags,
});
const found = (people: number) => ({
  evidence: [{ kind: 'morph', maturity: 'experimental', details: { suspect: true, people } }],
  flags: ['morph-suspected'],
});
const nothing = { evidence: [], flags: [] };

onSqlite('a face that matches several enrolled people', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    challenges = scriptedChallenges();
    ended = [];
    const end: FlowHandler = {
      async onDecided(_, session) {
        ended.push(session);
        return undefined;
      },
    };
    sessions = liveSessionsOver(engine, {
      challenges,
      handlers: { hosted: end },
      uniqueness: engine.uniqueness,
    });
  });
  afterEach(() => engine.stop());

  test('is evidence and a risk of a session, names no person, and decides nothing', async () => {
    const one = await enroll('ada@example.com', ada);
    expect(morphIn(await visit(ada))).toEqual(nothing);
    const two = await enroll('bea@example.com', bea);
    const session = await visit(meanOf(ada, bea));
    expect(session).toMatchObject({ decision: 'approved', risk: { level: 'medium' } });
    expect(morphIn(session)).toEqual(found(2));
    expect(ended.at(-1)).toMatchObject({ risk: { flags: ['morph-suspected'] } });
    const verification = await engine.pastVerifications.get(realm(), session.verification!, operator);
    expect(verification).toMatchObject({ outcome: 'VERIFIED', alike: 2 });
    const { outcome } = await engine.db
      .selectFrom('live_session')
      .select('outcome')
      .where('id', '=', session.id)
      .executeTakeFirstOrThrow();
    for (const { subject } of [one, two]) expect(outcome).not.toContain(subject.id);
  });

  test('is no sign where a reviewer marked the people as distinct, nor in a 1:1', async () => {
    await enroll('ada@example.com', ada);
    await enroll('bea@example.com', bea);
    expect(morphIn(await visit(meanOf(ada, bea), { match: { email: 'ada@example.com' } }))).toEqual(nothing);
    const people = { person: 'ada@example.com', other: 'bea@example.com', same: false };
    await engine.subjects.markDistinct(realm(), people, operator);
    expect(morphIn(await visit(meanOf(ada, bea)))).toEqual(nothing);
    expect(await engine.db.selectFrom('verification').select('people_alike').execute()).toEqual([
      { people_alike: null },
      { people_alike: null },
    ]);
  });

  test('counts a third person beside two who were marked as distinct', async () => {
    await enroll('ada@example.com', ada);
    await enroll('bea@example.com', bea);
    const people = { person: 'ada@example.com', other: 'bea@example.com', same: false };
    await engine.subjects.markDistinct(realm(), people, operator);
    await enroll('eve@example.com', near(meanOf(ada, bea), 0.98, 'eve'));
    expect(morphIn(await visit(meanOf(ada, bea)))).toEqual(found(3));
  });

  test('is noted of the members of a scope, also where a person decides first', async () => {
    const uniqueness = { policy: 'warn' as const, scope: 'lisbon' };
    const order = { match: 'none' as const, uniqueness };
    const [mia, tom] = [direction('mia'), direction('tom')];
    for (const face of [mia, tom]) expect(morphIn(await visit(face, order))).toEqual(nothing);
    const flags = ['duplicate-identity', 'morph-suspected'];
    expect(morphIn(await visit(meanOf(mia, tom), order))).toEqual({ ...found(2), flags });

    challenges.script.assurance = 'passive-frames';
    const waits = await visit(near(meanOf(mia, tom), 0.99, 'later'), order, false);
    expect(morphIn(waits)).toEqual({ evidence: [], flags: ['reduced-challenge'] });
    const decided = await sessions.review(realm(), waits.id, { approve: true, actor: operator });
    expect(morphIn(decided as typeof waits)).toEqual({
      ...found(2),
      flags: ['duplicate-identity', 'morph-suspected', 'reduced-challenge'],
    });
  });
});
