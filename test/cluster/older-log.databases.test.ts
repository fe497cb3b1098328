import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { consentOfAll, operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';
import { peopleOf } from './people.ts';
import { standbyOf } from './standby.ts';

const by = { actor: operator };

describe.skipIf(binaries === undefined)('a log that comes back shorter than the nodes have seen it', () => {
  let cluster: StartedNodes;
  let a: Gatehouse;
  let b: Gatehouse;
  let standby: ReturnType<typeof standbyOf>;
  beforeEach(async () => {
    cluster = await startNodes('a', 'b');
    [a, b] = cluster.nodes;
    standby = standbyOf(cluster.server);
  });
  afterEach(() => cluster?.close());

  const again = <T>(work: () => Promise<T>) => vi.waitFor(work, { timeout: 60_000, interval: 100 });
  /** A line that changes no table that a node follows. */
  const record = (at: Gatehouse, what: string) =>
    again(() => at.auditLog.record({ ...by, action: 'site.add', target: what }));
  const keptBy = (name: 'a' | 'b') =>
    JSON.parse(readFileSync(join(cluster.dataOf(name), 'audit-heads.json'), 'utf8')) as {
      chains: Record<string, { seq: number }>;
    };
  const endOf = async (at: Gatehouse, node: string) =>
    (await at.auditLog.chains()).find((one) => one.node === node)!.last;
  const attention = async (at: Gatehouse) =>
    (await at.status()).attention.find(({ code }) => code === 'LINES_LOST');

  test('each node says at its next look which of its lines are lost, and verify names them until an operator accepts it', async () => {
    await record(a, 'before');
    const shared = await endOf(a, 'node_a');
    await standby.stops([cluster.databaseUrl]);
    await record(a, 'lost');
    await record(a, 'lost');
    await standby.takesOver([cluster.databaseUrl]);
    await again(() => a.position.catchUp());
    await again(() => b.position.catchUp());
    const lost = [{ chain: 'node_a', from: shared + 1, through: shared + 2 }];
    expect(a.auditLog.lost()).toEqual(lost);
    expect(await attention(a)).toMatchObject({
      urgency: 'now',
      values: { lines: `node_a: ${shared + 1}–${shared + 2}` },
    });
    expect(await attention(b)).toBeUndefined();
    // It goes on, and does not forget.
    await record(a, 'after');
    await record(a, 'after');
    await record(a, 'after');
    const report = await a.auditLog.verify();
    expect(report.damage).toMatchObject({
      node: 'node_a',
      seq: shared + 1,
      is: 'truncated',
      says: expect.stringContaining(`Lines ${shared + 1} to ${shared + 2} are lost`),
    });
    await a.close();
    const restarted = await cluster.start('a');
    expect(restarted.auditLog.lost()).toEqual(lost);
    expect(await restarted.auditLog.acceptLoss(by)).toEqual(lost);
    expect(restarted.auditLog.lost()).toEqual([]);
    expect(await attention(restarted)).toBeUndefined();
    expect(await restarted.auditLog.verify()).toMatchObject({ valid: true });
    await expect(restarted.auditLog.acceptLoss(by)).rejects.toMatchObject({ code: 'CONFLICT' });
    const { lines } = await restarted.auditLog.page({ action: 'audit.accept-loss', limit: 2 }, by);
    expect(lines.map(({ details }) => JSON.parse(details))).toMatchObject([
      { lost: [['node_a', shared + 1, shared + 2]] },
    ]);
  });

  test('what is accepted at one node is what that one has seen: each other one warns until its own loss is accepted there', async () => {
    await record(b, 'before');
    const shared = await endOf(b, 'node_b');
    await standby.stops([cluster.databaseUrl]);
    await record(a, 'lost');
    await record(b, 'lost');
    await record(b, 'lost');
    await standby.takesOver([cluster.databaseUrl]);
    await again(() => a.position.catchUp());
    await again(() => b.position.catchUp());
    const lost = [{ chain: 'node_b', from: shared + 1, through: shared + 2 }];
    expect((await again(() => a.auditLog.acceptLoss(by))).map(({ chain }) => chain)).toEqual(['node_a']);
    await again(() => b.auditLog.maintain());
    expect(b.auditLog.lost()).toEqual(lost);
    await b.close();
    const restarted = await cluster.start('b');
    expect(restarted.auditLog.lost()).toEqual(lost);
    expect(await attention(restarted)).toBeDefined();
    expect(await again(() => restarted.auditLog.acceptLoss(by))).toEqual(lost);
    expect(restarted.auditLog.lost()).toEqual([]);
  });

  test('keys of people that the record does not have stay while the log is short', async () => {
    const people = peopleOf(cluster);
    await a.organizations.attestConsent(cluster.organization, consentOfAll, operator);
    await standby.stops([cluster.databaseUrl]);
    await again(() => people.enroll(a, 'late'));
    await standby.takesOver([cluster.databaseUrl]);
    await again(() => a.position.catchUp());
    await again(() => b.position.catchUp());
    const ofKeys = { of: cluster.keysDatabaseUrl };
    const keys = () => cluster.query('select subject from person_key', [], ofKeys);
    // As old as one that no enrollment uses any more.
    await cluster.query('update person_key set created_at = 0', [], ofKeys);
    // An enrollment that was tried again while the server went left one of its own.
    const before = await keys();
    expect(before).not.toEqual([]);
    await again(() => a.sweepKeys!());
    expect(await keys()).toEqual(before);
    await again(() => a.auditLog.acceptLoss(by));
    // Another node has seen what this one has not.
    await cluster.query(
      `insert into service_node_figures select token, '{"lostLines":"node_b: 7"}' from service_node where node = 'node_b'`,
    );
    await again(() => a.sweepKeys!());
    expect(await keys()).toEqual(before);
    await cluster.query('delete from service_node_figures');
    await again(() => a.sweepKeys!());
    expect(await keys()).toEqual([]);
  });

  test('a node that did not run compares its disk at its start, also of the others, where keys and record went back together', async () => {
    const both = [cluster.databaseUrl, cluster.keysDatabaseUrl];
    await record(a, 'before');
    await standby.stops(both);
    await record(a, 'lost');
    await again(() => a.auditLog.checkpoint('time'));
    await again(() => b.auditLog.checkpoint('time'));
    await a.close();
    await b.close();
    // It signed its own stop last, after that of the other.
    const seen = keptBy('b').chains;
    await standby.takesOver(both);
    const restarted = await cluster.start('b');
    const lost = restarted.auditLog.lost();
    expect(lost.map(({ chain, through }) => [chain, through]).sort()).toEqual([
      ['node_a', seen.node_a!.seq],
      ['node_b', seen.node_b!.seq],
    ]);
    expect(lost.every(({ from }) => from !== undefined)).toBe(true);
    expect((await restarted.auditLog.verify()).damage).toMatchObject({ is: 'truncated' });
  });
});
