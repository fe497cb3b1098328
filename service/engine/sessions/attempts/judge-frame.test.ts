import { beforeEach, expect, test } from 'vitest';
import type { OrganizationId, SessionId } from '../../../lib/id.ts';
import { admitFrame, passTurn } from './judge-frame.ts';
import { createRooms, type Room } from './rooms.ts';

let now: number;
let room: Room;
beforeEach(() => {
  now = 1_000_000;
  const realm = { organization: 'org_1' as OrganizationId, world: 'test' as const };
  room = createRooms({ clock: { now: () => now } }).of('sess_1' as SessionId, {
    realm,
    share: { ...realm, key: 'k' },
    expiresAt: now + 600_000,
  });
});

const judged = { judged: true, slower: false };
const leftOut = { judged: false, slower: false };

test('one frame at a time; of those that come meanwhile the newest is judged next', async () => {
  expect(await admitFrame(room, now)).toEqual(judged);
  const second = admitFrame(room, now + 100);
  const third = admitFrame(room, now + 200);
  expect(await second).toEqual(leftOut);
  passTurn(room);
  expect(await third).toEqual(judged);
  const fourth = admitFrame(room, now + 300);
  passTurn(room);
  expect(await fourth).toEqual(judged);
  passTurn(room);
  expect(await admitFrame(room, now + 400)).toEqual(judged);
});

test('a client that sends above the pace gets ten a second and a few, and is asked to slow down', async () => {
  const answers = [];
  for (let i = 0; i < 100; i++) {
    const answer = await admitFrame(room, now + 20 * i);
    answers.push(answer);
    if (answer.judged) passTurn(room);
  }
  const count = answers.filter((answer) => answer.judged).length;
  expect(count).toBeGreaterThanOrEqual(25);
  expect(count).toBeLessThanOrEqual(31);
  expect(answers.filter(({ slower }) => slower).length).toBeGreaterThan(60);
});

test('a client whose frames take longer than its pace is asked to slow down, one that keeps ten a second is not', async () => {
  const run = async (took: number, pace: number) => {
    let slower = 0;
    let free = 0;
    for (let at = 0; at < 6000; at += pace) {
      while (free > 0 && free <= at) {
        passTurn(room);
        free = room.busy ? free + took : 0;
      }
      const first = !room.busy;
      const answer = admitFrame(room, now + at);
      void answer.then((one) => {
        if (one.slower) slower++;
      });
      if (first) free = at + took;
      await Promise.resolve();
    }
    return slower;
  };
  expect(await run(95, 100)).toBe(0);
  expect(await run(300, 100)).toBeGreaterThan(10);
});
