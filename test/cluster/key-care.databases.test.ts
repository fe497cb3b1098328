import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { operator } from '../support/engine.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { sparing } from '../support/sparing.ts';

const binaries = findPostgres();
const WAIT = { timeout: 30_000 };

describe.skipIf(binaries === undefined)('keys of two services on one PostgreSQL', () => {
  let server: TestPostgres;
  let folder: string;
  let keysDatabaseUrl: string;
  let nodes: [Gatehouse, Gatehouse];
  let organization: OrganizationId;

  beforeAll(async () => {
    server = await startPostgres(binaries!);
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-nodes-'));
    const databaseUrl = await server.createDatabase();
    keysDatabaseUrl = await server.createDatabase();
    const start = (name: string) => {
      const data = join(folder, name);
      mkdirSync(data, { recursive: true });
      if (name !== 'a') copyFileSync(join(folder, 'a', 'master.key'), join(data, 'master.key'));
      return compose(parseConfig({ data, databaseUrl, keysDatabaseUrl, ...sparing }, {}), {
        log: silentLog,
        workers: 'when-needed',
        node: { id: `node_${name}`, version: '0.2.0', address: `http://127.0.0.1/${name}` },
      });
    };
    const a = await start('a');
    organization = (await a.organizations.create({ name: 'Museum' }, operator)).id;
    nodes = [a, await start('b')];
  });
  afterAll(async () => {
    for (const node of nodes ?? []) await node.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

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
    const admin = new pg.Client({ connectionString: keysDatabaseUrl });
    await admin.connect();
    await admin.query("delete from service_node where node = 'node_b'");
    await admin.end();
    await expect(b.position.catchUp()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await a.position.catchUp();
  });
});
