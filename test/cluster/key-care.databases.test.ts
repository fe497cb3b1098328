import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrganizationId } from '../../service/lib/id.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

const WAIT = { timeout: 30_000 };

describe.skipIf(binaries === undefined)('keys of two services on one PostgreSQL', () => {
  let cluster: StartedNodes;
  let nodes: StartedNodes['nodes'];
  let organization: OrganizationId;

  beforeAll(async () => {
    cluster = await startNodes('a', 'b');
    ({ nodes, organization } = cluster);
  });
  afterAll(() => cluster?.close());

  test('a look of a request brings the keys up to date with the record', async () => {
    const [a, b] = nodes;
    const { is } = await a.custody.rotateSigning('tokens', operator, { atOnce: true });
    await b.position.catchUp();
    expect(b.custody.signingKeys()).toEqual(a.custody.signingKeys());
    expect(b.custody.signingKeys().findLast(({ purpose }) => purpose === 'tokens')!.kid).toBe(is);
    // The secret of the endpoint opens with a key that is younger than the last look.
    const { id } = await a.organizations.create({ name: 'Library' }, operator);
    const realm = { organization: id, world: 'live' as const };
    await a.grants.add(id, '8.8.8.8', '', operator);
    await a.webhooks.add(realm, { family: 'identity', url: 'https://8.8.8.8/hook' }, operator);
    await b.position.catchUp();
    expect(b.webhooks.endpointsFor(realm, 'identity.user.enrolled')).toHaveLength(1);
  });

  test('the secrets of an organization are renewed at one node, with the other in use', async () => {
    const [a, b] = nodes;
    expect(await a.renewals.start(organization, operator)).toMatchObject({ generation: 2 });
    await expect.poll(() => a.renewals.anywhere(organization), WAIT).toEqual({ is: 'none' });
    expect(await b.custody.rotateOrganization(organization, operator)).toMatchObject({ generation: 2 });
    for (const { custody } of nodes)
      await expect.poll(() => custody.organizationRotation(organization), WAIT).toEqual({ is: 'none' });
    await b.position.catchUp();
    expect(await b.renewals.start(organization, operator)).toMatchObject({ generation: 3 });
    await expect.poll(() => b.renewals.anywhere(organization), WAIT).toEqual({ is: 'none' });
  });

  test('a node that was removed from the key store answers nothing from memory', async () => {
    const [a, b] = nodes;
    await cluster.query("delete from service_node where node = 'node_b'", [], {
      of: cluster.keysDatabaseUrl,
    });
    await expect(b.position.catchUp()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await a.position.catchUp();
  });
});
