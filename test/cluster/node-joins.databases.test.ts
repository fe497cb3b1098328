import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../service/cli/program.ts';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { readJoinToken } from '../../service/storage/master/join-token.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('a machine that joins the nodes of a record', () => {
  let nodes: StartedNodes<['a']>;
  let a: Gatehouse;

  beforeAll(async () => {
    nodes = await startNodes('a');
    [a] = nodes.nodes;
  });
  afterAll(() => nodes?.close());

  test('token, join, start, list and removal while it runs, each with its line in the log', async () => {
    const made = await a.nodeKeys.createToken(undefined, operator);
    const token = readJoinToken(made.token)!;
    const file = join(nodes.dataOf('a'), 'token');
    writeFileSync(file, made.token, { mode: 0o600 });
    const urls = ['--database-url', nodes.databaseUrl, '--keys-database-url', nodes.keysDatabaseUrl];
    const words = ['node', 'join', '--token-file', file, '--data', nodes.dataOf('b'), '--name', 'second'];
    expect(await runProgram([...words, ...urls])).toBe(0);
    expect(await runProgram([...words, ...urls])).toBe(1); // the directory is one already
    const node = (await a.nodeKeys.list()).find(({ name }) => name === 'second')!.id;
    const b = await nodes.start('b');
    expect((await b.organizations.list()).map(({ name }) => name)).toEqual(['Museum']);
    expect(await a.nodeKeys.list()).toMatchObject([
      { id: 'node_a', running: true },
      { id: node, name: 'second', running: true, address: nodes.addressOf('b') },
    ]);
    await expect(b.nodeKeys.remove(node, operator)).rejects.toMatchObject({ code: 'CONFLICT' });
    await a.nodeKeys.remove(node, operator);
    await expect(b.organizations.create({ name: 'Harbour' }, operator)).rejects.toThrow('removed this one');
    expect((await a.organizations.list()).map(({ name }) => name)).toEqual(['Museum']);
    await b.close();
    await expect(nodes.start('b')).rejects.toThrow('was removed');
    const lines = await nodes.query<Record<string, string>>(
      `select actor, action, target, outcome, details from audit
       where action ~ '^node[.](token|admit|remove)' order by at, seq`,
    );
    expect(lines.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'node.token.begin done',
      'node.token done',
      'node.admit done',
      'node.remove.begin done',
      'node.remove refused',
      'node.remove.begin done',
      'node.remove done',
    ]);
    expect(lines.filter(({ target }) => target === node)).toMatchObject([
      { action: 'node.admit', actor: 'appliance:nodes' },
      // What the verifier of the log goes by: its chain may be silent from here on.
      { action: 'node.remove', outcome: 'done' },
    ]);
    expect(JSON.stringify(lines)).not.toContain(token.secret);
  });
});
