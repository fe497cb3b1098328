import { expect, test, vi } from 'vitest';
import { Refusal } from '../../ui/refusal.ts';
import type { LiveApi, NewBegin } from './api.ts';
import type { BehaviorReport } from './behavior.ts';
import type { Connection, ConnectionDeps } from './connection.ts';
import type { OpenerMessage } from './ending.ts';
import { createMemory } from './link.ts';
import { createLiveSession } from './live-session.ts';
import type { Description, Link, LiveState, Result } from './wire.ts';

const description: Description = {
  state: 'ready',
  flow: 'api',
  organization: { name: 'Nordlys Bank' },
  steps: 4,
  test: false,
  pathChoices: { flash: true, motion: true },
  consent: {
    version: 'gatehouse-live-1-none',
    text: { en: [], de: [] },
    retention: { en: '', de: '' },
    withdraw: { en: '', de: '' },
  },
  openerOrigins: ['https://shop.example'],
};

/** One page that another page opened; what it says to that page. */
function openPage(
  answers: Partial<LiveApi>,
  {
    link = { kind: 'session', token: 'capability' } as Link,
    kept = new Map<string, string>(),
    connect = (_: ConnectionDeps): Connection => {
      throw new Error('not asked here');
    },
    behavior = undefined as BehaviorReport | undefined,
  } = {},
) {
  const said: Omit<OpenerMessage, 'source'>[] = [];
  const refuse = async (): Promise<never> => {
    throw new Error('not asked here');
  };
  const session = createLiveSession({
    api: {
      begin: refuse,
      handover: refuse,
      accept: refuse,
      state: refuse,
      frames: refuse,
      behavior: refuse,
      finalize: refuse,
      deny: refuse,
      describe: async () => description,
      ...answers,
    },
    link,
    memory: createMemory(() => ({
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
    })),
    connect,
    ...(behavior && { behavior }),
    post: (_, message) => said.push(message),
  });
  return { session, said };
}

test('a person who ends the check before it began: the page that waits learns which session it was', async () => {
  const { session, said } = openPage({ deny: async () => ({ reference: 'sess_1' }) });
  await session.load();
  await session.leave();
  expect(session.view().stage.is).toBe('left');
  expect(said).toEqual([{ type: 'ready' }, { type: 'cancel', sessionId: 'sess_1' }]);
});

test('a person who ended the check is not shown what its connection reports later', async () => {
  let line: ConnectionDeps | undefined;
  const connect = (deps: ConnectionDeps): Connection => {
    line = deps;
    return { start: () => {}, send: () => true, close: () => {} };
  };
  const begin: LiveApi['begin'] = async () => ({ sessionId: 'sess_1', token: 'token_1' });
  const { session } = openPage({ begin, deny: async () => ({ reference: 'sess_1' }) }, { connect });
  await session.load();
  await session.agree({ path: { flash: true, motion: true }, language: 'de' });
  session.attempt({});
  await session.leave();
  line!.state(stateOf({ state: 'ended' }));
  line!.over('ended');
  expect(session.view().stage.is).toBe('left');
});

test('a check that was decided before the page opened: so it is with its result', async () => {
  const result = { passed: false, decision: 'rejected' as const, reference: 'sess_1' };
  const { session, said } = openPage({ describe: async () => ({ ...description, state: 'ended', result }) });
  await session.load();
  expect(said.at(-1)).toMatchObject({ type: 'result', sessionId: 'sess_1', decision: 'rejected' });
});

const rejected: Result = { passed: false, decision: 'rejected', reference: 'sess_1' };
const stateOf = (more: Partial<LiveState> = {}): LiveState => ({
  is: 'state',
  state: 'ready',
  attempt: 0,
  attemptsLeft: 3,
  ...more,
});
const path = { flash: true, motion: true };

/** A tab in which a person began, opened again when the session stands as `answers` say. */
async function openAgain(link: Link, answers: Partial<LiveApi>) {
  const kept = new Map<string, string>();
  const begun: unknown[] = [];
  const begin: LiveApi['begin'] = async ({ secret }) => {
    begun.push(secret);
    return { sessionId: `sess_${begun.length}`, token: `token_${begun.length}` };
  };
  const first = openPage({ begin }, { link, kept });
  await first.session.load();
  await first.session.agree({ path, language: 'de' });
  const { session } = openPage({ begin, ...answers }, { link, kept });
  await session.load();
  return { session, begun };
}

