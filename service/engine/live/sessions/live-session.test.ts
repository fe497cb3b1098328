import { beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SessionId } from '../../../lib/id.ts';
import type { Attempt } from './judge-frame.ts';
import {
  type LiveEffect,
  type LiveEvent,
  type LiveSession,
  liveSession,
  reduce,
  type Turn,
} from './live-session.ts';
import type { SessionRow } from './session-store.ts';

const began = 1_000_000;
let state: LiveSession;
beforeEach(() => {
  const realm = { organization: 'org_1' as OrganizationId, world: 'test' as const };
  const of = { session: 'sess_1' as SessionId, realm, share: { ...realm, key: 'k' }, expiresAt: 2 * began };
  state = liveSession(of, began);
});

function send(event: LiveEvent): LiveEffect[] {
  const reduced = reduce(state, event);
  state = reduced.state;
  for (const effect of reduced.effects) if (effect.is === 'give-turn') effect.take(effect.turn);
  return reduced.effects;
}
const names = (effects: readonly LiveEffect[]) => effects.map(({ is }) => is);
const attempt = { number: 1 } as Attempt;
const connect = (key: symbol) =>
  send({
    is: 'connected',
    connection: { key },
    share: state.share,
    expiresAt: state.expiresAt,
    at: began,
  });

/** Asks for the turn of a frame; undefined as long as it waits. */
function ask(at: number): { turn: Turn | undefined } {
  const asked: { turn: Turn | undefined } = { turn: undefined };
  send({
    is: 'turn-asked',
    at,
    take(turn) {
      asked.turn = turn;
    },
  });
  return asked;
}
const over = () => send({ is: 'turn-over' });

const judged = { judged: true, slower: false };
const leftOut = { judged: false, slower: false };

test('one frame at a time; of those that come meanwhile the newest is judged next', () => {
  expect(ask(began).turn).toEqual(judged);
  const second = ask(began + 100);
  const third = ask(began + 200);
  expect([second.turn, third.turn]).toEqual([leftOut, undefined]);
  over();
  expect(third.turn).toEqual(judged);
  const fourth = ask(began + 300);
  over();
  expect(fourth.turn).toEqual(judged);
  over();
  expect(ask(began + 400).turn).toEqual(judged);
});

test('a client that sends above the pace gets ten a second and a few, and is asked to slow down', () => {
  const turns = [];
  for (let i = 0; i < 100; i++) {
    const { turn } = ask(began + 20 * i);
    turns.push(turn!);
    if (turn!.judged) over();
  }
  const count = turns.filter((turn) => turn.judged).length;
  expect(count).toBeGreaterThanOrEqual(25);
  expect(count).toBeLessThanOrEqual(31);
  expect(turns.filter(({ slower }) => slower).length).toBeGreaterThan(60);
});

test('a client whose frames take longer than its pace is asked to slow down, one that keeps ten a second is not', () => {
  const run = (took: number, pace: number) => {
    let slower = 0;
    let free = 0;
    for (let at = 0; at < 6000; at += pace) {
      while (free > 0 && free <= at) {
        over();
        free = state.pace.busy ? free + took : 0;
      }
      const first = !state.pace.busy;
      send({
        is: 'turn-asked',
        at: began + at,
        take(turn) {
          if (turn.slower) slower++;
        },
      });
      if (first) free = at + took;
    }
    return slower;
  };
  expect(run(95, 100)).toBe(0);
  expect(run(300, 100)).toBeGreaterThan(10);
});

test('another connection takes the place of the one before, whose end changes nothing any more', () => {
  const [one, two] = [Symbol('one'), Symbol('two')];
  expect(connect(one)).toEqual([]);
  expect(connect(two)).toEqual([{ is: 'say-replaced', connection: { key: one } }]);
  expect(send({ is: 'disconnected', key: one })).toEqual([]);
  expect(state.connection).toEqual({ key: two });
  expect(names(send({ is: 'disconnected', key: two }))).toEqual(['leave-queue']);
});

test('a session in the queue keeps its place when its connection is lost; one with a place and no attempt gives it up', () => {
  const key = Symbol('one');
  connect(key);
  send({ is: 'start-asked' });
  send({ is: 'queued', queue: { position: 3, waitSeconds: 40 } });
  expect(send({ is: 'disconnected', key })).toEqual([]);
  expect(state).toMatchObject({ connection: undefined, start: {}, queue: { position: 3 } });
  const again = Symbol('again');
  connect(again);
  send({ is: 'queued', queue: { position: 0, waitSeconds: 0 } });
  expect(names(send({ is: 'disconnected', key: again }))).toEqual(['leave-queue']);
  expect(state.start).toBeUndefined();
});

test('an attempt is decided once, and nothing begins meanwhile', () => {
  const key = Symbol('one');
  connect(key);
  send({ is: 'start-asked' });
  send({ is: 'attempt-begun', attempt });
  expect(state).toMatchObject({ attempt, start: undefined });
  // A connection that is lost leaves the attempt its place.
  expect(send({ is: 'disconnected', key })).toEqual([]);
  expect(send({ is: 'attempt-over', attempt: { number: 2 } as Attempt })).toEqual([]);
  expect(names(send({ is: 'attempt-over', attempt }))).toEqual(['leave-queue', 'decide-attempt']);
  expect(state).toMatchObject({ attempt: undefined, deciding: true });
  expect(send({ is: 'attempt-over', attempt })).toEqual([]);
  send({ is: 'attempt-decided' });
  expect(state.deciding).toBe(false);
});

test('a session that was decided elsewhere has no attempt, and its client learns it', () => {
  connect(Symbol('one'));
  send({ is: 'attempt-begun', attempt });
  expect(names(send({ is: 'dropped' }))).toEqual(['leave-queue', 'say-replaced']);
  expect(state).toMatchObject({ attempt: undefined, connection: undefined, deciding: false });
});

test('the row that a session had while it waited is forgotten with its attempt', () => {
  const waited = { is: 'waited' as const, at: began, row: { attempts: 0 } as SessionRow };
  for (const end of [
    { is: 'attempt-begun', attempt },
    { is: 'attempt-over', attempt },
    { is: 'dropped' },
  ] as const) {
    send({ is: 'attempt-begun', attempt });
    send(waited);
    expect(state.waited).toMatchObject({ at: began });
    send(end);
    expect([end.is, state.waited]).toEqual([end.is, undefined]);
  }
});
