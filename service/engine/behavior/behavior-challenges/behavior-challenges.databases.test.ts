import { afterEach, beforeEach, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { solve as solveShown, wrongAnswer } from '../../../../test/support/behavior-challenges.ts';
import { type Engine, startEngine } from '../../../../test/support/engine.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import type { SessionData } from '../session-data.ts';
import type { SignedRequest } from '../verdicts/declared-agents.ts';
import type { Verdicts } from '../verdicts/verdicts.ts';
import { deleteChallengesOf } from './behavior-challenge-store.ts';
import { type BehaviorChallenges, createBehaviorChallenges } from './behavior-challenges.ts';
import type { OpenedChallenge } from './challenge.ts';

const second = 1_000;
const actor = { is: 'key', key: 'key_1' } as const;
let engine: Engine;
let challenges: BehaviorChallenges;
let caller: { organization: OrganizationId; world: 'live' | 'test'; lineage: string };
let challengePictures: boolean;
/** Log-odds of the signals. */
let signals: number;
let issued: Parameters<Verdicts['issue']>[1][];
/** The hash of a user whose verdicts cannot be written. */
let broken: string;

const start = (): BehaviorChallenges =>
  createBehaviorChallenges({
    ...engine,
    pictures: {
      label: async (name) => `data:image/webp;base64,${name}`,
      route: async () => 'data:image/webp;base64,',
    },
    behaviorSettings: { get: async () => ({ challengePictures }) as never },
    verdicts: {
      userHashOf: ({ organization, world }, userId) => `${organization}/${world}/${userId}`,
      declaredBy: async (_, signed) => signed && { name: signed.url },
      judge: async (_, __, ___, known) =>
        ({
          confidence: known?.declared ? 0.02 : 1 / (1 + Math.exp(-signals)),
          notes: known?.declared ? ['declared'] : signals < 0 ? ['teleport_clicks'] : ['organic_mouse'],
        }) as never,
      issue: async (_, one) => {
        if (one.userHash === broken) throw new Error('The key store holds no key.');
        issued.push(one);
        return { token: `h_challenge_${issued.length}`, expiresAt: engine.clock.now() + 86_400_000 };
      },
    },
  });

const create = (userId = 'user_1', accessible = false) => challenges.create(caller, { userId, accessible });
const answer = (
  challenge: string,
  given: string,
  more: { data?: SessionData; userId?: string; signed?: SignedRequest } = {},
) => challenges.answer(caller, { challenge, answer: given, ...more }, actor);
const solve = ({ shown }: OpenedChallenge) => solveShown(shown);
const wrong = ({ shown }: OpenedChallenge) => wrongAnswer(shown);
const refused = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error) => error.code ?? error,
  );
const lines = async () =>
  (await engine.db.selectFrom('audit').select(['action', 'target']).orderBy('seq').execute()).filter(
    ({ action }) => action.startsWith('behavior-challenge'),
  );
const data = { counts: { down: 1, touch: 0, keyDown: 0 } } as SessionData;