const flow: Link = { kind: 'flow', token: 'visitors' };
test.each([
  ['was decided', async () => stateOf({ state: 'decided', result: rejected })],
  [
    'waits for a reviewer',
    async () => stateOf({ state: 'decided', result: { ...rejected, decision: null } }),
  ],
  [
    'is no longer known',
    async () => {
      throw new Refusal(401, { code: 'MISSING_AUTH' });
    },
  ],
])('a published flow whose session %s begins anew in the same tab', async (_, state) => {
  const { session, begun } = await openAgain(flow, { state });
  expect(session.view()).toMatchObject({ stage: { is: 'consent' } });
  expect(session.view().reference).toBeUndefined();
  await session.agree({ path, language: 'de' });
  expect(new Set(begun).size).toBe(2);
  expect(session.view()).toMatchObject({ stage: { is: 'camera' }, reference: 'sess_2' });
});

test('a reload goes on with the session of a flow, and shows the result of any other link', async () => {
  const goesOn = await openAgain(flow, { state: async () => stateOf() });
  expect(goesOn.session.view()).toMatchObject({ stage: { is: 'camera' }, reference: 'sess_1' });
  const state = async () => stateOf({ state: 'decided', result: rejected });
  const over = await openAgain({ kind: 'hosted', token: 'once' }, { state });
  expect(over.session.view().stage).toEqual({ is: 'decided', result: rejected });
});

test.each([
  [
    'ended on the computer',
    stateOf({ state: 'ended', result: { ...rejected, decision: 'cancelled' } }),
    'decided',
  ],
  ['gone on with in another tab', stateOf({ state: 'running' }), 'trouble'],
] as const)('a connection that is taken away from a check that was %s', async (_, live, stage) => {
  let over: ConnectionDeps['over'] = () => {};
  const connect = (deps: ConnectionDeps): Connection => {
    over = deps.over;
    return { start: () => {}, send: () => true, close: () => {} };
  };
  const accept: LiveApi['accept'] = async () => ({ sessionId: 'sess_1', token: 'phone' });
  const asked: string[] = [];
  const state: LiveApi['state'] = async (token) => {
    asked.push(token);
    return live;
  };
  const { session } = openPage({ accept, state }, { link: { kind: 'handover', token: 'code' }, connect });
  await session.load();
  await session.pick('47');
  session.attempt({});
  over('taken');
  await expect.poll(() => session.view().stage.is).toBe(stage);
  expect(asked).toEqual(['phone']);
});

test.each([
  ['ended before its code was opened', 'finished'],
  ['ends while the numbers are shown', 'ready'],
] as const)('on the second device a check that %s is over, not gone on with elsewhere', async (_, state) => {
  const accept: LiveApi['accept'] = async () => {
    throw new Refusal(410, { code: 'SESSION_EXPIRED' });
  };
  const describe: LiveApi['describe'] = async () => ({ ...description, state });
  const { session } = openPage({ accept, describe }, { link: { kind: 'handover', token: 'code' } });
  await session.load();
  if (state === 'ready') await session.pick('47');
  expect(session.view().stage).toEqual({ is: 'trouble', what: 'finished' });
});

const begin: LiveApi['begin'] = async () => ({ sessionId: 'sess_1', token: 'token_1' });
const code = { url: 'https://box/verify/h/x', number: '47', expiresAt: 0 };

test.each([
  ['is refused', 0, 'consent', 'offline'],
  ['meets another text', 409, 'consent', 'changed'],
])('an agreement at a desk that %s stays where it is and says so', async (_, status, is, problem) => {
  let version = 'one';
  const { session } = openPage({
    async begin() {
      version = 'two';
      throw new Refusal(status, { code: 'REFUSED' });
    },
    describe: async () => ({ ...description, consent: { ...description.consent, version } }),
  });
  await session.load();
  await session.agree({ path, language: 'de' }, true);
  expect(session.view()).toMatchObject({ stage: { is }, problem, busy: false });
});

