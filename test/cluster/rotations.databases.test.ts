import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import {
  createOrganizationRotations,
  type OrganizationRotations,
} from '../../service/storage/keys/rotate-organization.ts';
import { openKeysInUse } from '../../service/storage/position/keys-in-use.ts';
import { type NodeWorks, openNodeWorks } from '../../service/storage/position/node-works.ts';
import { type NodeVault, type NodeVaults, openNodeVaults } from '../support/node-vaults.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const organization = 'org_1' as OrganizationId;
const WAIT = { timeout: 20_000 };

describe.skipIf(binaries === undefined)('the rotations of two nodes', () => {
  let server: TestPostgres;
  let nodes: NodeVaults;
  let a: NodeVault;
  let b: NodeVault;
  let works: [NodeWorks, NodeWorks];
  let finished: unknown[];

  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    nodes = await openNodeVaults(server);
    a = await nodes.start('a');
    await a.vault.sealer.createOrganization(organization);
    b = await nodes.start('b');
    works = [await openNodeWorks({ ...a, log: silentLog }), await openNodeWorks({ ...b, log: silentLog })];
    finished = [];
  });
  afterEach(async () => {
    for (const one of works) await one.close();
    await nodes.stop();
  });

  const transformsOf = ({ vault }: NodeVault) => vault.sealer.transforms;
  const secrets = async () =>
    (await a.vault.keys.secrets()).map(({ name }) => name).filter((name) => name.startsWith('transform/'));
  const removeB = () => nodes.record.query("delete from service_node where node = 'node_b'");
  function rotations({ vault }: NodeVault, own: NodeWorks): OrganizationRotations {
    const { keys, organizations } = vault;
    return createOrganizationRotations({
      keys,
      organizations,
      log: silentLog,
      works: own,
      async finished(...all) {
        finished.push(all);
      },
    });
  }

  test('a new secret of templates is used once every node knows it, and the old one goes when none uses it any more', async () => {
    const borrowed = transformsOf(b).borrow(organization);
    await transformsOf(a).add(organization);
    expect(a.vault.sealer.transformOf(organization).generation).toBe(1);
    const dropped = transformsOf(a).dropOlder(organization);
    await expect.poll(() => b.vault.sealer.transformOf(organization).generation, WAIT).toBe(2);
    // Nothing but what B is about to store keeps it.
    expect(await secrets()).toEqual([`transform/${organization}/1`, `transform/${organization}/2`]);
    borrowed[Symbol.dispose]();
    await dropped;
    expect(await secrets()).toEqual([`transform/${organization}/2`]);
    await expect.poll(() => transformsOf(b).generations(organization), WAIT).toEqual([2]);
  });

  test('a node that was removed keeps no old secret, and stores nothing more', async () => {
    using _borrowed = transformsOf(b).borrow(organization);
    await transformsOf(a).add(organization);
    const dropped = transformsOf(a).dropOlder(organization);
    await removeB();
    await dropped;
    expect(await secrets()).toEqual([`transform/${organization}/2`]);
    await expect(b.database.inTransaction(async () => {})).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
  });

  test('a node that does not follow is named, and the old secret stays', async () => {
    const inUse = await openKeysInUse({ ...a, log: silentLog, patience: 0 });
    await expect(inUse.past(1_000_000)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('gatehouse b'),
    });
  });

  test('a secret that is not known everywhere yet is not used after a restart, and what was begun goes on', async () => {
    await transformsOf(a).add(organization);
    const c = await nodes.start('c');
    expect(c.vault.sealer.transformOf(organization).generation).toBe(1);
    expect(transformsOf(c).generations(organization)).toEqual([1, 2]);
    await transformsOf(c).dropOlder(organization);
    expect(c.vault.sealer.transformOf(organization).generation).toBe(2);
    expect(await secrets()).toEqual([`transform/${organization}/2`]);
  });

  test('a work is done by one node, and by another once that is removed', async () => {
    const [ofA, ofB] = works;
    const lease = await ofB.lease('renew-templates/org_1');
    await lease!.note({ done: 3, total: 9 });
    expect(await ofA.lease('renew-templates/org_1')).toBeUndefined();
    expect(await ofA.elsewhere('renew-templates/org_1')).toEqual({ done: 3, total: 9 });
    expect(await ofB.elsewhere('renew-templates/org_1')).toBeUndefined();
    await removeB();
    const taken = await ofA.lease('renew-templates/org_1');
    // The node that wakes up ends what is no longer its own.
    await lease!.release();
    expect(await ofA.lease('renew-templates/org_1')).toBeUndefined();
    await taken!.release();
    expect(await ofA.lease('renew-templates/org_1')).toBeDefined();
  });

  test('the key of an organization is rotated by one of two nodes that are asked at once', async () => {
    const people = [0, 1, 2].map((n) => `sub_${n}` as SubjectId);
    for (const subject of people) await a.vault.sealer.createPerson(organization, subject);
    const both = [rotations(a, works[0]), rotations(b, works[1])];
    const started = await Promise.allSettled(both.map((one) => one.start(organization)));
    const begun = started.filter(({ status }) => status === 'fulfilled');
    expect(begun.length).toBeGreaterThan(0);
    await expect.poll(() => finished.length, WAIT).toBe(begun.length);
    for (const one of both) expect(await one.anywhere(organization)).toEqual({ is: 'none' });
    const generation = 1 + begun.length;
    expect((await b.vault.keys.persons(people)).map((row) => row.generation)).toEqual(
      people.map(() => generation),
    );
    expect((await a.vault.keys.organizations()).map((row) => row.generation)).toEqual([generation]);
  });

  test('a rotation that a removed node left is ended by another, and not twice', async () => {
    await a.vault.sealer.createPerson(organization, 'sub_1' as SubjectId);
    expect(await works[1].lease(`rotate-key/${organization}`)).toBeDefined();
    await b.vault.organizations.addGeneration(organization);
    const ofA = rotations(a, works[0]);
    expect(await ofA.resume()).toEqual([]);
    expect(await ofA.anywhere(organization)).toMatchObject({ is: 'running' });
    await removeB();
    expect(await ofA.resume()).toEqual([organization]);
    await expect.poll(() => finished, WAIT).toEqual([[organization, { generation: 2, people: 1 }]]);
    expect(await ofA.resume()).toEqual([]);
  });
});
