import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import {
  emptyWindow,
  personWindow,
  programWindow,
  type WindowChanges,
} from '../../../../test/support/behavior-windows.ts';
import { type Engine, startEngine } from '../../../../test/support/engine.ts';
import { defined } from '../../../lib/defined.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { judgeBehavior } from '../judge.ts';
import type { SessionData } from '../session-data.ts';
import type { Verdicts } from '../verdicts/verdicts.ts';
import { deleteHeartbeatsOf } from './heartbeat-store.ts';
import { createHeartbeats, type Heartbeats } from './heartbeats.ts';

const day = 86_400_000;
type Token = NonNullable<Awaited<ReturnType<Verdicts['tokenOf']>>>;
let engine: Engine;
let heartbeats: Heartbeats;
let caller: { organization: OrganizationId; world: 'live' | 'test'; lineage: string };
let tokens: Map<string, Token>;
let announced: Parameters<Verdicts['announce']>[1][];
let failing: boolean;

const userHashOf: Verdicts['userHashOf'] = ({ organization, world }, userId) =>
  `${organization}/${world}/${userId}`;

const start = () =>
  createHeartbeats({
    ...engine,
    verdicts: {
      userHashOf,
      commit: engine.inTransaction,
      declaredBy: async (_, signed) => (signed ? { name: signed.url } : undefined),
      judge: async (_, __, data, known) => judgeBehavior(data, defined({ ...known })),
      tokenOf: async ({ organization, world }, token) => {
        const found = tokens.get(`${organization}/${world}/${token}`);
        return found && found.expiresAt > engine.clock.now() ? found : undefined;
      },
      announce: async (_, one) => {
        if (failing) throw new Error('the disk is full');
        announced.push(one);
      },
    },
  });

function give(token: string, score: number, userId = 'user_1') {
  tokens.set(`${caller.organization}/${caller.world}/${token}`, {
    tokenHash: `hash of ${token}`,
    kind: 'verified',
    userHash: userHashOf(caller, userId),
    lineage: caller.lineage,
    human: score >= 50,
    score,
    confidence: score / 100,
    issuedAt: engine.clock.now(),
    expiresAt: engine.clock.now() + day,
  });
}

const beat = (data?: SessionData, sessionToken = 'h_verified_1', userId = 'user_1') =>
  heartbeats.beat(caller, { userId, sessionToken, ...(data && { data }) });
async function beats(...windows: (SessionData | undefined)[]) {
  const answers = [];
  for (const one of windows) {
    engine.advance(30_000);
    answers.push(await beat(one));
  }
  return answers;
}
const refused = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error) => error.code ?? error,
  );
/** Another person's way of typing. */
const eve: WindowChanges = { key: { hold: 62, holdP10: 48, dd: 290, roll: 0.01 } };

