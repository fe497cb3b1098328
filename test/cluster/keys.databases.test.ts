import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLedger } from '../../service/engine/people/erasure/ledger.ts';
import type { ErasureId, OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { verifySignature } from '../../service/storage/keys/signing-keys.ts';
import type { Vault } from '../../service/storage/keys/vault.ts';
import { type NodeVault, type NodeVaults, openNodeVaults } from '../support/node-vaults.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const clock = { now: () => Date.now() };
const organization = 'org_1' as OrganizationId;
const ada = 'sub_ada' as SubjectId;
const context = { organization, subject: ada, field: 'subject.email', version: 1 };

describe.skipIf(binaries === undefined)('the keys of two nodes', () => {
  let server: TestPostgres;
  let nodes: NodeVaults;
  let first: NodeVault;
  let a: Vault;
  let b: Vault;

  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    nodes = await openNodeVaults(server);
    first = await nodes.start('a');
    a = first.vault;
    await a.sealer.createOrganization(organization);
    b = (await nodes.start('b')).vault;
  });
  afterEach(() => nodes.stop());

  const follow = (vault: Vault) => vault.keys.position.catchUp();
  const seal = ({ sealer }: Vault) => sealer.seal(context, Buffer.from('ada@example.com'));
  const kidOf = ({ signing }: Vault) => signing.keyPair('administrators').kid;

  test('a person who is destroyed at one is not opened at the other, which opened this one before', async () => {
    await a.sealer.createPerson(organization, ada);
    const sealed = await seal(a);
    expect(Buffer.from(await b.sealer.open(context, sealed)).toString()).toBe('ada@example.com');
    await a.sealer.destroyPerson(ada);
    await expect(b.sealer.open(context, sealed)).rejects.toMatchObject({ code: 'SUBJECT_NOT_FOUND' });
    expect(await b.sealer.openMany([{ context, sealed }])).toEqual([{ is: 'erased' }]);
  });

  test('an organization that one makes is open at the other', async () => {
    const second = 'org_2' as OrganizationId;
    expect(() => b.sealer.emailHash(second, 'ada@example.com')).toThrow('holds no key');
    await a.sealer.createOrganization(second);
    await follow(b);
    expect(b.sealer.emailHash(second, 'ada@example.com')).toBe(a.sealer.emailHash(second, 'ada@example.com'));
    expect(b.sealer.transforms.generations(second)).toEqual([1]);
  });

  test('no key of a person is wrapped by a generation that the other has replaced, or lost because it is newer', async () => {
    await a.sealer.createPerson(organization, ada);
    const sealed = await seal(a);
    await a.organizations.addGeneration(organization);
    // What B has in memory ends at the first generation.
    const bea = 'sub_bea' as SubjectId;
    await b.sealer.createPerson(organization, bea);
    expect((await b.keys.persons([bea])).map(({ generation }) => generation)).toEqual([2]);
    await expect(a.organizations.dropOlder(organization)).rejects.toMatchObject({ code: 'CONFLICT' });
    await a.organizations.addGeneration(organization);
    const cy = 'sub_cy' as SubjectId;
    await a.sealer.createPerson(organization, cy);
    const ofCy = await a.sealer.seal({ ...context, subject: cy }, Buffer.from('cy'));
    expect(Buffer.from(await b.sealer.open({ ...context, subject: cy }, ofCy)).toString()).toBe('cy');
    expect(Buffer.from(await b.sealer.open(context, sealed)).toString()).toBe('ada@example.com');
  });

  test('nothing of an organization whose keys one replaced is made or opened at the other', async () => {
    const [hash, own] = [
      b.sealer.emailHash(organization, 'ada@example.com'),
      b.sealer.sealOwn({ organization, field: 'webhook.secret', version: 1 }, Buffer.from('s')),
    ];
    await a.sealer.replaceOrganization(organization);
    await follow(b);
    expect(b.sealer.emailHash(organization, 'ada@example.com')).not.toBe(hash);
    expect(() => b.sealer.openOwn({ organization, field: 'webhook.secret', version: 1 }, own)).toThrow();
    expect(b.organizations.generations(organization)).toEqual([2]);
    expect(b.sealer.transforms.generations(organization)).toEqual([2]);
    expect(b.sealer.transforms.secrets(organization).size).toBe(1);
  });

  test('a signing key that one rotated is not used by the other, and none of two rotations is lost', async () => {
    const first = kidOf(a);
    await a.signing.rotate('administrators', clock.now());
    const second = kidOf(a);
    await expect(b.signing.rotate('administrators')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(kidOf(b)).toBe(first);
    await follow(b);
    expect(kidOf(b)).toBe(second);
    await b.signing.rotate('administrators');
    await follow(a);
    const known = a.signing.publicKeys().filter(({ purpose }) => purpose === 'administrators');
    expect(known.map(({ kid }) => kid)).toEqual([first, second, kidOf(b)]);
    expect(known[0]!.until).toBeLessThanOrEqual(clock.now());
    expect(kidOf(a)).toBe(kidOf(b));
  });

  test('an idle node looks by itself', async () => {
    await a.signing.rotate('tokens');
    await expect
      .poll(() => b.signing.keyPair('tokens').kid, { timeout: 20_000 })
      .toBe(a.signing.keyPair('tokens').kid);
    const left = async () => (await nodes.keys.query('select from service_key_change')).rowCount;
    await expect.poll(left, { timeout: 20_000 }).toBe(0);
  });

  test('a key of a scope that both make is one, and makes nothing at the other once it is destroyed', async () => {
    await Promise.all([a, b].map(({ sealer }) => sealer.scopeKeys.make(organization, 'epoch 1')));
    const mac = ({ sealer }: Vault) => sealer.scopeKeys.mac(organization, 'epoch 1', 'a person');
    expect(mac(a)).toBe(mac(b));
    await a.sealer.scopeKeys.destroy(organization, 'epoch 1');
    await follow(b);
    expect(() => mac(b)).toThrow('lacks the key');
    expect(b.sealer.scopeKeys.names(organization)).toEqual([]);
  });

  test('a rotation of templates that both begin is one', async () => {
    await Promise.all([a, b].map(({ sealer }) => sealer.transforms.add(organization)));
    const vector = Float32Array.from({ length: 8 }, (_, i) => i);
    expect(b.sealer.transformOf(organization, 2).rotate(vector)).toEqual(
      a.sealer.transformOf(organization, 2).rotate(vector),
    );
    await a.sealer.transforms.dropOlder(organization);
    await follow(b);
    expect(b.sealer.transforms.generations(organization)).toEqual([2]);
  });

  test('the list of erasures is one chain, at whichever node an entry is appended', async () => {
    const ledgers = [a, b].map(({ keys, signing }) =>
      createLedger({
        keys,
        signing: { sign: signing.sign, publicKeys: signing.publicKeys, verify: verifySignature },
      }),
    );
    const entryOf = (n: number) => ({
      erasure: `ers_${n}` as ErasureId,
      subject: `sub_${n}` as SubjectId,
      organization,
      world: 'live' as const,
      at: new Date(0).toISOString(),
    });
    const places = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => ledgers[n % 2]!.append(entryOf(n))));
    expect(places.map(({ seq }) => seq).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const again = await Promise.all(ledgers.map((ledger) => ledger.append(entryOf(7))));
    expect(again[0]).toEqual(again[1]);
    for (const ledger of ledgers) expect((await ledger.entries()).size).toBe(7);
  });

  test('a small fact that both would note first is one', async () => {
    const noted = await Promise.all([a, b].map(({ keys }, i) => keys.addNote('appliance/id', `apl_${i}`)));
    expect(noted[0]).toBe(noted[1]);
    expect(await a.keys.note('appliance/id')).toBe(noted[0]);
  });

  test('a copy of the key store is current, whichever node writes between', async () => {
    const stick = join(nodes.folder, 'stick');
    mkdirSync(stick);
    await a.copies.add(stick);
    await b.keys.setNote('one', '1');
    await a.keys.setNote('two', '2');
    await b.keys.setNote('three', '3');
    await expect.poll(async () => (await a.copies.sync())[0]!.state).toBe('current');
    const { revision } = await a.keys.state();
    expect(await a.keys.writerAt(revision)).toBe(await b.keys.writerAt(revision));
  });

  test('what is deleted is made unreadable once for all, also after the process that deleted it was killed', async () => {
    const fileOf = async () =>
      (await nodes.keys.query("select pg_relation_filenode('person_key') as file")).rows[0].file;
    const due = async () => (await nodes.keys.query('select about from service_key_vacuum')).rows;
    const people = [0, 1, 2, 3].map((n) => `sub_${n}` as SubjectId);
    for (const [i, subject] of people.entries())
      await [a, b][i % 2]!.sealer.createPerson(organization, subject);
    await Promise.all(people.map((subject, i) => [a, b][i % 2]!.sealer.destroyPerson(subject)));
    expect(await due()).toEqual([]);
    const before = await fileOf();
    await nodes.keys.query("insert into service_key_vacuum values ('person_key', 1)");
    expect(await b.keys.stillReadable()).toBeUndefined();
    expect(await due()).toEqual([]);
    expect(await fileOf()).not.toBe(before);
    const after = await fileOf();
    expect(await a.keys.stillReadable()).toBeUndefined();
    expect(await fileOf()).toBe(after);
  });

  test('while another program reads the keys what is deleted is reported as readable, and no one else waits long for it', async () => {
    const people = [0, 1, 2].map((n) => `sub_${n}` as SubjectId);
    for (const subject of people) await a.sealer.createPerson(organization, subject);
    await nodes.keys.query('begin');
    await nodes.keys.query('select from person_key');
    let waited = 0;
    let ends = false;
    const reads = (async () => {
      while (!ends) {
        const began = performance.now();
        await b.keys.persons(people);
        waited = Math.max(waited, performance.now() - began);
      }
    })();
    for (const subject of people) {
      const { existed, copies } = await a.sealer.destroyPerson(subject);
      expect(existed).toBe(true);
      expect(copies).toMatchObject([{ place: 'the key store', own: true, state: 'unreachable' }]);
    }
    ends = true;
    await reads;
    expect(waited).toBeLessThan(2_000);
    await nodes.keys.query('commit');
    await expect
      .poll(async () => (await a.sealer.destroyPersons(people)).copies, { timeout: 30_000 })
      .toEqual([]);
  });

  test('a node that was removed, or reads an older key store than before, answers nothing until it is restarted', async () => {
    await a.keys.setNote('one', '1');
    await follow(b);
    await nodes.keys.query('update store_state set revision = revision - 1');
    await expect(follow(b)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('older than what this node has read'),
    });
    await nodes.keys.query('update store_state set revision = revision + 10');
    await expect(follow(b)).rejects.toThrow('older than what this node has read');
    expect(() => b.keys.requireWriter()).toThrow('older than what this node has read');
    a.keys.requireWriter();
    await follow(a);
    await nodes.keys.query("delete from service_node where node = 'node_a'");
    await expect(follow(a)).rejects.toThrow('removed this one');
  });

  test('a node starts while another makes an organization and its first person', async () => {
    let made = false;
    const { vault } = await nodes.start('c', (db) =>
      db.withPlugin({
        transformQuery: ({ node }) => node,
        async transformResult({ result }) {
          if (made) return result;
          made = true;
          const second = 'org_2' as OrganizationId;
          await a.sealer.createOrganization(second);
          await a.sealer.createPerson(second, ada);
          await first.database.db
            .insertInto('organization')
            .values({
              id: second,
              name: 'Second',
              created_at: 1,
              match_only: 0,
              uniqueness_policy: 'off',
              consent_policy: 'attested',
            })
            .execute();
          return result;
        },
      }),
    );
    expect(vault.organizations.generations('org_2' as OrganizationId)).toEqual([1]);
  });
});
