import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { circumstancesIn, planMatching, testPicture } from '../../service/engine/matching/index.ts';
import { currentEmbedders } from '../../service/engine/models/index.ts';
import type { SubjectId } from '../../service/lib/id.ts';
import { consentOfAll, operator } from '../support/engine.ts';
import { direction } from '../support/faces.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';
import { report } from './report.ts';

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    ({ code }) => code,
  );

/** People who come to all nodes at one moment: `npm run test:cluster -- --newcomers 1000`. */
const NEWCOMERS = Number(process.env.GATEHOUSE_NEWCOMERS ?? 40);

describe.skipIf(binaries === undefined)('decisions of three nodes at one moment', () => {
  let cluster: StartedNodes<['a', 'b', 'c']>;
  beforeAll(async () => {
    cluster = await startNodes('a', 'b', 'c');
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

  test('one newcomer at all is one human, each time', {
    timeout: 300_000 + NEWCOMERS * 2_000,
  }, async () => {
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
    const split: number[] = [];
    for (let n = 0; n < NEWCOMERS; n++) {
      const all = await Promise.all(cluster.nodes.map((node) => judge(node, `newcomer ${n}`)));
      const outcomes = all.map(({ outcome }) => outcome).toSorted();
      const humans = new Set(all.map(({ humanId }) => humanId)).size;
      if (humans !== 1 || outcomes.join() !== 'known,known,new') split.push(n);
    }
    expect(split).toEqual([]);
    expect(await cluster.query('select count(*)::int as members from uniqueness_member')).toEqual([
      { members: NEWCOMERS },
    ]);
    report({
      what: 'the same newcomer at three nodes at once is one human',
      found: `${NEWCOMERS} of ${NEWCOMERS}`,
    });
  });

  test('one face under three addresses is enrolled once, each time', async () => {
    const picture = testPicture('verified');
    const [{ organizations }] = cluster.nodes;
    await organizations.attestConsent(cluster.organization, consentOfAll, operator);
    await organizations.set(cluster.organization, { uniquenessPolicy: 'block' }, operator);
    for (let round = 0; round < 10; round++) {
      const all = await Promise.all(
        cluster.nodes.map(({ checks }, n) =>
          codeOf(checks.enroll({ ...realm(), email: `${round}-${n}@example.com`, picture, actor: operator })),
        ),
      );
      expect(all.toSorted()).toEqual(['DUPLICATE_IDENTITY', 'DUPLICATE_IDENTITY', 'done']);
      const [person] = await cluster.query<{ id: SubjectId }>(
        "select id from subject where member_of is null and world = 'test'",
      );
      await cluster.nodes[0].erasure.erase(realm(), person!.id, { reason: 'request', actor: operator });
    }
  });

  test('what all write at once runs out of no retries', async () => {
    const enroll = (node: Gatehouse, name: string) =>
      node.subjects.enroll(
        realm(),
        { email: `${name}@example.com`, embeddings: faceOf(node, name), quality: 1, confirmed: true },
        operator,
      );
    const work = Array.from({ length: 60 }, (_, n) => enroll(cluster.nodes[n % 3]!, `person-${n}`));
    const enrolled = await Promise.all(work);
    expect(new Set(enrolled.map(({ subject }) => subject.id)).size).toBe(60);
    await Promise.all(cluster.nodes.map(({ relay }) => relay.relay()));
    const ids = enrolled.map(({ subject }) => `'${subject.id}'`).join();
    expect(
      await cluster.query(`select count(*)::int as events, count(distinct seq)::int as numbers, count(relayed_at)::int as relayed
        from outbox where subject in (${ids})`),
    ).toEqual([{ events: 60, numbers: 60, relayed: 60 }]);
  });
});
