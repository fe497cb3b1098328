import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { direction } from '../../../../test/support/faces.ts';
import { attempt, liveSessionsOver, scriptedChallenges } from '../../../../test/support/live-sessions.ts';
import type { Actor } from '../../audit/index.ts';
import { type ChallengeReason, type Evidence, jpegSize } from '../../matching/index.ts';
import { pageConsent } from './page-consent.ts';
import type { ObservedAttempt } from './parts.ts';
import type { DecidedSession, FlowHandler, NewSession } from './session.ts';
import { countWaitingSessions } from './session-store.ts';

const hour = 3_600_000;
const consent = pageConsent({ name: 'Acme' }, 'none');
const kiosk: Actor = { is: 'kiosk', kiosk: 'ksk_1', administrator: 'adm_ada' };
const against: Evidence = {
  kind: 'head:turn-left',
  passed: false,
  maturity: 'experimental',
  details: {},
};

let engine: Engine;
let challenges: ReturnType<typeof scriptedChallenges>;
let sessions: ReturnType<typeof liveSessionsOver>;
let ended: DecidedSession[];
let attempts: ObservedAttempt[];

const realm = () => ({ organization: engine.organization, world: 'test' as const });
const find = async (id: string) => (await sessions.find(realm(), id))!;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    ({ code }) => code,
  );
const decide = (id: string, approve: boolean) => sessions.review(realm(), id, { approve, actor: operator });

const textOf = async (token: string) => (await sessions.describe(token)).page.consent.version;

async function begin(more: Partial<NewSession> = {}) {
  const made = await sessions.create({
    flow: 'hosted',
    realm: realm(),
    actor: key,
    match: 'none',
    page: { consent },
    expiresAt: engine.clock.now() + hour,
    ...more,
  });
  const path = { flash: false, motion: true };
  await sessions.open(made.token, { consent: { version: await textOf(made.token) }, path, device: {} });
  return made;
}

async function look(token: string, times = 1, face = direction('ada')) {
  for (let i = 0; i < times; i++) await attempt({ engine, sessions, challenges }, token, face);
}

/** A session whose three attempts all ended undecided. */
async function undecided(more: Partial<NewSession> = {}) {
  const made = await begin(more);
  await look(made.token, 3);
  return made;
}

