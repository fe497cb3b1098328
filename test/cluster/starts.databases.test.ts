import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { pageConsent } from '../../service/engine/live/index.ts';
import { unfinishedName } from '../../service/lib/durable-file.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

const request = { world: 'live', caller: 'key_1', key: 'order 7', digest: 'd' } as const;

describe.skipIf(binaries === undefined)('a start beside a node that lives', () => {
  let cluster: StartedNodes<['a']>;
  let a: Gatehouse;
  let organization: OrganizationId;
  let session: string;
  let renewing: NodeJS.Timeout;

  const states = async () => {
    const rows = await cluster.query<{ what: string; is: string | null }>(
      `select 'work' as what, claimed_by as is from recurring_work where kind = 'retention'
       union all select 'delivery', claimed_by from delivery where id = 'dlv_1'
       union all select 'attempt', running_by from live_session where id = $1
       union all select 'backup', outcome from backup_run where id = 'bkp_1'
       union all select 'drill', state from backup_drill where id = 'drl_1'`,
      [session],
    );
    return Object.fromEntries(rows.map(({ what, is }) => [what, is]));
  };
  /** As a node that lives does with what it has leased; a lease that ends later than its longest counts for nothing. */
  async function renewLeases(): Promise<void> {
    const now = Date.now();
    await cluster.query(`update delivery set claimed_until = $1 where id = 'dlv_1'`, [now + 25_000]);
    await cluster.query(
      `update recurring_work set next_at = $1, claimed_until = $1 where kind = 'retention'`,
      [now + 50_000],
    );
  }
  const repeat = async (node: Gatehouse) => (await node.idempotency.begin({ ...request, organization })).is;

  beforeAll(async () => {
    cluster = await startNodes('a');
    [a] = cluster.nodes;
    organization = cluster.organization;
    const run = await cluster.runOf('a');
    // What node `a` is at.
    const later = Date.now() + 25_000;
    await cluster.query(
      `insert into recurring_work (kind, every, next_at, claimed_by, claimed_until, fence)
       values ('retention', 3600000, $2, $1, $2, 7)`,
      [run, later],
    );
    await cluster.query(
      `insert into delivery (id, seq, kind, organization, world, event_name, origin, lane, state, attempts, tries, next_at,
         claimed_by, claimed_until, created_at)
       values ('dlv_1', 1, 'mail', $3, 'live', 'mail.1', 'alert', 'mail', 'waiting', 0, 0, 1, $1, $2, 1)`,
      [run, later, organization],
    );
    await cluster.query(
      `insert into backup_run (id, path, started_at, outcome, origin, begun_by)
       values ('bkp_1', '/nowhere/gatehouse-1.backup', 1, 'running', 'operator', $1)`,
      [run],
    );
    await cluster.query(
      `insert into backup_drill (id, backup, path, asked_by, asked_at, state, begun_by)
       values ('drl_1', 'bkp_1', '/nowhere/gatehouse-1.backup', 'operator:ada', 1, 'running', $1)`,
      [run],
    );
    renewing = setInterval(() => void renewLeases().catch(() => {}), 2_000);
    const consent = pageConsent({ name: 'Museum' }, 'none');
    const made = await a.liveSessions.create({
      flow: 'api',
      realm: { organization, world: 'live' },
      actor: operator,
      match: 'none',
      expiresAt: a.clock.now() + 600_000,
      page: { consent },
    });
    session = made.id;
    await a.liveSessions.open(made.token, {
      consent: { version: consent.version },
      path: { flash: false, motion: true },
      device: {},
    });
    await (await a.liveSessions.connect(made.token)).start();
    expect(await repeat(a)).toBe('new');
    await a.setup.begin();
  });
  afterAll(() => {
    clearInterval(renewing);
    return cluster?.close();
  });

  test('of a service or a command takes nothing from it', async () => {
    const before = await states();
    const run = await cluster.runOf('a');
    expect(before).toEqual({ work: run, delivery: run, attempt: run, backup: 'running', drill: 'running' });
    const b = await cluster.start('b', { workers: 'at-once' });
    await b.recurring.start();
    await b.queue.start();
    await b.backups.runDue();
    await b.liveSessions.expireDue();
    const command = await cluster.start('command');
    expect(await states()).toEqual(before);
    expect(await repeat(b)).toBe('running');
    // The browser of the first owner may be at any node, with the token that is on the first.
    const { token } = await a.setup.opening();
    expect(await b.setup.begin()).toMatchObject({ is: 'open', at: 'node_a' });
    expect(await a.setup.opening()).toMatchObject({ token });
    await command.close();
    await b.queue.stop();
    await b.recurring.stop();
    clearInterval(renewing);
    expect(await states()).toEqual(before);
    await b.close();
  });

  test('takes over once the row of the other is gone, and leaves its disk to it', async () => {
    const c = await cluster.start('c', { workers: 'at-once' });
    await cluster.remove('a');
    await c.recurring.start();
    await c.queue.start();
    await c.backups.runDue();
    await c.liveSessions.expireDue();
    const { work, ...rest } = await states();
    expect([null, await cluster.runOf('c')]).toContain(work);
    expect(rest).toMatchObject({ attempt: null, backup: 'failed', drill: 'failed' });
    expect([null, await cluster.runOf('c')]).toContain(rest.delivery);
    expect(await repeat(c)).toBe('new');
    expect(await c.setup.begin()).toMatchObject({ is: 'open', token: expect.any(String) });
    await c.queue.stop();
    await c.recurring.stop();
  });

  test('the node itself, started again, clears what is left on its own disk', async () => {
    const path = join(cluster.dataOf('.'), 'gatehouse-1.backup');
    await cluster.query(`update backup_run set path = $1`, [path]);
    writeFileSync(unfinishedName(path), 'half');
    await a.close();
    a = await cluster.start('a');
    expect(existsSync(unfinishedName(path))).toBe(false);
  });
});
