import { expect, test } from 'vitest';
import type { Actor, AuditLine } from '../../audit/index.ts';
import { createBoardLinks } from './board-links.ts';

const ada: Actor = { is: 'operator', name: 'ada', request: 'req_1' };
const request = { id: 'req_2', address: '192.0.2.7' };
const minutes = (count: number) => count * 60_000;

function start() {
  let now = 0;
  let filled = 0;
  let mute = false;
  const lines: AuditLine[] = [];
  const links = createBoardLinks({
    inTransaction: (work) => work(undefined as never),
    audit: {
      add: async (_, line) => {
        if (mute) throw new Error('mute');
        lines.push(line);
      },
    },
    random: (into) => void into.fill(++filled),
    elapsed: () => now,
  });
  const make = async () => (await links.make(ada)).url.split('/').at(-1)!;
  return {
    links,
    lines,
    make,
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
    mute: (value: boolean) => {
      mute = value;
    },
  };
}

test('a link opens a session once, in the name of its maker, and both are in the audit log', async () => {
  const { links, lines } = start();
  links.serveAt('https://10.0.0.5:7300');
  const { url, validSeconds } = await links.make(ada);
  expect(validSeconds).toBe(300);
  expect(url).toMatch(/^https:\/\/10\.0\.0\.5:7300\/jobs\/open\/[A-Za-z0-9_-]{32}$/);
  const token = url.split('/').at(-1)!;
  const { session, seconds } = await links.open(token, request);
  expect([session.length, seconds]).toEqual([32, 1800]);
  expect(session).not.toBe(token);
  expect(links.sessionOf(session)).toEqual({ actor: { is: 'operator', name: 'ada' } });
  await expect(links.open(token, request)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('gatehouse jobs open'),
  });
  expect(lines).toEqual([
    { actor: ada, action: 'jobs.open', details: { validMinutes: 5 } },
    {
      actor: { is: 'operator', name: 'ada', request: 'req_2' },
      action: 'jobs.open.used',
      details: { address: '192.0.2.7', minutes: 30 },
    },
  ]);
});

test('a token is no session, and a session no token', async () => {
  const { links, make } = start();
  links.serveAt('http://127.0.0.1:7300');
  const token = await make();
  expect(links.sessionOf(token)).toBeUndefined();
  const { session } = await links.open(token, request);
  await expect(links.open(session, request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(links.sessionOf('')).toBeUndefined();
});

test('a link ends after five minutes, a session after thirty', async () => {
  const { links, make, advance } = start();
  links.serveAt('http://127.0.0.1:7300');
  const [early, late] = [await make(), await make()];
  advance(minutes(5) - 1);
  const { session } = await links.open(early, request);
  advance(1);
  await expect(links.open(late, request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  advance(minutes(30) - 2);
  expect(links.sessionOf(session)).toEqual({ actor: { is: 'operator', name: 'ada' } });
  advance(1);
  expect(links.sessionOf(session)).toBeUndefined();
});

test('there are at most eight of each: the oldest gives way', async () => {
  const { links, make } = start();
  links.serveAt('http://127.0.0.1:7300');
  const sessions: string[] = [];
  for (let n = 0; n < 9; n++) sessions.push((await links.open(await make(), request)).session);
  expect(sessions.map((session) => links.sessionOf(session) !== undefined)).toEqual([
    false,
    ...Array.from({ length: 8 }, () => true),
  ]);
  const tokens: string[] = [];
  for (let n = 0; n < 9; n++) tokens.push(await make());
  await expect(links.open(tokens[0]!, request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await links.open(tokens[1]!, request);
});

test('without an audit line no link is made or opened', async () => {
  const { links, make, mute } = start();
  links.serveAt('http://127.0.0.1:7300');
  const token = await make();
  mute(true);
  await expect(links.make(ada)).rejects.toThrow('mute');
  await expect(links.open(token, request)).rejects.toThrow('mute');
  mute(false);
  await links.open(token, request);
});

test('where no service runs there is no board', async () => {
  const { links, lines } = start();
  await expect(links.make(ada)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('gatehouse serve'),
  });
  expect(lines).toEqual([]);
});
