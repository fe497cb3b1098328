import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { httpbis } from 'http-message-signatures';
import { afterEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { personWindow } from '../../../../test/support/behavior-windows.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { type EventsOut, openEventsOut } from '../../../../test/support/events-out.ts';
import type { KeyId, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { SessionData } from '../session-data.ts';
import { insertVerdict, type NewVerdict } from './verdict-store.ts';
import type { Verdicts } from './verdicts.ts';

const DAY = 86_400_000;
let engine: Engine;
let out: EventsOut;
let verdicts: Verdicts;

mostlyOnSqlite('verdicts', (newLocation, _, { test }) => {
  const open = async () => {
    engine = await startEngine({ location: await newLocation() });
    out = await openEventsOut(engine);
    verdicts = out.verdicts;
  };
  afterEach(async () => {
    await verdicts.settled();
    await engine.stop();
  });

  const realm = (world: 'live' | 'test' = 'live') => ({ organization: engine.organization, world });
  const caller = () => ({ ...realm(), lineage: 'key_1', key: 'key_1' as KeyId });
  const addWebhook = async () => {
    await out.grants.add(engine.organization, 'hooks.example.org', 'for tests', operator);
    return out.webhooks.add(
      realm(),
      { family: 'behavior', url: 'https://hooks.example.org/', lineage: 'key_1' },
      operator,
    );
  };
  const rowsOf = (table: 'behavior_verdict' | 'behavior_window' | 'outbox') =>
    engine.db.selectFrom(table).selectAll().execute();

  test('an answered verdict is stored without the user and without the token', async () => {
    await open();
    const answer = await verdicts.verify(caller(), { userId: 'user_123', data: personWindow() });
    expect(answer).toMatchObject({
      human: true,
      token: expect.stringMatching(/^h_verified_[A-Za-z0-9]{22}$/),
      agent: { is_agent: false },
    });
    expect(JSON.stringify([await rowsOf('behavior_verdict'), await rowsOf('outbox')])).not.toMatch(
      new RegExp(`user_123|${answer.token}`),
    );
    expect(await verdicts.tokenOf(realm(), answer.token)).toMatchObject({
      kind: 'verified',
      userHash: verdicts.userHashOf(realm(), 'user_123'),
      lineage: 'key_1',
      human: true,
      score: answer.score,
      expiresAt: engine.clock.now() + DAY,
    });
  });

  test('the hash of a user differs by organization, world and every letter', async () => {
    await open();
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const hashes = [
      verdicts.userHashOf(realm(), 'user'),
      verdicts.userHashOf(realm(), 'User'),
      verdicts.userHashOf(realm(), ' user'),
      verdicts.userHashOf(realm('test'), 'user'),
      verdicts.userHashOf({ organization: other, world: 'live' }, 'user'),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('a user may be asked about ten times a minute; of the id every character counts', async () => {
    await open();
    const ask = (userId: string) =>
      verdicts.verify(caller(), { userId }).then(
        () => 'answered',
        (problem: Problem) => problem.code,
      );
    for (const userId of ['User_A', 'user_a', ' user_a']) {
      for (let i = 0; i < 10; i++) expect(await ask(userId)).toBe('answered');
      expect(await ask(userId)).toBe('USER_FLOOD_DETECTED');
    }
  });

  test('a token counts in its organization and world, until it has run out, and as it was written', async () => {
    await open();
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const { token } = await verdicts.verify(caller(), { userId: 'u' });
    expect(await verdicts.tokenOf(realm('test'), token)).toBeUndefined();
    expect(await verdicts.tokenOf({ organization: other, world: 'live' }, token)).toBeUndefined();
    expect(await verdicts.tokenOf(realm(), `${token}x`)).toBeUndefined();
    await engine.db.updateTable('behavior_verdict').set({ human: 1, confidence: 0.98 }).execute();
    expect(await verdicts.tokenOf(realm(), token)).toBeUndefined();
    await engine.db.updateTable('behavior_verdict').set({ human: 0, confidence: 0.49 }).execute();
    expect(await verdicts.tokenOf(realm(), token)).toMatchObject({ human: false, score: 49 });
    engine.advance(DAY);
    expect(await verdicts.tokenOf(realm(), token)).toBeUndefined();
  });

  test('a token that version 0.1.1 stored counts until it has run out', async () => {
    await open();
    const { token } = await verdicts.verify(caller(), { userId: 'u' });
    const older: NewVerdict = {
      id: 'vrd_1',
      tokenHash: createHash('sha256').update(token).digest('hex'),
      ...realm(),
      lineage: 'key_1',
      kind: 'verified',
      userHash: 'hash',
      evidence: 0,
      finding: { human: true, confidence: 0.7, score: 70, notes: [] },
      judgedAt: engine.clock.now(),
      expiresAt: engine.clock.now() + DAY,
    };
    await engine.db.deleteFrom('behavior_verdict').execute();
    await engine.inTransaction((tx) => insertVerdict(tx, engine.integrity, older));
    expect(await verdicts.tokenOf(realm(), token)).toMatchObject({ tokenHash: older.tokenHash, score: 70 });
    engine.advance(DAY);
    expect(await verdicts.tokenOf(realm(), token)).toBeUndefined();
  });

  test('the server of the caller asks whether a token counts, for which user', async () => {
    await open();
    const { token } = await verdicts.verify(caller(), { userId: 'user_123' });
    const check = (userId?: string, text = token) => verdicts.checkToken(realm(), text, userId);
    expect(await check()).toMatchObject({ valid: true, record: { human: false } });
    expect(await check('user_123')).toMatchObject({ valid: true });
    expect(await check('USER_123')).toEqual({ valid: false, reason: 'wrong_user' });
    expect(await check(undefined, 'h_verified_0000000000000000000000')).toEqual({
      valid: false,
      reason: 'unknown',
    });
    engine.advance(DAY);
    expect(await check('user_123')).toEqual({ valid: false, reason: 'unknown' });
  });

  it('a window that comes again is a copy, also of another user and while the first is under way', async () => {
    await open();
    const first = personWindow({ sid: 'a'.repeat(20) });
    const copy = personWindow({ sid: 'b'.repeat(20) });
    const notes = async (data = copy, userId = 'u2') =>
      (await verdicts.verify(caller(), { userId, data })).notes.includes('replayed_vector');
    const both = await Promise.all([notes(first, 'u1'), notes()]);
    expect(both.toSorted()).toEqual([false, true]);
    expect(await notes()).toBe(true);
    expect(await rowsOf('behavior_window')).toHaveLength(1);
    // In the other world nothing was seen.
    const elsewhere = await verdicts.verify({ ...caller(), world: 'test' }, { userId: 'u', data: copy });
    expect(elsewhere.notes).not.toContain('replayed_vector');
    expect(await verdicts.commit((tx) => verdicts.judge(tx, realm(), copy))).toMatchObject({
      human: false,
    });
  });

  it('of twenty copies that come together, before and after a start, one is the first', async () => {
    await open();
    const isCopy = async (n: number, sid: string) => {
      const data = personWindow({ sid: sid.repeat(20), key: { hold: 90 + Math.floor(n / 20) } });
      const { notes } = await verdicts.verify(caller(), { userId: `user ${n}`, data });
      return notes.includes('replayed_vector');
    };
    for (const first of [0, 20]) {
      const copies = await Promise.all(
        Array.from({ length: 20 }, (_, i) => isCopy(first + i, 'abcdefghijklmnopqrst'[i]!)),
      );
      expect(copies.filter((copy) => !copy)).toHaveLength(1);
      await verdicts.settled();
      out = await openEventsOut(engine);
      verdicts = out.verdicts;
      expect(await isCopy(first + 1, 'z')).toBe(true);
    }
  });

  it('copies that come together are held against the first sight, not against each other', async () => {
    await open();
    const vector = (sid: string, seq: number, upMs: number) =>
      personWindow({ sid: sid.repeat(20), seq, upMs });
    await verdicts.verify(caller(), { userId: 'u1', data: vector('a', 3, 40_000) });
    // Alone, a page may ask twice within one window.
    const copies = await Promise.all(
      [vector('b', 3, 40_000), vector('b', 4, 40_500)].map(async (data) => {
        const { notes } = await verdicts.verify(caller(), { userId: 'u2', data });
        return notes.includes('replayed_vector');
      }),
    );
    expect(copies).toEqual([true, true]);
    const seen = await verdicts.commit((tx) => verdicts.judge(tx, realm(), vector('c', 4, 40_500)));
    expect(seen.notes).toContain('replayed_vector');
  });

  test('a window of a heartbeat counts as seen, and one whose transaction was undone does not', async () => {
    await open();
    const data = personWindow({ sid: 'a'.repeat(20) });
    const copy = { ...data, sid: 'b'.repeat(20) };
    const judge = (window: SessionData) => (tx: Tx) => verdicts.judge(tx, realm(), window);
    const undone = engine.inTransaction(async (tx) => {
      await judge(data)(tx);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect((await engine.inTransaction(judge(copy))).notes).not.toContain('replayed_vector');
    const answer = await verdicts.verify(caller(), { userId: 'u', data });
    expect(answer.notes).toContain('replayed_vector');
  });

  test('the windows of a page have to follow from each other', async () => {
    await open();
    const page = (seq: number, upMs: number, hold: number) =>
      personWindow({ sid: 'sid-of-one-page-only', seq, upMs, key: { hold } });
    const notes = async (data: SessionData) =>
      (await verdicts.verify(caller(), { userId: 'u', data })).notes.includes('impossible_signals');
    expect(await notes(page(3, 40_000, 90))).toBe(false);
    engine.advance(30_000);
    expect(await notes(page(4, 70_000, 91))).toBe(false);
    engine.advance(1_000);
    expect(await notes(page(5, 900_000, 92))).toBe(true);
    const judged = await verdicts.commit((tx) => verdicts.judge(tx, realm(), page(6, 20_000, 93)));
    expect(judged.notes).toContain('impossible_signals');
    expect(await notes(page(5, 71_000, 94))).toBe(false);
    const other = await verdicts.verify(
      { ...caller(), world: 'test' },
      { userId: 'u', data: page(6, 2e6, 95) },
    );
    expect(other.notes).not.toContain('impossible_signals');
  });

  test('the event goes to a webhook that takes it, with the id of the user; without one nothing is kept', async () => {
    await open();
    await verdicts.verify(caller(), { userId: 'without a receiver' });
    expect(await rowsOf('outbox')).toEqual([]);
    await addWebhook();
    const { token } = await verdicts.verify(caller(), { userId: 'user_123', data: personWindow() });
    const [event] = await rowsOf('outbox');
    expect(event).toMatchObject({ type: 'behavior.judged', world: 'live' });
    expect(JSON.parse(event!.payload as string)).toEqual({ human: true, confidence: expect.any(Number) });
    expect(JSON.stringify(event)).not.toMatch(new RegExp(`user_123|${token}`));
    expect(await out.relay()).toBe(1);
    const deliveries = await engine.db.selectFrom('delivery').select('event_name').execute();
    expect(deliveries).toEqual([{ event_name: 'behavior.human.verified' }]);
  });

  test('a change of another feature writes its token with it, or nothing', async () => {
    await open();
    const issue = {
      caller: caller(),
      kind: 'challenge' as const,
      userHash: verdicts.userHashOf(realm(), 'u'),
      human: true,
      confidence: 0.7,
      notes: ['challenge_passed'],
    };
    const { token } = await engine.inTransaction((tx) => verdicts.issue(tx, issue));
    expect(await verdicts.tokenOf(realm(), token)).toMatchObject({ kind: 'challenge', score: 70 });
    let lost = '';
    const undone = verdicts.commit(async (tx) => {
      lost = (await verdicts.issue(tx, issue)).token;
      throw new Problem('CONFLICT', 'Not now.');
    });
    const beside = verdicts.verify(caller(), { userId: 'beside' });
    await expect(undone).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await verdicts.tokenOf(realm(), lost)).toBeUndefined();
    expect(await verdicts.tokenOf(realm(), (await beside).token)).toMatchObject({
      kind: 'verified',
      human: false,
    });
  });

  test('an agent that signs its request is one, whatever its window says', async () => {
    await open();
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { x = '' } = publicKey.export({ format: 'jwk' });
    await engine.behaviorSettings.set(
      engine.organization,
      { agents: [{ name: 'Shopper', keys: [x] }] },
      operator,
    );
    const at = engine.clock.now();
    const keyid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
    const signed = (await httpbis.signMessage(
      {
        key: { id: keyid, alg: 'ed25519', sign: async (data) => sign(null, data, privateKey) },
        fields: ['@authority', '@method', '@path'],
        params: ['created', 'expires', 'keyid', 'nonce', 'tag'],
        paramValues: { created: new Date(at), expires: new Date(2 ** 41), nonce: 'n', tag: 'web-bot-auth' },
      },
      { method: 'POST', url: 'https://box.example/api/v1/verify', headers: {} },
    )) as Parameters<typeof verdicts.verify>[1]['signed'] & {};
    expect(await verdicts.verify(caller(), { userId: 'u', data: personWindow(), signed })).toMatchObject({
      human: false,
      agent: { is_agent: true, agent_confidence: 1, signals: ['declared', 'agent:Shopper'] },
    });
    const again = await verdicts.verify(caller(), { userId: 'u', signed });
    expect(again.agent).toBeUndefined();
  });

  test('at most ten a minute about one user, and sixty from one address of a page', async () => {
    await open();
    for (let i = 0; i < 10; i++) await verdicts.verify(caller(), { userId: 'u' });
    await expect(verdicts.verify(caller(), { userId: 'u' })).rejects.toMatchObject({
      code: 'USER_FLOOD_DETECTED',
      extra: { retryAfterSeconds: expect.any(Number) },
    });
    const from = (source: string, i: number) => verdicts.verify(caller(), { userId: `user ${i}`, source });
    for (let i = 0; i < 60; i++) await from('192.0.2.1', i);
    await expect(from('192.0.2.1', 60)).rejects.toMatchObject({ code: 'USER_FLOOD_DETECTED' });
    await from('192.0.2.2', 60);
  });

  test('the audit log has one line for each key and quarter of a second', async () => {
    await open();
    await verdicts.verify(caller(), { userId: 'a', data: personWindow() });
    await verdicts.verify(caller(), { userId: 'b' });
    await verdicts.settled();
    const lines = await engine.db
      .selectFrom('audit')
      .select(['actor', 'details'])
      .where('action', '=', 'behavior.verify')
      .execute();
    expect(lines.map(({ actor, details }) => [actor, JSON.parse(details)])).toEqual([
      ['key:key_1', { world: 'live', verdicts: 2, human: 1, agents: 0 }],
    ]);
  });

  it('lists and counts for the console; a sweep removes what is over', async () => {
    await open();
    await verdicts.verify(caller(), { userId: 'a', data: personWindow() });
    await verdicts.verify(caller(), { userId: 'b' });
    await verdicts.verify(caller(), { userId: 'c' });
    const listed = await verdicts.recent(realm(), { limit: 2 });
    expect(listed.map(({ score }) => score)).toEqual([49, 49]);
    const rest = await verdicts.recent(realm(), { limit: 2, before: listed[1]!.id });
    expect(rest).toMatchObject([{ human: true, kind: 'verified', parts: { rules: [] } }]);
    expect(await verdicts.recent(realm('test'), { limit: 2 })).toEqual([]);
    const counted = await verdicts.distribution(realm(), engine.clock.now());
    expect(counted).toEqual([
      { score: 49, verdicts: 2, agents: 0 },
      { score: rest[0]!.score, verdicts: 1, agents: 0 },
    ]);
    await verdicts.sweep();
    expect(await rowsOf('behavior_verdict')).toHaveLength(3);
    engine.advance(DAY);
    await verdicts.sweep();
    expect(await rowsOf('behavior_verdict')).toEqual([]);
    expect(await rowsOf('behavior_window')).toHaveLength(1);
    engine.advance(7 * DAY);
    await verdicts.sweep();
    expect(await rowsOf('behavior_window')).toEqual([]);
    expect(await verdicts.distribution(realm(), 0)).toHaveLength(2);
  });

  test('the lifetime of tokens is a setting of the organization', async () => {
    await open();
    const set = engine.behaviorSettings.set;
    await set(engine.organization, { tokenHours: 1 }, operator);
    const { token } = await verdicts.verify(caller(), { userId: 'u' });
    engine.advance(3_600_000 - 1);
    expect(await verdicts.tokenOf(realm(), token)).toMatchObject({ kind: 'verified', confidence: 0.49 });
    engine.advance(1);
    expect(await verdicts.tokenOf(realm(), token)).toBeUndefined();
    await expect(set('org_none' as OrganizationId, { tokenHours: 1 }, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(set(engine.organization, {}, operator)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
