import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { operator } from '../support/engine.ts';
import { ownModel } from '../support/own-model.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { openNodes } from '../support/two-nodes.ts';

const binaries = findPostgres();

describe.skipIf(binaries === undefined)('imported models of several nodes', () => {
  let server: TestPostgres;
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  let a: Gatehouse;
  let b: Gatehouse;
  beforeAll(async () => {
    server = await startPostgres(binaries!);
    nodes = await openNodes(server);
    // As long as it is alone, its imports are in its folder only.
    const alone = await nodes.start('a', { alone: true });
    await alone.models.import(ownModel('first', 1), operator);
    await nodes.stop(alone);
    a = await nodes.start('a');
    b = await nodes.start('b');
  });
  afterAll(async () => {
    await nodes?.close();
    await server?.stop();
  });

  const folderOf = (name: string) => join(nodes.dataOf(name), 'models');
  const filesOf = (name: string) =>
    readdirSync(folderOf(name))
      .filter((file) => file.endsWith('.onnx'))
      .map((file) => [file, readFileSync(join(folderOf(name), file))]);
  const imported = async (node: Gatehouse) =>
    (await node.models.list()).filter(({ origin }) => origin === 'imported').map(({ id }) => id);

  test('what the first node had imported before there were others is there for all', async () => {
    expect(await imported(b)).toEqual(['first']);
    expect(filesOf('b')).toEqual(filesOf('a'));
  });

  test('are fetched by each node, with what was imported in the place of another, and removed with it', async () => {
    await a.models.import(ownModel('second', 2), operator);
    await b.position.catchUp();
    expect(await imported(b)).toEqual(['first', 'second']);
    await b.models.import(ownModel('second', 3), operator);
    await b.models.enable('second', { acceptLicenceDoubt: false }, operator);
    await a.position.catchUp();
    expect(filesOf('a')).toEqual(filesOf('b'));
    expect((await a.models.list()).find(({ id }) => id === 'second')).toMatchObject({ enabled: true });
    await b.models.remove('second', operator);
    await a.position.catchUp();
    expect([await imported(a), filesOf('a').length]).toEqual([['first'], 1]);
  });

  test('of which a file is gone or changed at a node are fetched anew at its start', async () => {
    await nodes.stop(b);
    const [file] = readdirSync(folderOf('b')).filter((one) => one.endsWith('.onnx'));
    writeFileSync(join(folderOf('b'), file!), 'another');
    b = await nodes.start('b');
    expect(filesOf('b')).toEqual(filesOf('a'));
    await nodes.stop(b);
    rmSync(folderOf('b'), { recursive: true });
    b = await nodes.start('b');
    expect(filesOf('b')).toEqual(filesOf('a'));
  });

  test('whose bytes another program changed in the database are not used where they have to be fetched', async () => {
    await a.models.import(ownModel('third', 4), operator);
    await nodes.query(`update model_part set bytes = '\\x00' where sha256 = $1`, [
      ownModel('third', 4).entry.sha256,
    ]);
    await b.position.catchUp();
    expect([await imported(b), b.models.damaged()]).toEqual([['first'], ['third']]);
    expect(await imported(a)).toEqual(['first', 'third']);
    // Imported again it is there for all.
    await a.models.remove('third', operator);
    await a.models.import(ownModel('third', 4), operator);
    await b.position.catchUp();
    expect([await imported(b), b.models.damaged()]).toEqual([['first', 'third'], []]);
  });
});
