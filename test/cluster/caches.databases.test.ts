import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import type { followedTables } from '../../service/compose/follow-changes.ts';
import { currentEmbedders } from '../../service/engine/models/index.ts';
import type { OrganizationId, SubjectId } from '../../service/lib/id.ts';
import { operator } from '../support/engine.ts';
import { direction } from '../support/faces.ts';
import { ownModel } from '../support/own-model.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

describe.skipIf(binaries === undefined)('two nodes on one PostgreSQL', () => {
  let cluster: StartedNodes;
  let nodes: StartedNodes['nodes'];
  let organization: OrganizationId;

  beforeAll(async () => {
    cluster = await startNodes('a', 'b');
    ({ nodes, organization } = cluster);
    person = await enroll(nodes[0], 'first@example.com');
  });
  afterAll(() => cluster?.close());

  const enroll = async (at: Gatehouse, email: string) => {
    const embeddings = Object.fromEntries(
      currentEmbedders(at.models.current().scorers).map((embedder) => [embedder, direction(email)]),
    );
    return (await at.subjects.enroll(realm(), { email, embeddings, quality: 1 }, operator)).subject.id;
  };
  let person: SubjectId;
  /** As another program. */
  const write = (statement: string, values: string[]) => cluster.query(statement, values);
  const realm = () => ({ organization, world: 'live' as const });
  /** For each table: what `b` has in memory of it, and a change at `a` that alters the answer. */
  const caches: Record<
    keyof typeof followedTables,
    { answer: (b: Gatehouse) => unknown; change: (a: Gatehouse) => Promise<unknown> }
  > = {
    alert_rule: {
      answer: (b) => b.alerts.watches(realm(), 'spoof-attempts'),
      change: (a) => a.alerts.addRule(realm(), { metric: 'spoof-attempts' }, operator),
    },
    api_key: {
      answer: (b) => b.access.knowsOrigin('https://shop.example'),
      change: (a) =>
        a.access.createKey(
          { organization, world: 'test', scopes: ['identity'], origins: ['https://shop.example'] },
          operator,
        ),
    },
    behavior_layer: {
      answer: (b) => b.behaviorLayers.describe(organization).layer,
      change: (a) =>
        a.behaviorLayers.choose(organization, { layer: 'research', acceptLicenceDoubt: true }, operator),
    },
    destination_grant: {
      answer: async (b) => (await b.grants.active(organization)).length,
      change: (a) => a.grants.add(organization, '8.8.8.8', '', operator),
    },
    gallery_calibration: {
      answer: (b) => b.calibrations.list(organization).length,
      // Triggers see what any program writes.
      change: async (a) => {
        const { scorers } = a.models.current();
        await write(
          `insert into gallery_calibration values ($1, 'live', $2, 'average', '', 0, 30, 30, 435, 0.001, 0, 0, 0, 1)`,
          [organization, scorers[0]!.id],
        );
      },
    },
    model_import: {
      answer: async (b) => (await b.models.list()).map(({ id }) => id).includes('custom'),
      change: (a) => a.models.import(ownModel('custom', 1), operator),
    },
    model_setting: {
      answer: async (b) => (await b.models.list()).filter(({ enabled }) => enabled).length,
      change: async (a) => {
        for (const { id, enabled } of await a.models.list())
          if (enabled && (await a.models.disable(id, operator).catch(() => undefined))) return;
      },
    },
    organization: {
      answer: async (b) => (await b.limits.show(organization)).burst,
      change: (a) => a.limits.set(organization, { burst: 7 }, operator),
    },
    profile: {
      answer: async (b) => (await b.checks.getProfile(organization, 'default')).builtIn,
      change: async (a) => {
        const { definition } = await a.checks.getProfile(organization, 'default');
        await a.checks.setProfile(organization, 'default', definition, operator);
      },
    },
    subject: {
      answer: (b) => b.subjects.isDisabled(person),
      change: (a) => a.subjects.setDisabled(realm(), person, true, operator),
    },
    template: {
      answer: (b) => b.subjects.people(realm()),
      change: (a) => enroll(a, 'second@example.com'),
    },
    erasure: {
      answer: (b) => b.subjects.people(realm()),
      // An erasure that is finished has waited for both.
      change: () =>
        write(
          `insert into erasure (id, organization, world, subject, state, reason, actor, intended_at)
           values ('ers_begun', $1, 'live', $2, 'intended', 'request', 'operator:ada', 1)`,
          [organization, person],
        ),
    },
    webhook_endpoint: {
      answer: (b) => b.webhooks.endpointsFor(realm(), 'identity.user.enrolled').length,
      change: (a) => a.webhooks.add(realm(), { family: 'identity', url: 'https://8.8.8.8/hook' }, operator),
    },
  };

  test.each(Object.entries(caches))(
    'what the second has in memory of %s is that of the first',
    async (_, cache) => {
      const [a, b] = nodes;
      await b.position.catchUp();
      const before = await cache.answer(b);
      await cache.change(a);
      expect(await cache.answer(b)).toEqual(before);
      for (const node of nodes) await node.position.catchUp();
      expect(await cache.answer(b)).toEqual(await cache.answer(a));
      expect(await cache.answer(b)).not.toEqual(before);
    },
  );
});
