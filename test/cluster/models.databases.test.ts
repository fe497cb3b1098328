import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { operator } from '../support/engine.ts';
import { ownModel } from '../support/own-model.ts';
import { binaries, type Nodes, openNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('imported models of several nodes', () => {
  let nodes: Nodes;
  let a: Gatehouse;
  let b: Gatehouse;
  beforeAll(async () => {
    nodes = await openNodes();
    // As long as it is alone, its imports are in its folder only.
    const alone = await nodes.start('a', { alone: true });
    await alone.models.import(ownModel('first', 1), operator);
    await alone.close();
    a = await nodes.start('a');
    b = await nodes.start('b');
  });
  afterAll(() => nodes?.close());

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
    await b.close();
    const [file] = readdirSync(folderOf('b')).filter((one) => one.endsWith('.onnx'));
    writeFileSync(join(folderOf('b'), file!), 'another');
    b = await nodes.start('b');
    expect(filesOf('b')).toEqual(filesOf('a'));
    await b.close();
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
