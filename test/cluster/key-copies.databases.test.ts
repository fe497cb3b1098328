import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { COPY_NAME } from '../../service/storage/key-copies/key-copy-file.ts';
import { type NodeVault, type NodeVaults, openNodeVaults } from '../support/node-vaults.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const organization = 'org_1' as OrganizationId;
const [ada, bea] = ['sub_ada', 'sub_bea'] as SubjectId[] as [SubjectId, SubjectId];

describe.skipIf(binaries === undefined)('copies of the key store of two nodes', () => {
  let server: TestPostgres;
  let nodes: NodeVaults;
  let a: NodeVault;
  let b: NodeVault;
  let stick: string;

  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    nodes = await openNodeVaults(server);
    stick = join(nodes.folder, 'stick');
    mkdirSync(stick);
    a = await nodes.start('a');
    await a.vault.sealer.createOrganization(organization);
    await nodes.record.query(
      `insert into organization (id, name, created_at, match_only, uniqueness_policy, consent_policy) values ($1, 'One', 1, 0, 'off', 'attested')`,
      [organization],
    );
    b = await nodes.start('b');
    await a.vault.copies.add(stick);
    await b.vault.sealer.createPerson(organization, ada);
  });
  afterEach(() => nodes.stop());

  function people(): unknown[] {
    const copy = new Sqlite(join(stick, COPY_NAME), { readonly: true });
    try {
      return copy.prepare('select subject from person_key order by subject').pluck().all();
    } finally {
      copy.close();
    }
  }

  test('a key that one node destroys is gone from the copy of the other when the receipt says so', async () => {
    await a.vault.sealer.createPerson(organization, bea);
    // With what B wrote before it.
    expect(people()).toEqual([ada, bea]);
    expect(await a.vault.copies.list()).toMatchObject([{ place: stick, state: 'current' }]);
    const { existed, copies } = await b.vault.sealer.destroyPerson(ada);
    expect(existed).toBe(true);
    expect(copies).toMatchObject([{ place: stick, state: 'destroyed' }]);
    expect(people()).toEqual([bea]);
  });

  test('a copy whose node does not run is waited for, and has the destruction when it runs again', async () => {
    await a.vault.sealer.createPerson(organization, bea);
    await a.stop();
    const { copies } = await b.vault.sealer.destroyPerson(ada);
    expect(copies).toMatchObject([
      { place: stick, state: 'unreachable', reason: expect.stringContaining('A node that does not run') },
    ]);
    expect(people()).toEqual([ada, bea]);
    await nodes.start('a');
    await expect
      .poll(async () => (await b.vault.sealer.destroyPerson(ada)).copies, { timeout: 20_000 })
      .toMatchObject([{ place: stick, state: 'destroyed' }]);
    expect(people()).toEqual([bea]);
  });

  test('a place is of one node, which the others name, until its machine is gone', async () => {
    expect(await b.vault.copies.list()).toMatchObject([{ place: stick, state: 'current' }]);
    for (const refused of [
      b.vault.copies.add(stick),
      b.vault.copies.remove(stick, { wipe: false }),
      b.vault.copies.attest(stick, { by: 'operator:ada' }),
    ])
      await expect(refused).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('gatehouse a'),
      });
    await a.stop();
    await expect(b.vault.copies.remove(stick, { wipe: false })).rejects.toThrow('does not run');
    expect(await b.vault.copies.attest(stick, { by: 'operator:ada' })).toMatchObject({ place: stick });
    expect(await b.vault.copies.list()).toEqual([]);
    expect((await b.vault.sealer.destroyPerson(ada)).copies).toEqual([]);
  });
});
