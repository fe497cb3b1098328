import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LiveState } from '../../service/engine/live/index.ts';
import { createSessionStore } from '../../service/engine/live/sessions/session-store.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { openVault } from '../../service/storage/keys/vault.ts';
import { createRandom } from '../accuracy/random.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { goThrough } from '../live/go-through.ts';
import { createPost } from '../live/live-door.ts';
import { type LivePictures, openLivePictures } from '../live/live-pictures.ts';
import { noPerson, shownChallenge } from '../live/one-person.ts';
import { fullSize } from './size.ts';

// Twenty sessions of a real service on a real database file, which is killed while their next orders are under way.

const ROUNDS = fullSize ? 12 : 1;
/** Where each of the twenty is before its last order. The service has places for four at a time. */
const goals = [
  ...['created', 'created', 'created', 'opened', 'opened', 'opened'],
  ...['between 1', 'between 1', 'between 2', 'between 2', 'rejected', 'rejected', 'cancelled', 'cancelled'],
  ...['running 1', 'running 2', 'running 3', 'running 3', 'queued', 'queued'],
] as const;
/** People of a recording who pass before the kill; only where there is one. */
const passing = fullSize && noPerson === undefined ? 2 : 0;

interface Visit {
  id: string;
  token: string;
  goal: string;
  /** What the client knows: attempts that were begun, and the decision. */
  attempt: number;
  decision: string | undefined;
  /** Whether an attempt runs, as far as the client knows. */
  running: boolean;
  /** An order without an answer: it may have been carried out. */
  open: 'begin' | 'start' | 'stop' | undefined;
}

let cli: Cli;
let service: Service;
let key: string;
let receiver: Server;
let callbackUrl: string;
/** Events that the callback URL got, by session. */
let called: Map<string, { event: string; decision: string }[]>;
let pictures: LivePictures | undefined;

beforeEach(async () => {
  cli = createCli({ GATEHOUSE_WORKERS: '2', GATEHOUSE_DEADLINE_SECONDS: '300' });
  called = new Map();
  receiver = createServer(async (request, reply) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text) as { sessionId: string; event: string; decision: string };
    called.set(body.sessionId, [...(called.get(body.sessionId) ?? []), body]);
    reply.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const { organizationId } = await cli.json<{ organizationId: string }>('init', '--org', 'Harbour');
  await cli.json('grant', 'add', `127.0.0.1/32:${port}`);
  key = (
    await cli.json<{ key: string }>(
      ...['key', 'create', '--org', organizationId, '--scopes', 'sessions', '--env', 'test'],
    )
  ).key;
  callbackUrl = `http://127.0.0.1:${port}/decided`;
  if (passing > 0) {
    pictures = await openLivePictures();
    await askForWhatIsShown();
  }
});
afterEach(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await cli.clean();
});

/** Sessions that name no profile are those of `specter`. */
async function askForWhatIsShown(): Promise<void> {
  const { definition } = await cli.json<{ definition: object }>('profile', 'show', 'specter');
  const file = join(cli.temporary, 'specter.json');
  writeFileSync(file, JSON.stringify({ ...definition, challenge: shownChallenge }));
  await cli.json('profile', 'set', 'specter', file);
}

const serve = async () => {
  service = await cli.serve('--log-level', 'error');
};
const door = () => createPost(service.url);
const withToken = ({ token }: Visit) => ({ authorization: `Bearer ${token}` });

function note(visit: Visit, { attempt, state, result }: LiveState): LiveState['state'] {
  visit.attempt = Math.max(visit.attempt, attempt);
  visit.running = state === 'running';
  if (result?.decision) visit.decision = result.decision;
  return state;
}
/** Sends an order; what comes back is known, what does not may have been carried out all the same. */
async function order(visit: Visit, is: 'begin' | 'start' | 'stop'): Promise<LiveState['state'] | undefined> {
  visit.open = is;
  const { begin, post } = door();
  const state =
    is === 'begin'
      ? void (await begin(visit.token))
      : note(visit, await post<LiveState>('/api/live/frames', { is }, withToken(visit)));
  visit.open = undefined;
  return state;
}
async function start(visit: Visit): Promise<void> {
  while ((await order(visit, 'start')) === 'queued') await pause(100);
}
const stateOf = async (visit: Visit): Promise<LiveState> => {
  const reply = await fetch(`${service.url}/api/live/state`, { headers: withToken(visit) });
  expect(reply.status).toBe(200);
  return (await reply.json()) as LiveState;
};

async function come(goal: string): Promise<Visit> {
  const { sessionId: id, token } = await door().session(key, { callbackUrl, metadata: { goal } });
  const visit: Visit = { id, token, goal, attempt: 0, decision: undefined, running: false, open: undefined };
  if (goal === 'created') return visit;
  await order(visit, 'begin');
  const [what, count = '0'] = goal.split(' ');
  if (what === 'cancelled') {
    await door().post('/api/live/deny', { link: { kind: 'session', token } }, withToken(visit));
    visit.decision = 'cancelled';
  }
  if (what === 'queued') await order(visit, 'start');
  if (what === 'passing') {
    note(visit, (await goThrough(service.url, token, pictures!.person()))!);
    expect(visit.decision).toBe('approved');
  }
  const attempts = what === 'rejected' ? 3 : Number(count);
  for (let i = 1; i <= attempts; i++) {
    await start(visit);
    if (what !== 'running' || i < attempts) await order(visit, 'stop');
  }
  return visit;
}

