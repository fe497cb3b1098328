import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createIds } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { findRedis, startRedis } from '../support/redis.ts';
import { type Cli, createCli } from './gatehouse.ts';

interface JobReply {
  id: string;
  kind: string;
  state: string;
  lastError?: string;
  payload: object;
}

const binary = findRedis();
if (!binary) console.warn('cli jobs: no redis-server here; the service on Redis is not tried');

let cli: Cli;
beforeEach(async () => {
  cli = createCli();
  await cli.init('Museum');
});
afterEach(() => cli.clean());

/** Mails that wait for tomorrow, and one that is dead; as a service that has ended left them. */
async function addJobs(): Promise<string[]> {
  const clock = { now: () => Date.now() };
  const ids = createIds(clock);
  const place = { kind: 'sqlite', path: join(cli.data, 'gatehouse.db') } as const;
  const { db, close } = await openDatabase(place, { clock, log: silentLog });
  const row = (seq: number, state: 'waiting' | 'dead') => ({
    id: ids.next('job'),
    seq,
    kind: 'mail',
    state,
    priority: 2,
    lane: null,
    organization: null,
    payload: JSON.stringify({ alert: `alr_${seq}`, to: 'ada@example.com' }),
    idempotency_key: null,
    run_at: clock.now() + 86_400_000,
    attempts: state === 'dead' ? 1 : 0,
    fence: 0,
    lease_until: null,
    last_error: state === 'dead' ? 'refused\nby ada@example.com' : null,
    created_at: clock.now(),
    finished_at: state === 'dead' ? clock.now() : null,
  });
  const rows = [row(1, 'waiting'), row(2, 'waiting'), row(3, 'dead')];
  await db.insertInto('job').values(rows).execute();
  await close();
  return rows.map(({ id }) => id);
}

describe('gatehouse jobs', () => {
  test('lists, shows, counts, tries again and removes, and shows nothing personal', async () => {
    const [first, second, dead] = await addJobs();
    const { items } = await cli.json<{ items: JobReply[] }>('jobs', 'list', '--kind', 'mail');
    expect(items.map(({ id, state }) => ({ id, state }))).toEqual([
      { id: dead, state: 'dead' },
      { id: second, state: 'waiting' },
      { id: first, state: 'waiting' },
    ]);
    expect((await cli.json<{ items: unknown[] }>('jobs', 'list', '--state', 'delayed')).items).toHaveLength(
      2,
    );
    const delayed = await cli.run('jobs', 'list', '--state', 'delayed');
    expect(delayed.stdout.match(/ mail +(delayed|waiting) /g)).toEqual([
      ' mail  delayed ',
      ' mail  delayed ',
    ]);
    expect((await cli.json<{ items: JobReply[] }>('jobs', 'list', '--limit', '1')).items).toMatchObject([
      { id: dead },
    ]);
    expect(await cli.json('jobs', 'show', dead!)).toMatchObject({
      lastError: 'refused',
      payload: { alert: 'alr_3', notShown: 1 },
    });
    for (const words of [['list'], ['show', dead!], ['list', '--json']])
      expect((await cli.run('jobs', ...words)).stdout).not.toContain('ada@example.com');
    expect((await cli.json<{ items: object[] }>('jobs', 'counts')).items).toContainEqual({
      kind: 'mail',
      waiting: 0,
      delayed: 2,
      relayed: 0,
      leased: 0,
      done: 0,
      dead: 1,
    });
    expect(await cli.json('jobs', 'retry', dead!)).toMatchObject({ id: dead, state: 'waiting' });

    const unsure = await cli.run('jobs', 'remove', first!);
    expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringContaining(`--confirm ${first}`)]);
    expect(await cli.json('jobs', 'remove', first!, '--confirm', first!)).toEqual({ removed: first });
    const gone = await cli.run('jobs', 'show', first!);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('There is no job')]);
  });

  test('opens the board only of a running service, in the name of the caller', async () => {
    const refused = await cli.run('jobs', 'open');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('no service runs')]);
    const service = await cli.serve();
    const { stdout } = await cli.run('jobs', 'open');
    const url = stdout.split('\n')[0]!;
    expect(url).toMatch(new RegExp(`^${service.url}/jobs/open/[\\w-]{32}$`));
    expect((await request(`${service.url}/jobs`)).statusCode).toBe(401);
    const opened = await request(url);
    expect([opened.statusCode, opened.headers.location]).toEqual([303, '/jobs/']);
    const cookie = String(opened.headers['set-cookie']).split(';')[0]!;
    const board = await request(`${service.url}/jobs/`, { headers: { cookie } });
    expect([board.statusCode, await board.body.text()]).toEqual([
      200,
      expect.stringContaining('Gatehouse jobs'),
    ]);
    expect((await request(url)).statusCode).toBe(404);
    expect((await service.end()).code).toBe(0);
    const { stdout: lines } = await cli.run('audit', 'tail', '--json');
    expect(lines.match(/"jobs\.open[.a-z]*"/g)).toEqual(['"jobs.open"', '"jobs.open.used"']);
  });

  test.skipIf(!binary)('a service on Redis stops and starts on the database with every job', async () => {
    const redis = await startRedis(binary!);
    try {
      const [, second] = await addJobs();
      const service = await cli.serve('--queue', 'bullmq', '--redis-url', redis.url);
      const id = join(cli.data, 'queue-id');
      expect([existsSync(id), (statSync(id).mode & 0o777).toString(8)]).toEqual([true, '600']);
      await cli.json('jobs', 'retry', second!);
      const health = async () => (await request(`${service.url}/health`)).body.text();
      await expect.poll(health).not.toContain('Redis');
      await redis.kill();
      await expect.poll(health).toContain('The Redis that carries jobs');
      const { code, stderr } = await service.end();
      expect(code).toBe(0);
      expect(stderr.split('\n').filter((line) => line.includes('Redis cannot be used'))).toHaveLength(1);
      const next = await cli.serve();
      expect((await cli.json<{ items: JobReply[] }>('jobs', 'list', '--kind', 'mail')).items).toHaveLength(3);
      expect((await next.end()).code).toBe(0);
    } finally {
      await redis.stop();
    }
  });

  test('a queue on Redis without its address is refused in a sentence', async () => {
    const { code, stderr } = await cli.run('serve', '--queue', 'bullmq');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--redis-url')]);
  });
});
