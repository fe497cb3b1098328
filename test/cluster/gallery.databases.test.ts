import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { currentEmbedders } from '../../service/engine/models/index.ts';
import type { SubjectId } from '../../service/lib/id.ts';
import { consentOfAll, operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';
import { peopleOf } from './people.ts';
import { report } from './report.ts';

/** Of people who come and go, at each node in turn: `npm run test:cluster -- --rounds`. */
const ROUNDS = Number(process.env.GATEHOUSE_ROUNDS ?? 20);
/** Of them at a time: most of a round waits until the other nodes have looked what they have to clear, once a second. */
const LANES = ROUNDS > 20 ? 12 : 4;

describe.skipIf(binaries === undefined)('people at three nodes', () => {
  let cluster: StartedNodes<['a', 'b', 'c']>;
  let a: Gatehouse;
  let b: Gatehouse;
  let people: ReturnType<typeof peopleOf>;
  beforeAll(async () => {
    cluster = await startNodes('a', 'b', 'c');
    [a, b] = cluster.nodes;
    people = peopleOf(cluster);
    await a.organizations.attestConsent(cluster.organization, consentOfAll, operator);
  });
  afterAll(() => cluster?.close());

  const person = (id: SubjectId) => ({ ...people.realm, subject: id });
  const enroll = (at: Gatehouse, name: string, face?: string) => people.enroll(at, name, face);
  const recognize = (at: Gatehouse, name: string) => people.recognize(at, name);

  test('who is enrolled at one is found at the others at once, and who is erased at one is not', {
    timeout: 300_000 + ROUNDS * 2_000,
  }, async () => {
    const missed = { enrolled: 0, erased: 0 };
    async function go(round: number): Promise<void> {
      const [one, next] = [cluster.nodes[round % 3]!, cluster.nodes[(round + 1) % 3]!];
      const found = (id: SubjectId | undefined) =>
        Promise.all(cluster.nodes.map(async (at) => (await recognize(at, `round-${round}`)) === id));
      const id = await enroll(one, `round-${round}`);
      missed.enrolled += (await found(id)).filter((isFound) => !isFound).length;
      await people.erase(next, id);
      missed.erased += (await found(undefined)).filter((isGone) => !isGone).length;
    }
    let begun = 0;
    await Promise.all(
      Array.from({ length: LANES }, async () => {
        while (begun < ROUNDS) await go(begun++);
      }),
    );
    expect(missed).toEqual({ enrolled: 0, erased: 0 });
    report({
      what: 'enrolled at one node, found at all at once; erased at another, found at none',
      found: `0 misses in ${ROUNDS} rounds, ${6 * ROUNDS} searches`,
    });
  });

  test('what forbids to recognize a person holds at the other, and what allows it again', async () => {
    const id = await enroll(a, 'iris');
    expect(await recognize(b, 'iris')).toBe(id);
    await a.consents.withdraw(person(id), ['identification'], operator);
    expect(await recognize(b, 'iris')).toBeUndefined();
    await b.consents.give(person(id), consentOfAll, operator);
    expect(await recognize(a, 'iris')).toBe(id);
    await b.subjects.setDisabled(people.realm, id, true, operator);
    expect(await recognize(a, 'iris')).toBeUndefined();
    await a.subjects.setDisabled(people.realm, id, false, operator);
    expect([await recognize(a, 'iris'), await recognize(b, 'iris')]).toEqual([id, id]);
  });

  test('a picture that is added or removed at one counts at the other', async () => {
    const id = await enroll(a, 'otto');
    await enroll(b, 'otto', 'otto-with-beard');
    expect(await recognize(a, 'otto-with-beard')).toBe(id);
    const [, second] = await a.subjects.pictures(id);
    await a.subjects.removePicture(people.realm, { subject: id, enrollment: second!.enrollment }, operator);
    expect(await recognize(b, 'otto-with-beard')).toBeUndefined();
    expect(await recognize(b, 'otto')).toBe(id);
  });

  test('the search by name at one has the names of the other', async () => {
    const search = async (at: Gatehouse, text: string) => {
      await at.position.catchUp();
      const page = await at.subjects.page(people.realm, { limit: 10, search: text }, operator);
      return page.people.map(({ id }) => id);
    };
    const id = await enroll(a, 'maya');
    expect(await search(b, 'maya')).toEqual([id]);
    await a.subjects.change(people.realm, id, { name: 'Renamed' }, operator);
    expect(await search(b, 'renamed')).toEqual([id]);
    await people.erase(a, id);
    expect(await search(b, 'renamed')).toEqual([]);
  });

  test('a member of a uniqueness scope is in their part of the gallery alone', async () => {
    const before = b.subjects.people(people.realm);
    const joined = await a.subjects.join(
      people.realm,
      { memberOf: 'scope/1', embeddings: people.faceOf(a, 'newcomer'), quality: 1 },
      operator,
    );
    await b.subjects.catchUp();
    expect(b.subjects.people(people.realm, 'scope/1')).toBe(1);
    expect(b.subjects.people(people.realm)).toBe(before);
    const [embedder] = currentEmbedders(b.models.current().scorers);
    const probe = people.faceOf(b, 'newcomer')[embedder!]!;
    expect(await b.subjects.nearest(people.realm, embedder!, probe, 1, undefined, 'scope/1')).toEqual([
      joined.subject.id,
    ]);
  });

  test('a commit of this node does not replace in memory what another has committed since', async () => {
    const id = await enroll(a, 'race');
    const before = b.subjects.people(people.realm);
    await enroll(b, 'race-two');
    // By the position alone, in the order of the record.
    expect(b.subjects.people(people.realm)).toBe(before);
    expect(await recognize(b, 'race')).toBe(id);
    expect(b.subjects.people(people.realm)).toBeGreaterThan(before);
  });

  test('who is enrolled under a renewed secret is found by a node whose gallery has the former rotation', async () => {
    const before = await enroll(b, 'olga');
    expect(await recognize(b, 'olga')).toBe(before);
    await a.renewals.start(cluster.organization, operator);
    await expect
      .poll(() => a.renewals.anywhere(cluster.organization), { timeout: 30_000 })
      .toEqual({ is: 'none' });
    const id = await enroll(a, 'nora');
    expect(await recognize(b, 'nora')).toBe(id);
    expect(await recognize(b, 'olga')).toBe(before);
    expect(await recognize(a, 'olga')).toBe(before);
  });

  test('a node without the record answers nothing from memory', async () => {
    await enroll(a, 'zoe');
    expect(await recognize(b, 'zoe')).toBeDefined();
    await cluster.server.stop();
    await expect(recognize(b, 'zoe')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await expect(b.subjects.catchUp()).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });
});