/** All at once, and the kill on top of it. */
async function killAmid(visits: readonly Visit[], random: () => number): Promise<void> {
  const next = ({ goal, running }: Visit) => (goal === 'created' ? 'begin' : running ? 'stop' : 'start');
  const under = visits
    .filter(({ decision }) => decision === undefined)
    .map((visit) => order(visit, next(visit)).catch(() => undefined));
  await pause(25 * random());
  service.child.kill('SIGKILL');
  await Promise.all(under);
  await service.ended;
}

async function onFile<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const location = { kind: 'sqlite', path: join(cli.data, 'gatehouse.db') } as const;
  const database = await openDatabase(location, { clock: { now: () => Date.now() }, log: silentLog });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** The clock has gone on by more than the sessions' life while the service was down. */
const letExpire = (visits: readonly Visit[]) =>
  onFile(async ({ db, inTransaction }) => {
    const clock = { now: () => Date.now() };
    const { integrity, close } = await openVault(cli.data, { db, clock, log: silentLog });
    const store = createSessionStore({ db, integrity, log: silentLog });
    for (const { id } of visits)
      await inTransaction((tx) => store.changeUndecided(tx, id, { expires_at: clock.now() - 1 }));
    await close();
  });

/** After the restart: nothing that the client knew is lost, and no attempt is free. */
async function check(visit: Visit): Promise<LiveState> {
  const now = await stateOf(visit);
  const { attempt, open, decision } = visit;
  if (decision !== undefined) expect([visit.goal, now.result?.decision]).toEqual([visit.goal, decision]);
  expect(now.attempt).toBeGreaterThanOrEqual(attempt);
  expect(now.attempt).toBeLessThanOrEqual(attempt + (open === 'start' ? 1 : 0));
  expect(now.state).not.toBe('running');
  // The third attempt was used.
  if (now.attempt === 3)
    expect([visit.goal, now.result?.decision]).toEqual([visit.goal, decision ?? 'rejected']);
  return now;
}

/** On from where it is: the attempts that are left, and no more. */
async function goOn(visit: Visit, { result, attempt, state }: LiveState): Promise<void> {
  if (result) {
    visit.decision = result.decision ?? undefined;
    return;
  }
  if (state === 'ready' && visit.attempt === 0) await order(visit, 'begin').catch(() => undefined);
  for (let next = attempt + 1; next <= 3; next++) {
    await start(visit);
    expect(visit.attempt).toBe(next);
    await order(visit, 'stop');
  }
  expect(visit.decision).toBe('rejected');
}

test(`kill -9 amid twenty sessions (${ROUNDS} times): no decision is lost, none is left undecided`, {
  timeout: 1_200_000,
}, async () => {
  const random = createRandom(11);
  const known: Visit[] = [];
  await serve();
  for (let round = 0; round < ROUNDS; round++) {
    const visits = await Promise.all(Array.from({ length: passing }, () => come('passing')));
    // One after another: those that run keep their places.
    for (const goal of goals.slice(passing)) visits.push(await come(goal));
    expect(visits).toHaveLength(20);
    await killAmid(visits, random);
    const late = visits.filter(({ decision }) => decision === undefined).filter((_, i) => i % 3 === 0);
    await letExpire(late);
    await serve();
    for (const visit of visits) {
      const now = await check(visit);
      if (late.includes(visit) && now.result) expect(now.result.decision).toMatch(/^(expired|rejected)$/);
      await goOn(visit, now);
      // A decision is final.
      expect((await stateOf(visit)).result?.decision).toBe(visit.decision);
    }
    known.push(...visits);
  }
  const decisions = Object.groupBy(known, ({ decision }) => decision ?? 'none');
  const some = ['cancelled', 'expired', 'rejected', ...(passing > 0 ? ['approved'] : [])];
  expect(Object.keys(decisions).sort()).toEqual(some.sort());
  // Receivers know a cancelled session as a rejected one.
  const wire = (decision: string) => (decision === 'cancelled' ? 'rejected' : decision);
  for (const { id, decision } of known) {
    await expect.poll(() => called.get(id)?.length ?? 0).toBeGreaterThan(0);
    const expected = [wire(decision!)];
    expect([...new Set(called.get(id)!.map((one) => one.decision))]).toEqual(expected);
  }
  expect((await service.end()).code).toBe(0);
  const { undecided, lines } = await onFile(async ({ db }) => ({
    undecided: await db.selectFrom('live_session').select('id').where('decision', 'is', null).execute(),
    lines: await db.selectFrom('audit').select('target').where('action', '=', 'session.decide').execute(),
  }));
  expect(undecided).toEqual([]);
  expect(lines.map(({ target }) => target).sort()).toEqual(known.map(({ id }) => id).sort());
  expect(await cli.run('audit', 'verify')).toMatchObject({ code: 0 });
});