mostlyOnSqlite('behavior challenges', (newLocation, _, { test }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    caller = { organization: engine.organization, world: 'live', lineage: 'key_1' };
    challengePictures = false;
    signals = 0.5;
    issued = [];
    broken = '';
    challenges = start();
  });
  afterEach(() => engine.stop());

  test('the right answer gives a token of a human, once; the audit log names it', async () => {
    const one = await create();
    engine.advance(3 * second);
    expect(await answer(one.id, solve(one), { data })).toEqual({ is: 'passed', token: 'h_challenge_1' });
    expect(issued).toEqual([
      {
        caller,
        kind: 'challenge',
        userHash: `${caller.organization}/live/user_1`,
        reference: 'user_1',
        confidence: 0.79,
        human: true,
        notes: ['organic_mouse', 'challenge'],
      },
    ]);
    expect(await refused(answer(one.id, solve(one)))).toBe('SESSION_EXPIRED');
    expect(await lines()).toEqual([{ action: 'behavior-challenge.pass', target: one.id }]);
  });

  test('three wrong answers end it; the third is reported as a bot', async () => {
    const one = await create();
    const results = [];
    for (let i = 0; i < 3; i++) {
      engine.advance(second);
      results.push(await answer(one.id, wrong(one)));
    }
    expect(results).toEqual(
      [2, 1, 0].map((attemptsRemaining) => ({ is: 'refused', why: 'wrong', attemptsRemaining })),
    );
    expect(await refused(answer(one.id, solve(one)))).toBe('SESSION_EXPIRED');
    expect(issued.map(({ human, confidence }) => ({ human, confidence }))).toEqual([
      { human: false, confidence: 0.3 },
    ]);
    expect(await lines()).toEqual([{ action: 'behavior-challenge.fail', target: one.id }]);
  });

  it('of many right answers at once one wins, and of many wrong ones three count', async () => {
    const one = await create();
    engine.advance(3 * second);
    const many = await Promise.all(Array.from({ length: 8 }, () => refused(answer(one.id, solve(one)))));
    expect(many.filter((result) => result === 'answered')).toHaveLength(1);
    expect(many.filter((result) => result === 'SESSION_EXPIRED')).toHaveLength(7);
    expect(issued).toHaveLength(1);
    const other = await create('user_2');
    engine.advance(3 * second);
    const guesses = await Promise.all(
      Array.from({ length: 8 }, () => refused(answer(other.id, wrong(other)))),
    );
    expect(guesses.filter((result) => result === 'answered')).toHaveLength(3);
  });

  test('a right answer with the signals of a program is refused, uses an attempt and is reported', async () => {
    const one = await create();
    engine.advance(3 * second);
    signals = -3;
    expect(await answer(one.id, solve(one), { data })).toEqual({
      is: 'refused',
      why: 'not-human',
      attemptsRemaining: 2,
    });
    expect(issued).toEqual([
      expect.objectContaining({ human: false, confidence: 0.1, notes: ['teleport_clicks', 'challenge'] }),
    ]);
  });

  test('a right answer faster than a person reads is refused', async () => {
    const one = await create();
    engine.advance(200);
    expect(await answer(one.id, solve(one))).toMatchObject({ is: 'refused', why: 'not-human' });
  });

  test('it ends after 300 seconds, and when the clock goes back by more than seconds', async () => {
    const late = await create();
    engine.advance(300 * second);
    expect(await refused(answer(late.id, solve(late)))).toBe('SESSION_EXPIRED');
    const back = await create('user_2');
    engine.advance(-3_600 * second);
    expect(await refused(answer(back.id, solve(back)))).toBe('SESSION_EXPIRED');
  });

  test('it belongs to its key, organization, world and user; for others it is as one that is not there', async () => {
    const one = await create();
    engine.advance(3 * second);
    const given = { challenge: one.id, answer: solve(one) };
    const others = [
      { ...caller, lineage: 'key_2' },
      { ...caller, world: 'test' as const },
      { ...caller, organization: 'org_other' as OrganizationId },
    ];
    for (const other of others)
      expect(await refused(challenges.answer(other, given, actor))).toBe('NOT_FOUND');
    expect(await refused(answer(one.id, solve(one), { userId: 'user_2' }))).toBe('NOT_FOUND');
    expect(await refused(answer('ch_unknown', 't0'))).toBe('NOT_FOUND');
    expect(await answer(one.id, solve(one), { userId: 'user_1' })).toMatchObject({ is: 'passed' });
  });

  test('an answer of another challenge is wrong, and a writer of the database sets none', async () => {
    const [one, other] = [await create('user_1', true), await create('user_2', true)];
    engine.advance(3 * second);
    const { answer_mac } = await engine.db
      .selectFrom('behavior_challenge')
      .select('answer_mac')
      .where('id', '=', other.id)
      .executeTakeFirstOrThrow();
    await engine.db.updateTable('behavior_challenge').set({ answer_mac }).where('id', '=', one.id).execute();
    expect(await answer(one.id, solve(other))).toMatchObject({ is: 'refused' });
  });

  test('the table holds neither the user id nor the answer', async () => {
    const one = await create('ada.lovelace@example.com', true);
    const text = JSON.stringify(await engine.db.selectFrom('behavior_challenge').selectAll().execute());
    expect(text).not.toContain(solve(one));
    const stored = await engine.db.selectFrom('behavior_challenge').selectAll().executeTakeFirstOrThrow();
    expect(Object.keys(stored)).not.toContain('reference');
  });

  const twoKinds = new Set(['pattern', 'click_targets']);
  const patterns = new Set(['pattern']);
  const kinds = async (userId: string) => {
    const many = [];
    for (let i = 0; i < 16; i++) many.push((await create(userId)).shown.type);
    return new Set(many);
  };
  const targets = async (userId: string) => {
    for (;;) {
      const one = await create(userId);
      if (one.shown.type === 'click_targets') return one;
    }
  };
  const guess = async (one: OpenedChallenge, times: number) => {
    for (let i = 0; i < times; i++) await answer(one.id, wrong(one));
  };

  test('a person with two wrong answers gets patterns for an hour, and one with a wrong answer does not', async () => {
    await guess(await create(), 1);
    expect(await kinds('user_1')).toEqual(twoKinds);
    await guess(await create(), 1);
    expect(await kinds('user_1')).toEqual(patterns);
    expect(await kinds('user_2')).toEqual(twoKinds);
    engine.advance(3_601 * second);
    expect(await kinds('user_1')).toEqual(twoKinds);
  });

  test('a challenge that was left after two wrong answers counts, also where another one took its place', async () => {
    await guess(await create('user_1'), 2);
    expect(await kinds('user_1')).toEqual(patterns);
    const one = await create('user_2');
    await guess(one, 2);
    await challenges.create(caller, { replaces: one.id, accessible: true });
    expect(await kinds('user_2')).toEqual(patterns);
  });

  test('wrong answers before the right one do not count', async () => {
    for (let i = 0; i < 3; i++) {
      const one = await create();
      await guess(one, 1);
      engine.advance(3 * second);
      expect(await answer(one.id, solve(one))).toMatchObject({ is: 'passed' });
    }
    expect(await kinds('user_1')).toEqual(twoKinds);
  });

  it('everyone gets patterns while a key has twenty wrong answers in ten minutes', async () => {
    for (let i = 0; i < 19; i++) await guess(await create(`guest_${i}`), 1);
    expect(await kinds('user_2')).toEqual(twoKinds);
    await guess(await create('guest_0'), 1);
    expect(await kinds('user_2')).toEqual(patterns);
    expect(
      new Set(
        await Promise.all(
          Array.from({ length: 16 }, async () => {
            const other = { ...caller, lineage: 'key_2' };
            return (await challenges.create(other, { userId: 'user_2', accessible: false })).shown.type;
          }),
        ),
      ),
    ).toEqual(twoKinds);
    engine.advance(601 * second);
    expect(await kinds('user_2')).toEqual(twoKinds);
  });

  test('targets that were opened in advance take no answer once others were guessed at; patterns do', async () => {
    const [first, other, third] = [await targets('user_1'), await targets('user_1'), await targets('user_1')];
    let pattern = await create('user_1');
    while (pattern.shown.type !== 'pattern') pattern = await create('user_1');
    await guess(first, 2);
    expect(await refused(answer(other.id, solve(other)))).toBe('SESSION_EXPIRED');
    expect(await refused(answer(third.id, wrong(third)))).toBe('SESSION_EXPIRED');
    expect(await refused(answer(first.id, wrong(first)))).toBe('answered');
    engine.advance(3 * second);
    expect(await answer(pattern.id, solve(pattern))).toMatchObject({ is: 'passed' });
  });

  test('one that ends with wrong answers has failed, and is reported once, with the user id', async () => {
    const [left, untouched, passed] = [
      await create('user_1'),
      await create('user_2'),
      await create('user_3'),
    ];
    await guess(left, 2);
    engine.advance(3 * second);
    await answer(passed.id, solve(passed));
    issued = [];
    await challenges.expireDue();
    expect(issued).toEqual([]);
    engine.advance(300 * second);
    await challenges.expireDue();
    await challenges.expireDue();
    expect(issued).toEqual([
      {
        caller,
        kind: 'challenge',
        userHash: `${caller.organization}/live/user_1`,
        reference: 'user_1',
        confidence: 0.3,
        human: false,
        notes: ['challenge_failed'],
      },
    ]);
    const states = await engine.db
      .selectFrom('behavior_challenge')
      .select(['id', 'state'])
      .orderBy('id')
      .execute();
    expect(new Map(states.map(({ id, state }) => [id, state]))).toEqual(
      new Map([
        [left.id, 'failed'],
        [untouched.id, 'open'],
        [passed.id, 'passed'],
      ]),
    );
    expect(await lines()).toContainEqual({ action: 'behavior-challenge.fail', target: left.id });
    expect(await kinds('user_1')).toEqual(patterns);
  });

  test('after a restart the report of one that was left has no user id; one that was replaced is reported once', async () => {
    const [left, replaced] = [await create('user_1'), await create('user_2')];
    await guess(left, 1);
    await guess(replaced, 1);
    await challenges.create(caller, { replaces: replaced.id, accessible: true });
    challenges = start();
    engine.advance(301 * second);
    issued = [];
    await challenges.expireDue();
    expect(issued.map(({ userHash, reference }) => [userHash, reference])).toEqual([
      [`${caller.organization}/live/user_1`, undefined],
      [`${caller.organization}/live/user_2`, undefined],
    ]);
  });

  test('one that cannot be reported keeps no other from it, and is tried again', async () => {
    for (const user of ['user_1', 'user_2', 'user_3']) await guess(await create(user), 1);
    engine.advance(301 * second);
    issued = [];
    broken = `${caller.organization}/live/user_2`;
    await expect(challenges.expireDue()).rejects.toThrow('no key');
    expect(issued).toHaveLength(2);
    broken = '';
    await challenges.expireDue();
    expect(issued).toHaveLength(3);
  });

  test('the accessible form has the hint in words, also where pictures are chosen, and its token says so', async () => {
    challengePictures = true;
    for (let i = 0; i < 6; i++) {
      const { shown } = await create(`user_${i}`, true);
      expect(shown).toMatchObject({ type: 'pattern', hint: expect.stringMatching(/, then /) });
      expect(JSON.stringify((await create(`user_${i}`)).shown)).toContain('data:image/');
    }
    const one = await create('user_9', true);
    engine.advance(9 * second);
    await answer(one.id, solve(one));
    expect(issued.at(-1)).toMatchObject({
      human: true,
      notes: ['accessible_challenge'],
      asked: { accessible: true },
    });
    challengePictures = false;
    const plain = await create('user_10');
    engine.advance(9 * second);
    await answer(plain.id, solve(plain));
    expect(issued.at(-1)).not.toHaveProperty('asked');
  });

  test('an accessible one in the place of another takes over its user and its attempts, and ends it', async () => {
    const one = await create();
    await answer(one.id, wrong(one));
    await answer(one.id, wrong(one));
    const other = await challenges.create(caller, { replaces: one.id, accessible: true });
    expect(await refused(answer(one.id, solve(one)))).toBe('SESSION_EXPIRED');
    expect(await refused(challenges.create(caller, { replaces: one.id, accessible: true }))).toBe(
      'SESSION_EXPIRED',
    );
    expect(
      await refused(
        challenges.create({ ...caller, lineage: 'key_2' }, { replaces: other.id, accessible: true }),
      ),
    ).toBe('NOT_FOUND');
    expect(await refused(challenges.create(caller, { replaces: other.id, accessible: true }))).toBe(
      'CONFLICT',
    );
    expect(await answer(other.id, wrong(other))).toMatchObject({ attemptsRemaining: 0 });
    expect(issued.at(-1)).toMatchObject({
      userHash: `${caller.organization}/live/user_1`,
      reference: 'user_1',
    });
  });

  it('of many replacements at once one is made', async () => {
    const one = await create();
    const many = await Promise.all(
      Array.from({ length: 5 }, () =>
        refused(challenges.create(caller, { replaces: one.id, accessible: true })),
      ),
    );
    expect(many.filter((result) => result === 'answered')).toHaveLength(1);
  });

  test('after a restart it can be answered; the event then has no user id unless the answer names the user', async () => {
    const [one, other] = [await create(), await create('user_2')];
    engine.advance(3 * second);
    challenges = start();
    await answer(one.id, solve(one));
    await answer(other.id, solve(other), { userId: 'user_2' });
    expect(issued.map(({ reference }) => reference)).toEqual([undefined, 'user_2']);
  });

  test('the right answer of an agent that signs its request is no person’s, with signals or without', async () => {
    const signed = { method: 'POST', url: 'Shopper', headers: {} };
    for (const more of [{ signed }, { signed, data }]) {
      const one = await create();
      engine.advance(3 * second);
      expect(await answer(one.id, solve(one), more)).toMatchObject({ is: 'refused', why: 'not-human' });
      expect(issued.at(-1)).toMatchObject({ human: false, notes: expect.arrayContaining(['declared']) });
    }
  });

  test('a failure while the token is written leaves the challenge open', async () => {
    const one = await create();
    engine.advance(3 * second);
    const failing = createBehaviorChallenges({
      ...engine,
      pictures: { label: async () => '', route: async () => '' },
      behaviorSettings: { get: async () => ({ challengePictures }) as never },
      verdicts: {
        userHashOf: () => '',
        declaredBy: async () => undefined,
        judge: async () => ({}) as never,
        issue: async () => {
          throw new Error('the disk is full');
        },
      },
    });
    await expect(failing.answer(caller, { challenge: one.id, answer: solve(one) }, actor)).rejects.toThrow(
      'full',
    );
    expect(await answer(one.id, solve(one))).toMatchObject({ is: 'passed' });
  });

  test('a sweep removes those that ended an hour ago; an erased organization keeps none', async () => {
    const count = async () =>
      (await engine.db.selectFrom('behavior_challenge').select('id').execute()).length;
    await create();
    engine.advance(3_600 * second + 299 * second);
    await create();
    await challenges.sweep();
    expect(await count()).toBe(2);
    engine.advance(2 * second);
    await challenges.sweep();
    expect(await count()).toBe(1);
    await engine.inTransaction((tx) => deleteChallengesOf(tx, engine.organization));
    expect(await count()).toBe(0);
  });
});
