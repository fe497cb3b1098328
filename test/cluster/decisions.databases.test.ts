import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { circumstancesIn, planMatching, testPicture } from '../../service/engine/matching/index.ts';
import { currentEmbedders } from '../../service/engine/models/index.ts';
import type { SubjectId } from '../../service/lib/id.ts';
import { consentOfAll, operator } from '../support/engine.ts';
import { direction } from '../support/faces.ts';
import { findPostgres } from '../support/postgres.ts';
import { startTwoNodes, type TwoNodes } from './two-nodes.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code }) => code,
  );

const binaries = findPostgres();
/** People who come to both nodes at one moment. */
const NEWCOMERS = 40;

describe.skipIf(binaries === undefined)('decisions of two nodes at one moment', () => {
  let cluster: TwoNodes;
  beforeAll(async () => {
    cluster = await startTwoNodes(binaries!);
  });
  afterAll(() => cluster?.close());
  const realm = () => ({ organization: cluster.organization, world: 'test' as const });
  const faceOf = (node: Gatehouse, name: string) =>
    Object.fromEntries(
      currentEmbedders(node.models.current().scorers).map((embedder) => [
        embedder,
        direction(`${name}/${embedder}`, 256),
      ]),
    );
  async function read<Row extends pg.QueryResultRow>(statement: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: cluster.databaseUrl });
    await client.connect();
    const { rows } = await client.query<Row>(statement);
    await client.end();
    return rows;
  }

  test('one newcomer at both is one human, each time', async () => {
    const judge = async (node: Gatehouse, name: string) =>
      node.uniqueness.judge(
        {
          realm: realm(),
          scope: 'survey',
          policy: 'off',
          embeddings: faceOf(node, name),
          plan: planMatching(
            await node.checks.getProfile(cluster.organization, 'default'),
            circumstancesIn(node, realm()),
          ),
          pixelHash: name,
          quality: 1,
          session: `session of ${name}`,
          actor: operator,
        },
        async (_, judged) => judged,
      );
    const outcomes: string[] = [];
    for (let n = 0; n < NEWCOMERS; n++) {
      const both = await Promise.all(cluster.nodes.map((node) => judge(node, `newcomer ${n}`)));
      outcomes.push(
        both
          .map(({ outcome }) => outcome)
          .toSorted()
          .join(),
      );
      expect(new Set(both.map(({ humanId }) => humanId)).size).toBe(1);
    }
    expect(outcomes).toEqual(Array.from({ length: NEWCOMERS }, () => 'known,new'));
    expect(await read('select count(*)::int as members from uniqueness_member')).toEqual([
      { members: NEWCOMERS },
    ]);
  });

  test('one face under two addresses is enrolled once, each time', async () => {
    const picture = testPicture('verified');
    const [{ organizations }] = cluster.nodes;
    await organizations.attestConsent(cluster.organization, consentOfAll, operator);
    await organizations.set(cluster.organization, { uniquenessPolicy: 'block' }, operator);
    for (let round = 0; round < 10; round++) {
      const both = await Promise.all(
        cluster.nodes.map(({ checks }, n) =>
          codeOf(checks.enroll({ ...realm(), email: `${round}-${n}@example.com`, picture, actor: operator })),
        ),
      );
      expect(both.toSorted()).toEqual(['DUPLICATE_IDENTITY', 'done']);
      const [person] = await read<{ id: SubjectId }>(
        "select id from subject where member_of is null and world = 'test'",
      );
      await cluster.nodes[0].erasure.erase(realm(), person!.id, { reason: 'request', actor: operator });
    }
  });

  test('what both write at once runs out of no retries', async () => {
    const enroll = (node: Gatehouse, name: string) =>
      node.subjects.enroll(
        realm(),
        { email: `${name}@example.com`, embeddings: faceOf(node, name), quality: 1, confirmed: true },
        operator,
      );
    const work = Array.from({ length: 60 }, (_, n) => enroll(cluster.nodes[n % 2]!, `person-${n}`));
    const enrolled = await Promise.all(work);
    expect(new Set(enrolled.map(({ subject }) => subject.id)).size).toBe(60);
    await Promise.all(cluster.nodes.map(({ relay }) => relay.relay()));
    const ids = enrolled.map(({ subject }) => `'${subject.id}'`).join();
    expect(
      await read(`select count(*)::int as events, count(distinct seq)::int as numbers, count(relayed_at)::int as relayed
        from outbox where subject in (${ids})`),
    ).toEqual([{ events: 60, numbers: 60, relayed: 60 }]);
  });
});