onSqlite('sessions whose last attempt is undecided', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    challenges = scriptedChallenges();
    Object.assign(challenges.script, { passed: false, reasons: ['UNDECIDED'], undecided: 'review' });
    challenges.script.evidence = [against];
    ended = [];
    attempts = [];
    const end: FlowHandler = {
      async onDecided(_, session) {
        ended.push(session);
        return undefined;
      },
    };
    sessions = liveSessionsOver(engine, {
      challenges,
      handlers: { hosted: end, presence: end },
      uniqueness: engine.uniqueness,
      observed: (one) => void attempts.push(one),
    });
  });
  afterEach(() => engine.stop());

  test('are rejected where the profile does not say otherwise', async () => {
    challenges.script.undecided = 'refuse';
    const { id } = await undecided();
    expect(await find(id)).toMatchObject({ decision: 'rejected', reasons: ['UNDECIDED'], attempts: 3 });
    expect(await countWaitingSessions(engine.db, realm())).toBe(0);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['another', 'another', 'rejected']);
  });

  test('wait for a person after the last attempt alone, who approves or refuses', async () => {
    const one = await begin();
    await look(one.token, 2);
    expect(await find(one.id)).toMatchObject({ held: false, attempts: 2 });
    expect(await sessions.state(one.token)).toMatchObject({ state: 'between', attemptsLeft: 1 });
    await look(one.token);
    const two = await undecided();
    expect(ended).toEqual([]);
    for (const { id } of [one, two])
      expect(await find(id)).toMatchObject({
        state: 'processing',
        held: true,
        waitsFor: 'undecided',
        reasons: ['UNDECIDED'],
        attempts: 3,
        liveness: { passed: false, evidence: [against] },
      });
    expect(await sessions.finalizeByToken(one.token)).toMatchObject({ passed: false, decision: null });
    expect(await countWaitingSessions(engine.db, realm())).toBe(2);
    expect(attempts.at(-1)).toEqual({ world: 'test', outcome: 'held', waitsFor: 'undecided' });

    expect(await decide(one.id, true)).toMatchObject({ decision: 'approved', held: false, reasons: [] });
    expect(await decide(two.id, false)).toMatchObject({
      decision: 'rejected',
      reasons: ['UNDECIDED', 'REVIEW_REFUSED'],
    });
    expect(ended.map(({ decision }) => decision)).toEqual(['approved', 'rejected']);
    expect(await sessions.finalizeByToken(one.token)).toMatchObject({ passed: true, decision: 'approved' });
  });

  test('show their pictures to who decides, once a person agreed to that, and until the decision', async () => {
    const picture = (id: string, index: number) => sessions.picture(realm(), id, index, { actor: operator });
    const kept = async (id: string) =>
      (
        await engine.db
          .selectFrom('live_session')
          .select('pictures_sealed')
          .where('id', '=', id)
          .executeTakeFirstOrThrow()
      ).pictures_sealed;
    const one = await begin();
    const { page } = await sessions.describe(one.token);
    expect(page.consent.version).toBe(`${consent.version}-pictures-1`);
    expect(page.consent.text.en.at(-1)).toContain('one picture of each movement is kept, encrypted');
    expect(page.consent.retention.en).not.toContain('No picture');
    expect(page.consent.retention.de).not.toContain('nicht aufbewahrt');
    await look(one.token, 2);
    expect((await find(one.id)).pictures).toBeUndefined();
    await look(one.token);
    const { pictures } = await find(one.id);
    expect(pictures).toEqual(['hold-still', 'hold-still', 'hold-still']);
    const shown = await Promise.all(pictures!.map((_, index) => picture(one.id, index)));
    expect(new Set(shown.map((jpeg) => jpegSize(jpeg)?.width))).toEqual(new Set([640]));
    expect(new Set(shown.map((jpeg) => Buffer.from(jpeg).toString('hex'))).size).toBe(3);
    // Sealed: no byte of a frame lies plain.
    expect(Buffer.from((await kept(one.id))!).includes(Buffer.from(shown[0]!))).toBe(false);
    const lines = await engine.db
      .selectFrom('audit')
      .select('action')
      .where('action', '=', 'session.picture')
      .execute();
    expect(lines).toHaveLength(3);
    await decide(one.id, false);
    expect(await kept(one.id)).toBeNull();
    expect(await codeOf(picture(one.id, 0))).toBe('NOT_FOUND');

    const late = await undecided();
    engine.advance(74 * hour);
    await sessions.expireDue();
    expect(await kept(late.id)).toBeNull();
  });

  test('keep no picture where the text of the page did not say so', async () => {
    challenges.script.undecided = 'refuse';
    const { id, token } = await begin();
    // The profile was changed since the person agreed.
    challenges.script.undecided = 'review';
    await look(token, 3);
    expect(await find(id)).toMatchObject({ held: true });
    expect((await find(id)).pictures).toBeUndefined();
  });

  test('are rejected when no person decides within 73 hours', async () => {
    const { id } = await undecided();
    engine.advance(74 * hour);
    await sessions.expireDue();
    expect(await find(id)).toMatchObject({
      decision: 'rejected',
      reasons: ['UNDECIDED', 'REVIEW_TIMED_OUT'],
    });
  });

  test('are approved where a later attempt passes', async () => {
    const { id, token } = await begin();
    await look(token);
    Object.assign(challenges.script, { passed: true, reasons: [] });
    await look(token);
    expect(await find(id)).toMatchObject({ decision: 'approved', attempts: 2, reasons: [] });
  });

  test('are rejected where the last attempt has another reason, or one more', async () => {
    for (const reasons of [['NOT_A_HEAD'], ['UNDECIDED', 'PRESENTATION'], []] satisfies ChallengeReason[][]) {
      const { id, token } = await begin();
      await look(token, 2);
      challenges.script.reasons = reasons;
      await look(token);
      expect(await find(id)).toMatchObject({ decision: 'rejected', reasons });
      challenges.script.reasons = ['UNDECIDED'];
    }
  });

  test('are rejected where the face is another person, and wait where it is the claimed one', async () => {
    await engine.subjects.enroll(
      realm(),
      { email: 'ada@example.com', embeddings: { 'a-net': direction('ada') }, quality: 1 },
      operator,
    );
    const match = { email: 'ada@example.com' };
    const { id } = await undecided({ match });
    expect(await find(id)).toMatchObject({ held: true, waitsFor: 'undecided', match: 'email' });
    // The face matched; that the person is alive is what a person decides.
    const events = await engine.db
      .selectFrom('outbox')
      .select('payload')
      .where('type', '=', 'verification.verified')
      .execute();
    expect(events.map(({ payload }) => JSON.parse(payload).assurance)).toEqual(['match-only']);
    const stored = await engine.db.selectFrom('verification').select('assurance').execute();
    expect(stored).toEqual([{ assurance: 'match-only' }]);
    expect(await decide(id, true)).toMatchObject({ decision: 'approved', reasons: [] });

    const other = await begin({ match });
    await look(other.token, 3, direction('ben'));
    expect(await find(other.id)).toMatchObject({
      decision: 'rejected',
      reasons: ['UNDECIDED', 'NOT_RECOGNIZED'],
    });
  });

  test('count the person in the scope when a person has decided', async () => {
    const uniqueness = { policy: 'block' as const, scope: 'lisbon' };
    const { id } = await undecided({ uniqueness, subjectRef: 'one' });
    expect(await decide(id, true)).toMatchObject({ decision: 'approved', counted: { outcome: 'new' } });
  });

  test('name every reason, where the camera is suspect too', async () => {
    challenges.script.suspectCamera = 'review';
    challenges.script.evidence = [
      { kind: 'camera', maturity: 'experimental', details: { suspect: true, signal: 'virtual-camera' } },
    ];
    const { id } = await undecided();
    expect(await find(id)).toMatchObject({ waitsFor: 'undecided', reasons: ['UNDECIDED', 'SUSPECT_CAMERA'] });
    expect(await decide(id, true)).toMatchObject({ decision: 'approved', reasons: [] });
  });

  test('are rejected as a proof of presence, which waits for no person', async () => {
    const { id } = await undecided({ flow: 'presence' });
    expect(await find(id)).toMatchObject({ decision: 'rejected', reasons: ['UNDECIDED'] });
  });

  test('wait at once at a kiosk, where the clerk decides', async () => {
    const { id, token } = await begin({ actor: kiosk });
    await look(token);
    expect(await find(id)).toMatchObject({
      held: true,
      waitsFor: 'undecided',
      attempts: 1,
      source: 'kiosk',
      reasons: ['UNDECIDED'],
    });
  });
});
