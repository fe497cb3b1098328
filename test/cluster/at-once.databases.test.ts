import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import type { Actor } from '../../service/engine/audit/index.ts';
import { currentEmbedders } from '../../service/engine/models/index.ts';
import type { SubjectId } from '../../service/lib/id.ts';
import { key, operator } from '../support/engine.ts';
import { direction, near } from '../support/faces.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    ({ code, message }) => String(code ?? message),
  );

// What one node decides in a transaction, the other one decides at the same moment: a limit, a use, a change.
describe.skipIf(binaries === undefined)('the same at two nodes at one moment', () => {
  let cluster: StartedNodes;
  let a: Gatehouse;
  let b: Gatehouse;
  beforeAll(async () => {
    cluster = await startNodes('a', 'b');
    [a, b] = cluster.nodes;
  });
  afterAll(() => cluster?.close());
  const realm = () => ({ organization: cluster.organization, world: 'live' as const });
  const eve: Actor = { is: 'administrator', administrator: 'adm_eve' };

  /** Of each node at once: the outcomes, in order of their names. */
  const atBoth = async (work: (node: Gatehouse, n: number) => Promise<unknown>): Promise<string[]> =>
    (await Promise.all([a, b].map((node, n) => codeOf(work(node, n))))).toSorted();

  const enroll = (at: Gatehouse, email: string, actor = operator, picture = email) => {
    const embeddings = Object.fromEntries(
      currentEmbedders(at.models.current().scorers).map((embedder) => [
        embedder,
        near(direction(email), 0.98, picture),
      ]),
    );
    return at.subjects.enroll(realm(), { email, embeddings, quality: 1 }, actor);
  };
  const person = async (email: string): Promise<SubjectId> => (await enroll(a, email)).subject.id;

  test('of withdrawals no more than ten pass without a second administrator', async () => {
    const people: SubjectId[] = [];
    for (let n = 0; n < 24; n++) people.push(await person(`withdrawn-${n}@example.com`));
    const outcomes = await Promise.all(
      people.map((subject, n) =>
        codeOf((n % 2 === 0 ? a : b).consents.withdraw({ ...realm(), subject }, ['verification'], eve)),
      ),
    );
    const passed = outcomes.filter((one) => one === 'done').length;
    expect([passed, outcomes.filter((one) => one === 'APPROVAL_REQUIRED').length]).toEqual([10, 14]);
  });

  test('a key enrolls five pictures of one person a day', async () => {
    await person('often@example.com');
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        codeOf(enroll(n % 2 === 0 ? a : b, 'often@example.com', key, `picture ${n}`)),
      ),
    );
    expect(outcomes.toSorted()).toEqual([...Array(3).fill('USER_FLOOD_DETECTED'), ...Array(5).fill('done')]);
  });

  const staff = async (name: string, role: 'owner' | 'operator' = 'owner') =>
    a.administrators.create(
      { organization: cluster.organization, email: `${name}@example.com`, name, role },
      operator,
    );

  test('of two owners one stays', async () => {
    const owners = [(await staff('ada')).administrator.id, (await staff('bea')).administrator.id];
    for (let round = 0; round < 5; round++) {
      const change = (node: Gatehouse, id: (typeof owners)[number], disabled: boolean) =>
        node.administrators.change(cluster.organization, id, { disabled }, operator);
      expect(await atBoth((node, n) => change(node, owners[n]!, true))).toEqual(['CONFLICT', 'done']);
      for (const id of owners) await change(a, id, false);
    }
  });

  test('a one-time code sets one password', async () => {
    for (let round = 0; round < 5; round++) {
      const { code } = await staff(`once-${round}`, 'operator');
      const use = (node: Gatehouse, n: number) =>
        node.administrators.setPasswordWithCode(
          `once-${round}@example.com`,
          code!,
          `wet gravel under pines ${n}`,
          { source: `10.0.${n}.1` },
        );
      expect(await atBoth(use)).toEqual(['SIGN_IN_REFUSED', 'done']);
    }
  });

  test('a request to a second administrator is one, and decided once', async () => {
    for (const action of ['data.destroy', 'protection.weaken', 'retention.sweep'] as const) {
      const what = { organization: cluster.organization, action };
      const [one, other] = await Promise.all([a, b].map((node) => node.approvals.request(what, eve)));
      expect(one!.id).toBe(other!.id);
      const { id } = (await staff(`second-${action}`)).administrator;
      const by: Actor = { is: 'administrator', administrator: id };
      expect(
        await atBoth((node) => node.approvals.decide(cluster.organization, one!.id, 'declined', by)),
      ).toEqual(['CONFLICT', 'done']);
    }
  });

  test('a token for one use is used once', async () => {
    const claims = {
      sub: 'ada@example.com',
      userId: 'sub_ada',
      sessionId: 'pre_ada',
      purpose: 'Log in',
      checks: { liveness: 1 },
      assurance: 'active',
      models: {},
      singleUse: true,
    } as const;
    for (let round = 0; round < 5; round++) {
      const { token } = await a.personTokens.presence.issue(realm(), claims, 60_000);
      const use = async (node: Gatehouse) => {
        const found = await node.personTokens.redeem(
          realm(),
          await node.personTokens.check(realm(), token),
          key,
        );
        if (!found.valid) throw Object.assign(new Error(), { code: found.reason });
      };
      expect(await atBoth(use)).toEqual(['already_used', 'done']);
    }
  });

  test('two organizations of one name are not made', async () => {
    for (let round = 0; round < 3; round++)
      expect(await atBoth((node) => node.organizations.create({ name: `Twin ${round}` }, operator))).toEqual([
        'CONFLICT',
        'done',
      ]);
  });

  test('a change of a person takes back no other one', async () => {
    const subject = await person('changed@example.com');
    for (let round = 1; round <= 8; round++) {
      const [name, birthDate] = [`Name ${round}`, `1990-01-0${round}`];
      const [named, dated] = await Promise.all([
        codeOf(a.subjects.change(realm(), subject, { name }, operator)),
        codeOf(b.subjects.change(realm(), subject, { birthDate }, operator)),
      ]);
      const { name: now } = await a.subjects.get(realm(), subject);
      expect([named, now === name]).toEqual(named === 'done' ? ['done', true] : ['CONFLICT', false]);
      const date = await a.subjects.birthDate(realm(), subject);
      expect([dated, date === birthDate]).toEqual(dated === 'done' ? ['done', true] : ['CONFLICT', false]);
    }
  });
});
