import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from './gatehouse.ts';

interface Made {
  id: string;
  key: string;
}

/** A date that is to come. */
const inAYear = new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10);

let cli: Cli;
let service: Service;
beforeAll(async () => {
  cli = createCli();
  await cli.init('Acme');
  service = await cli.serve();
});
afterAll(() => cli.clean());

/** Answered before anything is looked at: an empty body. */
const ask = async ({ url }: Service, key: string) => {
  const reply = await fetch(`${url}/api/verify`, { method: 'POST', headers: { 'x-api-key': key } });
  const { code } = (await reply.json()) as { code: string };
  return { status: reply.status, code, retryAfter: Number(reply.headers.get('retry-after')) };
};

describe('keys and limits from the command line', () => {
  test('a key is made, bound to a network, narrowed, rotated and revoked while the service runs', async () => {
    const create = (...words: string[]) =>
      cli.json<Made>('key', 'create', '--scopes', 'identity,hosted', '--env', 'test', ...words);
    const far = await create('--cidr', '192.0.2.0/24');
    const near = await create('--name', 'door', '--cidr', '127.0.0.0/8', '--expires', inAYear);
    expect((await ask(service, far.key)).code).toBe('ORIGIN_NOT_ALLOWED');
    expect((await ask(service, near.key)).code).toBe('INVALID_REQUEST');
    const wider = await cli.run('key', 'restrict', near.id, '--cidr', '0.0.0.0/0');
    expect([wider.code, wider.stderr]).toEqual([
      1,
      expect.stringContaining('Rights cannot be added to a key'),
    ]);
    const narrowed = await cli.json(
      'key',
      'restrict',
      near.id,
      '--cidr',
      '127.0.0.1/32',
      '--scopes',
      'identity',
    );
    expect(narrowed).toMatchObject({ cidrs: ['127.0.0.1/32'], scopes: ['identity'] });
    const next = await cli.json<Made>('key', 'rotate', near.id, '--overlap', '1h');
    expect((await ask(service, near.key)).code).toBe('INVALID_REQUEST');
    expect((await ask(service, next.key)).code).toBe('INVALID_REQUEST');
    await cli.json('key', 'revoke', near.id);
    expect((await ask(service, near.key)).code).toBe('INVALID_API_KEY');
    const again = await cli.run('key', 'rotate', near.id);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('revoked or expired')]);
    const { items } = await cli.json<{ items: Record<string, unknown>[] }>('key', 'list');
    expect(items.find(({ id }) => id === next.id)).toMatchObject({
      lineage: near.id,
      name: 'door',
      cidrs: ['127.0.0.1/32'],
      lastUsedAddress: '127.0.0.1',
    });
    const { stdout } = await cli.run('key', 'list');
    expect(stdout).toContain('127.0.0.1/32');
    expect(stdout).not.toContain(next.key);
  });

  test('a key whose row is damaged is counted in the list, and can be revoked', async () => {
    const { id } = await cli.json<Made>('key', 'create', '--scopes', 'identity', '--env', 'test');
    const file = new Sqlite(join(cli.data, 'gatehouse.db'));
    file.prepare(`update api_key set scopes = '["idontity"]' where id = ?`).run(id);
    const { items, damaged } = await cli.json<{ items: Made[]; damaged: number }>('key', 'list');
    expect([damaged, items.some((one) => one.id === id)]).toEqual([1, false]);
    const { stdout } = await cli.run('key', 'list');
    expect(stdout).toContain('1 more cannot be shown');
    const { stderr } = await cli.run('key', 'revoke', id);
    expect(stderr).toContain('It was done');
    file.prepare(`update api_key set scopes = '["identity"]' where id = ?`).run(id);
    file.close();
    const { items: all } = await cli.json<{ items: Record<string, unknown>[] }>('key', 'list');
    expect(all.find((one) => one.id === id)).toHaveProperty('revokedAt');
  });

  test('a full minute stays full over a restart and over a kill', async () => {
    const { id, key } = await cli.json<Made>('key', 'create', '--scopes', 'identity', '--env', 'test');
    await cli.json('limits', 'set', '--key', id, '--burst', '3');
    const codes: string[] = [];
    const isFull = minute();
    for (let i = 0; i < 4; i++) codes.push((await ask(service, key)).code);
    if (isFull()) expect(codes).toEqual([...Array(3).fill('INVALID_REQUEST'), 'BURST_LIMIT_EXCEEDED']);
    await service.end();
    service = await cli.serve();
    const { status, code, retryAfter } = await ask(service, key);
    if (isFull()) {
      expect([status, code]).toEqual([429, 'BURST_LIMIT_EXCEEDED']);
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(65);
    }

    const other = await cli.json<Made>('key', 'create', '--scopes', 'identity', '--env', 'test');
    await cli.json('limits', 'set', '--key', other.id, '--burst', '1');
    const isFullToo = minute();
    expect((await ask(service, other.key)).code).toBe('INVALID_REQUEST');
    await written(`burst/${other.id}`);
    await service.end('SIGKILL');
    service = await cli.serve();
    const after = (await ask(service, other.key)).code;
    if (isFullToo()) expect(after).toBe('BURST_LIMIT_EXCEEDED');
    await service.end();
  });

  test('limits are shown as they were set, and bad ones refused', async () => {
    await cli.json('limits', 'set', '--burst', '120', '--monthly', '50000', '--trial-until', inAYear);
    expect(await cli.json('limits', 'show')).toEqual({
      burst: 120,
      perUser: 10,
      perAddress: 120,
      trialUntil: `${inAYear}T23:59:59.000Z`,
      month: expect.stringMatching(/^\d{4}-\d\d$/),
      organization: { used: 0, limit: 50_000 },
      visits: { used: 0, limit: 50_000 },
    });
    const { stdout } = await cli.run('limits', 'set', '--monthly', 'none', '--trial-until', 'none');
    expect(stdout).toContain('0 used of any number');
    await cli.json('limits', 'set', '--burst', 'none');
    expect(await cli.json('limits', 'show')).toMatchObject({ burst: 600 });
    for (const [flag, value, sentence] of [
      ['--burst', '0', '--burst must be at least 1.'],
      ['--burst', 'many', '--burst: "many" is not a number'],
      ['--trial-until', 'soon', '--trial-until: "soon" is not a date'],
    ] as const) {
      const { code, stderr } = await cli.run('limits', 'set', flag, value);
      expect(code).not.toBe(0);
      expect(stderr).toContain(sentence);
    }
  });

  test('unlocking a person who is not locked says so', async () => {
    const { stdout } = await cli.run('subject', 'unlock', 'none@example.com', '--test');
    expect(stdout).toBe('Nothing was locked: there is no failed attempt.\n');
    expect((await cli.run('subject', 'unlock', 'sub_none', '--test')).code).toBe(1);
  });
});

/** Whether the minute that begins now still runs: the service has the clock of the machine, which may need longer for a restart. */
function minute(): () => boolean {
  const end = performance.now() + 60_000;
  return () => performance.now() < end;
}

/** Until the running service has written what it counted. */
async function written(name: string): Promise<void> {
  const file = new Sqlite(join(cli.data, 'gatehouse.db'), { readonly: true });
  try {
    const select = file.prepare('select used from usage_counter where name = ?');
    while (select.get(name) === undefined) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    file.close();
  }
}
