import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import {
  type JoinToken,
  joinRecord,
  readJoinToken,
  signRequest,
  verifierOf,
  writeJoinToken,
} from '../../service/storage/master/join-token.ts';
import { createMasterCare } from '../../service/storage/master/master-care.ts';
import { createMasterKey, makeNodeKeyPair, wrapBound } from '../../service/storage/master/master-key.ts';
import {
  type Admitted,
  createNodeJoins,
  type NodeJoins,
  TOKEN_LIFE,
} from '../../service/storage/master/node-joins.ts';
import { type NodeVault, type NodeVaults, openNodeVaults } from '../support/node-vaults.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';

const binaries = findPostgres();
const appliance = 'apl_01test';
const organization = 'org_1' as OrganizationId;
const words = 'correct horse battery staple';

describe.skipIf(binaries === undefined)('the master key for the own key of a node', () => {
  let server: TestPostgres;
  let nodes: NodeVaults;
  let first: NodeVault;
  let joins: NodeJoins;
  let now: number;
  let admitted: Admitted[];

  beforeAll(async () => {
    server = await startPostgres(binaries!);
  });
  afterAll(() => server?.stop());
  beforeEach(async () => {
    now = Date.now();
    admitted = [];
    nodes = await openNodeVaults(server);
    first = await nodes.start('a');
    await first.vault.sealer.createOrganization(organization);
    await first.vault.keys.addNote('appliance/id', appliance);
    joins = createNodeJoins({
      keys: first.vault.keys,
      master: first.vault.master,
      appliance,
      self: 'node_a',
      clock: { now: () => now },
      log: silentLog,
    });
  });
  afterEach(() => nodes.stop());

  const answer = () => joins.answer(async (node) => void admitted.push(node));
  const tokenOf = async () => readJoinToken((await joins.makeToken()).token)!;
  const ask = (name: string, token: JoinToken, passphrase?: string) =>
    joinRecord({
      data: nodes.dataOf(name),
      keysDatabaseUrl: nodes.keysUrl,
      token,
      name,
      passphrase,
      patience: 20_000,
    });
  /** While `work` goes on, the first node answers what asks. */
  async function answering<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    while (!over) await answer();
    return work;
  }
  const joinAs = async (name: string, passphrase?: string) =>
    answering(ask(name, await tokenOf(), passphrase));
  const openedBy = ({ vault }: NodeVault) => vault.sealer.emailHash(organization, 'ada@example.com');
  /** What a reader of the key store sees. */
  async function keyStoreText(): Promise<string> {
    const texts = [];
    for (const table of ['service_join_token', 'service_join_request', 'service_node_key', 'note'])
      texts.push(JSON.stringify((await nodes.keys.query(`select * from ${table}`)).rows));
    return texts.join('\n');
  }
  const masterBytes = () =>
    readFileSync(join(nodes.dataOf('a'), 'master.key'), 'utf8')
      .trim()
      .split(' ')[1]!;

  test('a machine that joins opens the keys by itself, and has no file of the master key', async () => {
    const { node } = await joinAs('b');
    expect(readdirSync(nodes.dataOf('b')).sort()).toEqual(['node.json', 'node.key']);
    for (const file of ['node.json', 'node.key'])
      expect(readFileSync(join(nodes.dataOf('b'), file), 'utf8')).not.toContain(masterBytes());
    const second = await nodes.start('b');
    expect(openedBy(second)).toBe(openedBy(first));
    expect(second.vault.master.id).toBe(first.vault.master.id);
    expect(existsSync(join(nodes.dataOf('b'), 'master.key'))).toBe(false);
    expect(admitted).toMatchObject([{ node, name: 'b' }]);
    expect(await joins.list()).toMatchObject([
      { id: 'node_a', running: { version: '0.2.0' } },
      { id: node, name: 'b', joinedAt: now, running: { version: '0.2.0' } },
    ]);
  });

  test('a passphrase protects its own key, and can be another one later', async () => {
    await joinAs('b', words);
    await expect(nodes.start('b')).rejects.toMatchObject({ code: 'SEALED' });
    const wrong = nodes.start('b', undefined, (open) => open('wrong horse battery staple'));
    await expect(wrong).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' });
    const second = await nodes.start('b', undefined, (open) => open(words));
    expect(openedBy(second)).toBe(openedBy(first));
    const { keys, master, sources } = second.vault;
    const care = createMasterCare({ keys, master, sources, clock: { now: () => now } });
    await care.changePassphrase(words, 'staple battery horse correct');
    await second.stop();
    const again = await nodes.start('b', undefined, (open) => open('staple battery horse correct'));
    expect(openedBy(again)).toBe(openedBy(first));
  });

  test('one token lets one machine in: of two that ask at once, and when it is used again', async () => {
    const token = await tokenOf();
    const both = await answering(Promise.allSettled([ask('b', token), ask('c', token)]));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await first.vault.keys.nodeKeys!.list()).length).toBe(1);
    await expect(ask('d', token)).rejects.toThrow('was used, or has ended');
    expect(existsSync(join(nodes.dataOf('d'), 'node.json'))).toBe(false);
  });

  test('a token ends after a quarter of an hour, and a later end that another program writes ends it at once', async () => {
    const token = await tokenOf();
    expect(await answer()).toBe(now + TOKEN_LIFE);
    now += TOKEN_LIFE;
    expect(await answer()).toBeUndefined();
    await expect(ask('b', token)).rejects.toThrow('was used, or has ended');
    const other = await tokenOf();
    await nodes.keys.query('update service_join_token set expires_at = expires_at + 1');
    await expect(answering(ask('b', other))).rejects.toThrow('was used, or has ended');
  });

  test('a token of another appliance is refused before anything is written', async () => {
    const token = await tokenOf();
    const other = readJoinToken(writeJoinToken({ ...token, appliance: 'apl_other' }))!;
    await expect(ask('b', other)).rejects.toThrow('of another appliance');
    expect((await nodes.keys.query('select * from service_join_request')).rows).toEqual([]);
    expect(existsSync(nodes.dataOf('b'))).toBe(false);
  });

  test('who reads the key store finds neither the token nor the master key', async () => {
    const token = await tokenOf();
    const before = await keyStoreText();
    await answering(ask('b', token));
    const key = Buffer.from(masterBytes(), 'base64url');
    const secret = Buffer.from(token.secret, 'base64url');
    for (const text of [before, await keyStoreText()])
      for (const hidden of [key, secret, createHash('sha256').update(secret).digest()])
        for (const form of ['base64url', 'base64', 'hex'] as const)
          expect(text).not.toContain(hidden.toString(form));
  });

  test('who writes to the key store is not given the master key', async () => {
    const token = await tokenOf();
    const own = makeNodeKeyPair();
    const forged = readJoinToken(writeJoinToken({ ...token, id: 'ForgedForged' }))!;
    const put = (by: JoinToken, node: string) => {
      const request = { token: by.id, node, name: node, publicKey: own.publicKey };
      return nodes.keys.query('insert into service_join_request values ($1, $2, $3, $4, $5)', [
        by.id,
        node,
        node,
        own.publicKey,
        signRequest({ ...by, secret: Buffer.alloc(32, 7).toString('base64url') }, request),
      ]);
    };
    // Without the secret of an open token, and with a token of their own.
    await put(token, 'node_x');
    await nodes.keys.query('insert into service_join_token values ($1, $2, $3)', [
      forged.id,
      now + TOKEN_LIFE,
      Buffer.from(verifierOf({ secret: Buffer.alloc(32, 7).toString('base64url') })).toString('base64url'),
    ]);
    await put(forged, 'node_y');
    await answer();
    expect(admitted).toEqual([]);
    expect(await first.vault.keys.nodeKeys!.list()).toEqual([]);
    expect((await nodes.keys.query('select id from service_join_token')).rows).toEqual([{ id: token.id }]);
    // The request of a machine, with another key in it.
    const joining = ask('b', token);
    let rows = 0;
    while (rows === 0)
      rows = (await nodes.keys.query('update service_join_request set public_key = $1', [own.publicKey]))
        .rowCount!;
    await expect(answering(joining)).rejects.toThrow('was used, or has ended');
    expect(admitted).toEqual([]);
  });

  test.each(['its own id', 'the id that the token names'])(
    'a machine takes no master key that another program made, under %s',
    async (under) => {
      const token = await tokenOf();
      const settled = ask('b', token).catch((error: unknown) => error);
      const asked = async () =>
        (await nodes.keys.query<{ node: string; public_key: string }>('select * from service_join_request'))
          .rows[0];
      let request = await asked();
      while (!request) request = await asked();
      const { node, public_key: publicKey } = request;
      const theirs = createMasterKey(new Uint8Array(32).fill(9));
      const master = under === 'its own id' ? theirs.id : token.master;
      const wrapped = await theirs.wrapItself(
        publicKey,
        wrapBound({ appliance, node, token: token.id, master }),
      );
      const text = Buffer.from(wrapped).toString('base64url');
      await nodes.keys.query('insert into service_node_key values ($1, $2, $3, $4, $5, $6, $7, $8)', [
        node,
        'b',
        publicKey,
        '',
        token.id,
        master,
        text,
        now,
      ]);
      expect(await settled).toMatchObject({ code: 'SEALED' });
      expect(existsSync(join(nodes.dataOf('b'), 'node.json'))).toBe(false);
    },
  );

  test('a node that is removed while it does not run opens nothing when it starts', async () => {
    const { node } = await joinAs('b');
    await (await nodes.start('b')).stop();
    const [kept] = (await nodes.keys.query('select * from service_node_key')).rows;
    await joins.remove(node);
    await expect(nodes.start('b')).rejects.toThrow('was removed');
    await expect(joins.remove(node)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(joins.remove('node_a')).rejects.toMatchObject({ code: 'CONFLICT' });
    // Its row under the name of another node opens nothing.
    const { node: other } = await joinAs('c');
    await nodes.keys.query('update service_node_key set wrapped = $1 where node = $2', [kept.wrapped, other]);
    await expect(nodes.start('c')).rejects.toMatchObject({ code: 'SEALED' });
  });

  test('a new master key reaches a node that does not run, and none whose row another program wrote', async () => {
    await joinAs('b');
    const { keys, master, sources } = first.vault;
    const care = createMasterCare({ keys, master, sources, clock: { now: () => now } });
    const { is } = await care.rotate(undefined);
    const second = await nodes.start('b');
    expect(second.vault.master.id).toBe(is);
    expect(openedBy(second)).toBe(openedBy(first));
    await expect(
      createMasterCare({ ...second.vault, clock: { now: () => now } }).rotate(undefined),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
    await second.stop();
    await nodes.keys.query('update service_node_key set public_key = $1', [makeNodeKeyPair().publicKey]);
    await expect(care.rotate(undefined)).rejects.toThrow('was not written by a node of this record');
    expect(master.id).toBe(is);
  });

  test('the node that joined can keep a new master key itself, where the first one is lost', async () => {
    const { node } = await joinAs('b');
    await first.stop();
    const second = await nodes.start('b');
    const { keys, master, sources } = second.vault;
    const care = createMasterCare({ keys, master, sources, clock: { now: () => now } });
    const { is, left } = await care.toFile(undefined);
    expect(left).toBeUndefined();
    expect(await keys.nodeKeys!.find(node)).toBeUndefined();
    await second.stop();
    expect(readdirSync(nodes.dataOf('b'))).not.toContain('node.json');
    expect((await nodes.start('b')).vault.master.id).toBe(is);
  });
});
