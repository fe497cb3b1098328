import { join } from 'node:path';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { queuedRow } from '../support/queued.ts';
import { type Cli, createCli } from './gatehouse.ts';

interface JobReply {
  id: string;
  kind: string;
  state: string;
  lastError?: string;
  payload: object;
}

let cli: Cli;
beforeEach(async () => {
  cli = createCli();
  await cli.init('Museum');
});
afterEach(() => cli.clean());

/** Mails that wait for tomorrow, and one that has failed; as a service that has ended left them. */
async function addJobs(): Promise<string[]> {
  const clock = { now: () => Date.now() };
  const location = { kind: 'sqlite', path: join(cli.data, 'gatehouse.db') } as const;
  const { db, close } = await openDatabase(location, { clock, log: silentLog });
  const { id: organization } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow();
  const later = { organization, tries: 1, attempts: 1, next_at: clock.now() + 86_400_000 };
  const failed = { state: 'failed', next_at: null, finished_at: clock.now(), state_reason: 'refused' };
  const rows = [queuedRow(1, later), queuedRow(2, later), queuedRow(3, { ...later, ...failed })];
  await db.insertInto('delivery').values(rows).execute();
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
    expect(delayed.stdout.match(/ mail +delayed /g)).toHaveLength(2);
    expect((await cli.json<{ items: JobReply[] }>('jobs', 'list', '--limit', '1')).items).toHaveLength(1);
    expect(await cli.json('jobs', 'show', dead!)).toMatchObject({
      lastError: 'refused',
      payload: { alert: 'alr_3' },
    });
    expect((await cli.json<{ items: object[] }>('jobs', 'counts')).items).toContainEqual({
      kind: 'mail',
      waiting: 0,
      delayed: 2,
      leased: 0,
      done: 0,
      dead: 1,
    });
    expect(await cli.json('jobs', 'retry', dead!)).toMatchObject({ id: dead, state: 'waiting' });

    const unsure = await cli.run('jobs', 'remove', first!);
    expect([unsure.code, unsure.stderr]).toEqual([2, expect.stringContaining(`--confirm ${first}`)]);
    expect(await cli.json('jobs', 'remove', first!, '--confirm', first!)).toEqual({ removed: first });
    expect(await cli.json('jobs', 'show', first!)).toMatchObject({ state: 'done' });
    const gone = await cli.run('jobs', 'show', `dlv_${'9'.repeat(26)}`);
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

  test('the settings of a queue on Redis are refused in a sentence', async () => {
    const flag = await cli.run('serve', '--queue', 'bullmq');
    expect([flag.code, flag.stderr]).toEqual([2, expect.stringContaining('does not exist any more')]);
  });
});