mostlyOnSqlite('heartbeats', (newLocation, _, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    caller = { organization: engine.organization, world: 'live', lineage: 'key_1' };
    tokens = new Map();
    announced = [];
    failing = false;
    heartbeats = start();
    give('h_verified_1', 71);
  });
  afterEach(() => engine.stop());

  test('a person goes on: the score of the session beside that of the verification', async () => {
    expect(await beats(personWindow())).toEqual([
      {
        score: 71,
        confidence: 0.71,
        baseline: 71,
        delta: 0,
        anomaly: false,
        action: 'allow',
        notes: ['organic_typing', 'rules_only'],
      },
    ]);
    expect(announced).toEqual([]);
  });

  test('a reader who touches nothing keeps the score, with and without signals', async () => {
    const answers = await beats(personWindow(), undefined, emptyWindow(), undefined);
    expect(answers.map(({ score, anomaly }) => [score, anomaly])).toEqual(Array(4).fill([71, false]));
    expect(answers.at(-1)!.notes).toEqual(['insufficient_data']);
  });

  test('a program takes over: blocked at once, reported once, and the person who returns too', async () => {
    const answers = await beats(personWindow(), personWindow(), programWindow(), programWindow());
    expect(answers.map(({ action }) => action)).toEqual(['allow', 'allow', 'block', 'block']);
    expect(answers[2]).toMatchObject({
      baseline: 71,
      anomaly: true,
      notes: expect.arrayContaining(['bot_typing']),
    });
    expect(answers[2]!.delta).toBe(answers[2]!.score - 71);
    const { organization, world } = caller;
    const event = { caller: { organization, world }, reference: 'user_1', token: 'h_verified_1' };
    expect(announced).toEqual([{ ...event, human: false, confidence: answers[2]!.confidence }]);
    await beats(...Array.from({ length: 12 }, () => personWindow()));
    expect(announced.map(({ human }) => human)).toEqual([false, true]);
  });

  test('a person is reported with a window of a person alone: heartbeats without data say nothing', async () => {
    await beats(programWindow(), ...Array.from({ length: 6 }, () => undefined));
    expect(announced.map(({ human }) => human)).toEqual([false]);
  });

  test('what the verification itself has reported is not reported again, and its turn is', async () => {
    give('h_verified_2', 49);
    const next = (data?: SessionData) => {
      engine.advance(30_000);
      return beat(data, 'h_verified_2');
    };
    expect(await next(programWindow())).toMatchObject({ action: 'block' });
    expect(announced).toEqual([]);
    for (let i = 0; i < 8; i++) await next(personWindow());
    expect(announced.map(({ human }) => human)).toEqual([true]);
  });

  test('another person’s rhythm after a while: flagged with its note, never blocked', async () => {
    const ada = Array.from({ length: 5 }, (_, i) => personWindow({ key: { hold: 90 + 3 * i } }));
    const before = await beats(...ada);
    expect(before.every(({ action }) => action === 'allow')).toBe(true);
    const after = await beats(...Array.from({ length: 4 }, () => personWindow(eve)));
    expect(after[0]!.action).toBe('allow');
    expect(after.at(-1)).toMatchObject({
      score: 42,
      delta: -29,
      anomaly: true,
      action: 'flag',
      baseline: 71,
    });
    expect(after.at(-1)!.notes).toContain('changed_rhythm');
  });

  test('a verification that knew little leaves no room for a flag: the note alone', async () => {
    give('h_verified_1', 50);
    await beats(...Array.from({ length: 5 }, () => personWindow()));
    const after = await beats(...Array.from({ length: 4 }, () => personWindow(eve)));
    expect(after.at(-1)).toMatchObject({ anomaly: false, action: 'allow', baseline: 50 });
    expect(after.at(-1)!.notes).toContain('changed_rhythm');
  });

  test('the session goes on over a restart of the box and a reload of the page', async () => {
    await beats(...Array.from({ length: 4 }, () => personWindow()));
    heartbeats = start();
    const reloaded = personWindow({ ...eve, sid: 'sid-of-the-page-reloaded', seq: 0 });
    const after = await beats(reloaded, reloaded, reloaded, reloaded);
    expect(after.at(-1)!.notes).toContain('changed_rhythm');
  });

  test('windows that do not follow from each other block, also after a restart; a reload does not', async () => {
    const page = (seq: number, upMs: number) => personWindow({ sid: 'sid-of-one-page-only', seq, upMs });
    expect((await beats(page(3, 40_000), page(4, 70_000))).map(({ action }) => action)).toEqual([
      ...['allow', 'allow'],
    ]);
    heartbeats = start();
    const [jump, back] = await beats(page(5, 900_000), page(6, 50_000));
    for (const one of [jump, back])
      expect(one).toMatchObject({
        action: 'block',
        anomaly: true,
        notes: expect.arrayContaining(['impossible_signals']),
      });
    const [reloaded] = await beats(personWindow({ sid: 'sid-of-the-page-reloaded', seq: 0, upMs: 31_000 }));
    expect(reloaded!.notes).not.toContain('impossible_signals');
  });

  test('a token that has run out, that is unknown, another user’s, another world’s: one answer', async () => {
    expect(await refused(beat(undefined, 'h_verified_2'))).toBe('SESSION_EXPIRED');
    expect(await refused(beat(undefined, 'h_verified_1', 'user_2'))).toBe('SESSION_EXPIRED');
    for (const other of [
      { ...caller, world: 'test' as const },
      { ...caller, organization: 'org_other' as OrganizationId },
    ])
      expect(await refused(heartbeats.beat(other, { userId: 'user_1', sessionToken: 'h_verified_1' }))).toBe(
        'SESSION_EXPIRED',
      );
    expect(
      await refused(
        heartbeats.beat({ ...caller, lineage: 'key_2' }, { userId: 'user_1', sessionToken: 'h_verified_1' }),
      ),
    ).toBe('SESSION_KEY_MISMATCH');
    engine.advance(day);
    expect(await refused(beat())).toBe('SESSION_EXPIRED');
    expect(await engine.db.selectFrom('behavior_session').selectAll().execute()).toEqual([]);
  });

  test('a beat that an agent signed ends the session, whatever its window says', async () => {
    await beats(personWindow());
    const signed = { method: 'POST', url: 'Shopper', headers: {} };
    const order = { userId: 'user_1', sessionToken: 'h_verified_1', signed };
    for (const data of [personWindow(), undefined])
      expect(await heartbeats.beat(caller, { ...order, ...(data && { data }) })).toMatchObject({
        action: 'block',
        notes: expect.arrayContaining(['declared']),
      });
    expect(announced.at(-1)).toMatchObject({ human: false });
  });

  it('beats at once count one after the other', async () => {
    await Promise.all(Array.from({ length: 6 }, () => beat(personWindow())));
    const { state } = await engine.db
      .selectFrom('behavior_session')
      .select('state')
      .executeTakeFirstOrThrow();
    expect(JSON.parse(state)).toMatchObject({ beat: { beats: 6 } });
  });

  test('figures that another program wrote do not count', async () => {
    await beats(...Array.from({ length: 3 }, () => personWindow()));
    const { state } = await engine.db
      .selectFrom('behavior_session')
      .select('state')
      .executeTakeFirstOrThrow();
    const better = JSON.stringify({ ...JSON.parse(state), beat: { ...JSON.parse(state).beat, score: 100 } });
    await engine.db.updateTable('behavior_session').set({ state: better }).execute();
    expect((await beats(personWindow()))[0]!.score).toBe(71);
  });

  test('without its event a beat is not kept', async () => {
    await beats(personWindow());
    failing = true;
    await expect(beat(programWindow())).rejects.toThrow('full');
    failing = false;
    expect((await beats(personWindow()))[0]).toMatchObject({ action: 'allow' });
  });

  test('the table holds no user id and no token; a sweep removes it with its token', async () => {
    give('h_verified_1', 71, 'ada.lovelace@example.com');
    await beat(personWindow(), 'h_verified_1', 'ada.lovelace@example.com');
    const rows = JSON.stringify(await engine.db.selectFrom('behavior_session').selectAll().execute());
    expect(rows).not.toContain('ada.lovelace');
    expect(rows).not.toContain('"h_verified_1');
    await heartbeats.sweep();
    expect(await engine.db.selectFrom('behavior_session').select('token_hash').execute()).toHaveLength(1);
    engine.advance(day + 1);
    await heartbeats.sweep();
    expect(await engine.db.selectFrom('behavior_session').select('token_hash').execute()).toEqual([]);
  });

  test('an erased organization keeps none', async () => {
    await beats(personWindow());
    await engine.inTransaction((tx) => deleteHeartbeatsOf(tx, engine.organization));
    expect(await engine.db.selectFrom('behavior_session').select('token_hash').execute()).toEqual([]);
  });
});
