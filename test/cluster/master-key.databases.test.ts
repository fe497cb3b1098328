import { readFileSync } from 'node:fs';
import { join as inFolder } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createBackupFiles } from '../../service/compose/backup-files.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createRecurring } from '../../service/lib/recurring.ts';
import type { KeyStore } from '../../service/storage/keys/key-store.ts';
import { joinRecord, readJoinToken } from '../../service/storage/master/join-token.ts';
import { createMasterCare } from '../../service/storage/master/master-care.ts';
import { createNextMasterTaking } from '../../service/storage/master/next-master.ts';
import { createNodeJoins } from '../../service/storage/master/node-joins.ts';
import { type NodeVault, type NodeVaults, openNodeVaults } from '../support/node-vaults.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const organization = 'org_1' as OrganizationId;
const clock = { now: () => Date.now() };
const appliance = 'apl_01test';
const passphrase = 'correct horse battery staple';

describe.skipIf(binaries === undefined)('a new master key while nodes run', () => {
  let server: TestPostgres;
  let nodes: NodeVaults;
  let first: NodeVault;
  let takers: (() => Promise<void>)[];

  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    takers = [];
    nodes = await openNodeVaults(server);
    first = await nodes.start('a');
    await first.vault.sealer.createOrganization(organization);
    await first.vault.keys.addNote('appliance/id', appliance);
    for (const name of ['b', 'c']) await join(name);
  });
  afterEach(async () => {
    for (const stop of takers) await stop();
    await nodes.stop();
  });

  async function join(name: string): Promise<void> {
    const { keys, master } = first.vault;
    const joins = createNodeJoins({ keys, master, appliance, self: 'node_a', clock, log: silentLog });
    const token = readJoinToken((await joins.makeToken()).token)!;
    let over = false;
    const asks = joinRecord({
      data: nodes.dataOf(name),
      keysDatabaseUrl: nodes.keysUrl,
      token,
      name,
      passphrase: undefined,
      patience: 20_000,
    }).finally(() => {
      over = true;
    });
    while (!over) await joins.answer(async () => {});
    await asks;
  }
  /** As the running service does: takes what is given. */
  function takes({ vault: { keys, master, sources } }: NodeVault): () => Promise<void> {
    const take = createNextMasterTaking({
      keys: { nodeKeys: keys.nodeKeys!, note: keys.note },
      master,
      joined: sources.joined!,
      log: silentLog,
    });
    const looks = createRecurring({ log: silentLog });
    looks.every('a new master key', 20, take);
    const { stop } = looks;
    takers.push(stop);
    return stop;
  }
  const rotate = (keys: KeyStore = first.vault.keys, patience = 10_000) =>
    createMasterCare({ ...first.vault, keys, clock, patience }).rotate(undefined);
  const opens = ({ vault }: NodeVault) => vault.sealer.emailHash(organization, 'ada@example.com');
  const follow = ({ vault }: NodeVault) => vault.keys.position.catchUp();
  /** `work` in the place of the write that puts the new key in force. */
  const withRewrap = (work: (write: () => Promise<void>) => Promise<void>): KeyStore => ({
    ...first.vault.keys,
    rewrapMaster: (rewrap) => work(() => first.vault.keys.rewrapMaster(rewrap)),
  });

  test('each has the new one before the old is gone: all go on, and open by themselves after a restart', async () => {
    const [b, c] = [await nodes.start('b'), await nodes.start('c')];
    const before = opens(first);
    for (const node of [b, c]) takes(node);
    const { was, is } = await rotate();
    expect(is).not.toBe(was);
    // Before it has looked: what it writes is under the key in force.
    await b.vault.sealer.createOrganization('org_2' as OrganizationId);
    for (const node of [first, b, c]) {
      await follow(node);
      expect(node.vault.master.id).toBe(is);
      expect(opens(node)).toBe(before);
    }
    await c.vault.signing.rotate('audit');
    await follow(first);
    expect(await first.vault.keys.masters()).toEqual([is]);
    expect((await nodes.keys.query('select * from service_master_next')).rows).toEqual([]);
    await b.stop();
    const again = await nodes.start('b');
    expect(again.vault.master.id).toBe(is);
    expect(opens(again)).toBe(before);
  });

  test('one that does not answer is named, and the old one stays with all; when it is stopped the new one comes', async () => {
    const [b, c] = [await nodes.start('b'), await nodes.start('c')];
    takes(b);
    const was = first.vault.master.id;
    await expect(rotate(undefined, 0)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('gatehouse c'),
    });
    expect(await first.vault.keys.masters()).toEqual([was]);
    for (const node of [first, b, c]) {
      await follow(node);
      expect(node.vault.master.id).toBe(was);
      expect(opens(node)).toBe(opens(first));
    }
    await b.vault.sealer.createOrganization('org_3' as OrganizationId);
    await c.stop();
    const { is } = await rotate();
    await follow(b);
    expect(b.vault.master.id).toBe(is);
    expect((await nodes.start('c')).vault.master.id).toBe(is);
  });

  test('a node that keeps the master key itself is named before anything is made', async () => {
    await nodes.start('d');
    await expect(rotate()).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('gatehouse d'),
    });
  });

  test('a machine that starts in between has the new one too before it is in force', async () => {
    let b = await nodes.start('b');
    let stopTaking = takes(b);
    let tries = 0;
    const { is } = await rotate(
      withRewrap(async (write) => {
        if (++tries === 1) {
          // It answered, and runs again without what it was given.
          await stopTaking();
          await b.stop();
          b = await nodes.start('b');
          stopTaking = takes(b);
        }
        await write();
      }),
    );
    expect(tries).toBe(2);
    await follow(b);
    expect(b.vault.master.id).toBe(is);
    expect(opens(b)).toBe(opens(first));
  });

  test.each([
    ['before the new one is in force', false],
    ['when it is, and not at its place yet', true],
  ])('the node that replaces it is killed %s: nothing is lost', async (_, written) => {
    const b = await nodes.start('b');
    takes(b);
    const before = opens(b);
    const was = b.vault.master.id;
    const cut = new Error('cut');
    const keys: KeyStore = {
      ...withRewrap(async (write) => {
        if (written) await write();
        throw cut;
      }),
      // After a kill no code looks again.
      masters: (() => {
        let looks = 0;
        return () => (++looks > 1 ? Promise.reject(cut) : first.vault.keys.masters());
      })(),
    };
    await expect(rotate(keys)).rejects.toBe(cut);
    await first.stop();
    await follow(b);
    expect(b.vault.master.id === was).toBe(!written);
    expect(opens(b)).toBe(before);
    await b.vault.sealer.createOrganization('org_4' as OrganizationId);
    const again = await nodes.start('a');
    expect(again.vault.master.id).toBe(b.vault.master.id);
    expect(opens(again)).toBe(before);
    const { is } = await createMasterCare({ ...again.vault, clock }).rotate(undefined);
    await follow(b);
    expect(b.vault.master.id).toBe(is);
    expect(opens(b)).toBe(before);
  });

  test.each(['note', 'answer'] as const)(
    'a node whose %s fails once answers at its next look',
    async (what) => {
      const b = await nodes.start('b');
      const { keys, master, sources } = b.vault;
      const nodeKeys = keys.nodeKeys!;
      const unavailable = new Error('unavailable');
      let failed = 0;
      const failsOnce =
        <Words extends unknown[], Result>(work: (...words: Words) => Promise<Result>) =>
        (...words: Words): Promise<Result> =>
          ++failed === 1 ? Promise.reject(unavailable) : work(...words);
      const take = createNextMasterTaking({
        keys: {
          nodeKeys: what === 'answer' ? { ...nodeKeys, answer: failsOnce(nodeKeys.answer) } : nodeKeys,
          note: what === 'note' ? failsOnce(keys.note) : keys.note,
        },
        master,
        joined: sources.joined!,
        log: silentLog,
      });
      const rotated = rotate();
      await expect.poll(() => nodeKeys.givenHere(), { timeout: 10_000 }).toBeDefined();
      await expect(take()).rejects.toBe(unavailable);
      await take();
      const { is } = await rotated;
      await follow(b);
      expect(b.vault.master.id).toBe(is);
    },
  );

  test('the passphrase of one node stays in the key store when another one starts, looks after it, and goes on', async () => {
    const b = await nodes.start('b');
    takes(b);
    const { keys, master } = first.vault;
    await createMasterCare({ ...first.vault, clock }).toPassphrase(passphrase);
    const note = await keys.note('master/passphrase-file');
    expect(note).toBe(readFileSync(inFolder(nodes.dataOf('a'), 'master-passphrase.json'), 'utf8'));
    await follow(b);
    await b.stop();
    const again = await nodes.start('b');
    expect(again.vault.master.id).toBe(master.id);
    const files = createBackupFiles({
      data: nodes.dataOf('b'),
      location: { kind: 'sqlite-memory' },
      vault: again.vault,
      clock,
      log: silentLog,
    });
    await files.keepPassphrase();
    expect(await keys.note('master/passphrase-file')).toBe(note);
  });

  test('a key that another program gives is not taken', async () => {
    const b = await nodes.start('b');
    takes(b);
    const { is } = await rotate();
    await follow(b);
    const run = b.vault.keys.nodeKeys!.run!;
    await nodes.keys.query(
      `insert into service_master_next (run, master, wrapped, attested) values ($1, 'other', 'x', 'x')`,
      [run],
    );
    const read = async () => (await b.vault.keys.nodeKeys!.givenHere())!.answer;
    const take = createNextMasterTaking({
      keys: { nodeKeys: b.vault.keys.nodeKeys!, note: b.vault.keys.note },
      master: b.vault.master,
      joined: b.vault.sources.joined!,
      log: silentLog,
    });
    await take();
    expect(await read()).toBeNull();
    expect(b.vault.master.id).toBe(is);
  });
});
