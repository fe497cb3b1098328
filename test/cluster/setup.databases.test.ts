import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('the first owner, at two nodes at once', () => {
  let cluster: StartedNodes;
  let a: Gatehouse;
  let b: Gatehouse;
  beforeAll(async () => {
    cluster = await startNodes('a', 'b');
    [a, b] = cluster.nodes;
  });
  afterAll(() => cluster?.close());

  test('the token of a node holds over its restart, also when another one starts after it', async () => {
    const { token } = await b.setup.begin();
    expect(token).toBeDefined();
    await b.close();
    b = await cluster.start('b');
    expect((await b.setup.begin()).token).toBe(token);
    expect(await a.setup.begin()).toMatchObject({ at: 'node_b' });
    expect((await b.setup.opening()).token).toBe(token);
  });

  test('there is one token, in the directory of the node that is named, and one owner', async () => {
    const made = await Promise.all([a.setup.begin(), b.setup.begin()]);
    const [token, ...more] = made.flatMap((one) => one.token ?? []);
    expect(more).toEqual([]);
    const holder = made[0].token === undefined ? 'b' : 'a';
    expect(readFileSync(join(cluster.dataOf(holder), 'setup-token'), 'utf8').trim()).toBe(token);
    expect(existsSync(join(cluster.dataOf(holder === 'a' ? 'b' : 'a'), 'setup-token'))).toBe(false);
    expect(made.find((one) => one.token === undefined)).toMatchObject({ is: 'open', at: `node_${holder}` });
    const owner = (name: string) => ({
      email: `${name}@example.com`,
      name,
      password: 'A long password 4711',
    });
    const owners = await Promise.allSettled([
      a.setup.makeOwnerUnattended(cluster.organization, owner('ada'), operator),
      b.setup.makeOwnerUnattended(cluster.organization, owner('bea'), operator),
    ]);
    expect(owners.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(owners.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'SETUP_CLOSED' },
    });
    expect((await a.administrators.list(cluster.organization)).length).toBe(1);
    expect(await b.setup.opening()).toEqual({ is: 'closed' });
  });
});