/** A box that begins a link for one use, and whose first answers are lost. */
function boxThatLoses(kind: Link['kind'], lost = 1) {
  const box = { secret: undefined as string | undefined, answers: 0, orders: [] as NewBegin[] };
  const api: Partial<LiveApi> = {
    async begin({ work: _, ...order }) {
      box.orders.push(order);
      box.secret ??= order.secret;
      if (box.secret !== order.secret) throw new Refusal(409, { code: 'CONFLICT' });
      if (++box.answers <= lost) throw new Refusal(0, { code: 'NO_ANSWER' });
      return { sessionId: 'sess_1', token: order.secret };
    },
    describe: async () => ({ ...description, state: box.secret ? 'taken' : 'ready' }),
  };
  return { box, api, link: { kind, token: 'once' } as Link, kept: new Map<string, string>() };
}

test.each(['session', 'hosted', 'presence', 'registration', 'flow'] as const)(
  'the answer to the agreement is lost (%s): the button sends the same again, and the check goes on',
  async (kind) => {
    const { box, api, ...tab } = boxThatLoses(kind);
    const { session } = openPage(api, tab);
    await session.load();
    await session.agree({ path, language: 'de' });
    expect(session.view()).toMatchObject({ stage: { is: 'consent' }, problem: 'offline', fixed: true });
    expect(JSON.stringify([...tab.kept.values()])).toContain(box.secret);
    await session.agree({ path, language: 'en' });
    expect(session.view()).toMatchObject({ stage: { is: 'camera' }, reference: 'sess_1', fixed: false });
    expect(box.orders[1]).toEqual(box.orders[0]);
    expect(box.secret).toMatch(/^[\w-]{43}$/);
  },
);

test('the answer to the agreement is lost, and the page is loaded again: the check goes on; in another tab it does not', async () => {
  const { box, api, ...tab } = boxThatLoses('hosted');
  const first = openPage(api, tab);
  await first.session.load();
  await first.session.agree({ path, language: 'de' });
  const stranger = openPage(api, { link: tab.link });
  await stranger.session.load();
  expect(stranger.session.view().stage).toEqual({ is: 'trouble', what: 'taken' });
  const again = openPage(api, tab);
  await again.session.load();
  expect(again.session.view()).toMatchObject({ stage: { is: 'camera' }, reference: 'sess_1' });
  expect(box.orders[1]).toEqual(box.orders[0]);
});

test('another browser was first: the page says so, and again after it is loaded again', async () => {
  const { box, api, ...tab } = boxThatLoses('hosted');
  const { session } = openPage(api, tab);
  await session.load();
  box.secret = 'of another browser';
  await session.agree({ path, language: 'de' });
  expect(session.view().stage).toEqual({ is: 'trouble', what: 'taken' });
  await session.load();
  expect(session.view().stage).toEqual({ is: 'trouble', what: 'taken' });
});

test('the answer to the agreement is lost, and the person gives up: what it began is called off', async () => {
  const { box, api, ...tab } = boxThatLoses('hosted');
  const deny: LiveApi['deny'] = async (_, token) => {
    if (token === undefined || token !== box.secret) throw new Refusal(409, { code: 'CONFLICT' });
    return { reference: 'sess_1' };
  };
  const { session } = openPage({ ...api, deny }, tab);
  await session.load();
  await session.agree({ path, language: 'de' });
  await session.leave();
  expect(session.view().stage).toEqual({ is: 'left', reference: 'sess_1' });
});

test('a desk: the phone is next, codes are renewed, and after the last one the page says so', async () => {
  let codes = 0;
  const { session } = openPage({
    begin,
    async handover() {
      if (++codes > 2) throw new Refusal(429, { code: 'BURST_LIMIT_EXCEEDED' });
      return { ...code, number: String(10 + codes) };
    },
  });
  await session.load();
  await session.agree({ path, language: 'de' }, true);
  expect(session.view()).toMatchObject({ stage: { is: 'phone' }, handover: { number: '11' } });
  await session.toPhone();
  expect(session.view()).toMatchObject({ stage: { is: 'phone' }, handover: { number: '12' } });
  await session.toPhone();
  expect(session.view()).toMatchObject({ stage: { is: 'phone' }, problem: 'codes', busy: false });
  session.toCamera();
});

