import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('an erasure where several nodes keep files', () => {
  let nodes: StartedNodes;
  let a: Gatehouse;
  let b: Gatehouse;
  let organization: OrganizationId;
  beforeAll(async () => {
    nodes = await startNodes('a', 'b');
    [a, b] = nodes.nodes;
    organization = nodes.organization;
  });
  afterAll(() => nodes?.close());

  const realm = () => ({ organization, world: 'live' as const });
  const journalOf = (name: string) => join(nodes.dataOf(name), 'imports', `${organization}-live.txt`);
  function writeJournal(name: string): string {
    mkdirSync(join(nodes.dataOf(name), 'imports'), { recursive: true });
    writeFileSync(journalOf(name), 'a hash over a person and a picture\n');
    return journalOf(name);
  }
  let count = 0;
  async function enroll(): Promise<string> {
    const email = `person${count++}@example.com`;
    const [gallery] = a.models.current().galleries;
    const vector = new Float32Array(256).map((_, i) => (i === count ? 1 : 0));
    const consent = { textVersion: 'v1', purposes: ['verification'], method: 'form', legalBasis: 'consent' };
    await a.subjects.enroll(
      realm(),
      {
        email,
        name: 'Ada',
        embeddings: { [gallery!]: vector },
        quality: 0.9,
        mark: 'ab'.repeat(32),
        consent,
      } as never,
      operator,
    );
    return email;
  }
  const order = { reason: 'request', actor: operator } as const;

  test('is whole when every node that runs has cleared its own', async () => {
    const email = await enroll();
    const journals = ['a', 'b'].map(writeJournal);
    const receipt = await a.erasure.erase(realm(), email, order);
    expect(receipt).toMatchObject({ state: 'done', waitingFor: [] });
    expect(journals.map((path) => existsSync(path))).toEqual([false, false]);
  });

  test('waits for a node that does not answer, says which, and no longer once that is removed', async () => {
    await nodes.query(`insert into known_node (node, joined_at) values ('node_hung', 1)`);
    await nodes.query(`insert into service_node select 'its own', 'node_hung', 'gatehouse hung', 'none', version, schema,
      'https://hung.example', 0, joined_at, 7, beaten_at, 0 from service_node where node = 'node_a'`);
    const receipt = await a.erasure.erase(realm(), await enroll(), order);
    expect(receipt).toMatchObject({
      state: 'pending',
      waitingFor: [expect.stringContaining('the node node_hung (https://hung.example)')],
    });
    // The others remove it.
    const stateAfterRetry = async () => {
      await a.erasure.retry();
      return (await a.erasure.receipt(receipt.erasure)).state;
    };
    await expect.poll(stateAfterRetry, { timeout: 60_000 }).toBe('done');
  });

  test('is not waited for by a node that is stopped, which clears its own before it serves again', async () => {
    const email = await enroll();
    await b.close();
    const journal = writeJournal('b');
    expect(await a.erasure.erase(realm(), email, order)).toMatchObject({ state: 'done' });
    expect(existsSync(journal)).toBe(true);
    b = await nodes.start('b');
    expect(existsSync(journal)).toBe(false);
  });

  test('clears what a directory brought along that no node was known to have', async () => {
    const journal = writeJournal('c');
    await nodes.start('c');
    expect(existsSync(journal)).toBe(false);
  });
});