test('a frame without the camera: the check goes on in another window, and the frame gets the result', async () => {
  vi.useFakeTimers();
  try {
    const states: Description[] = [
      ...[description, { ...description, state: 'taken' as const }],
      { ...description, state: 'ended', result: rejected },
    ];
    const asked: Link[] = [];
    const { session, said } = openPage({
      async describe(link) {
        asked.push(link);
        return states[Math.min(asked.length, states.length) - 1]!;
      },
    });
    await session.load();
    const end = session.watch();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(session.view()).toMatchObject({ stage: { is: 'consent' }, description: { state: 'taken' } });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(session.view().stage).toEqual({ is: 'decided', result: rejected });
    expect(said.map(({ type }) => type)).toEqual(['ready', 'result']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(3);
    end();
  } finally {
    vi.useRealTimers();
  }
});

test('a link whose check is done at a kiosk alone says so', async () => {
  const { session } = openPage({
    async describe() {
      throw new Refusal(403, { code: 'KIOSK_REQUIRED' });
    },
  });
  await session.load();
  expect(session.view().stage).toEqual({ is: 'trouble', what: 'kiosk' });
});

test.each([
  ['finished', 'finished'],
  ['ended', 'over'],
  ['taken', 'taken'],
] as const)('a link that is %s when it is opened: %s', async (state, what) => {
  const { session } = openPage({ describe: async () => ({ ...description, state }) });
  await session.load();
  expect(session.view().stage).toEqual({ is: 'trouble', what });
});

test('behavior is collected once the person has agreed, where the session asks for it, until its end', async () => {
  const behavior = { start: vi.fn(), report: vi.fn(), stop: vi.fn() };
  const visit = async (asks: Partial<Description>) => {
    const connect = ({ state }: ConnectionDeps): Connection => ({
      send: () => true,
      close: () => undefined,
      start: () => state({ is: 'state', state: 'guiding', attempt: 1, attemptsLeft: 2 }),
    });
    const { session } = openPage(
      {
        describe: async () => ({ ...description, ...asks }),
        begin: async () => ({ sessionId: 'sess_1', token: 'capability' }),
      },
      { connect, behavior },
    );
    await session.load();
    expect(behavior.start).not.toHaveBeenCalled();
    await session.agree({ path: { flash: true, motion: true }, language: 'de' });
    session.attempt({});
    return session;
  };
  await visit({});
  expect(behavior.start).not.toHaveBeenCalled();
  const session = await visit({ behavior: true });
  expect(behavior.start).toHaveBeenCalled();
  expect(behavior.report).toHaveBeenCalledWith('capability', expect.objectContaining({ state: 'guiding' }));
  session.toCamera();
  expect(behavior.stop).toHaveBeenCalled();
});

test('a wrong number on the phone: the computer says so, until it shows a new code', async () => {
  vi.useFakeTimers();
  let state = stateOf();
  let codes = 0;
  const { session } = openPage({
    begin: async () => ({ sessionId: 'sess_1', token: 'token_1' }),
    handover: async () => ({ url: `/verify/h/${++codes}`, number: '47', expiresAt: 300_000 }),
    state: async () => state,
  });
  await session.load();
  await session.agree({ path, language: 'de' }, true);
  state = stateOf({ codeUsedUp: true });
  await vi.advanceTimersByTimeAsync(1_600);
  expect(session.view()).toMatchObject({ stage: { is: 'phone' }, handover: undefined, wrongNumber: true });
  state = stateOf();
  await session.toPhone();
  await vi.advanceTimersByTimeAsync(3_200);
  expect(session.view()).toMatchObject({ wrongNumber: false, handover: { url: '/verify/h/2' } });
  session.toCamera();
  vi.useRealTimers();
});

test('after an attempt the page knows which step was shown last', async () => {
  let line: ConnectionDeps | undefined;
  const connect = (deps: ConnectionDeps): Connection => {
    line = deps;
    return { start: () => {}, send: () => true, close: () => {} };
  };
  const begin: LiveApi['begin'] = async () => ({ sessionId: 'sess_1', token: 'token_1' });
  const { session } = openPage({ begin }, { connect });
  await session.load();
  await session.agree({ path, language: 'de' });
  session.attempt({});
  const step = { index: 1, of: 4, name: 'turn-left', progress: 0, holdMs: 500, limitMs: 5000 } as const;
  line!.state(stateOf({ state: 'running', step }));
  line!.state(stateOf({ state: 'between', notPassed: { code: 'DIRECTION' } }));
  expect(session.view()).toMatchObject({ lastStep: 'turn-left', live: { state: 'between' } });
  line!.state(stateOf({ state: 'guiding', attempt: 2 }));
  line!.state(stateOf({ state: 'between', notPassed: { code: 'TIME' } }));
  expect(session.view().lastStep).toBeUndefined();
});
