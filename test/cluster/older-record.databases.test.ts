import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { consentOfAll, operator } from '../support/engine.ts';
import { binaries, openNodes, type StartedNodes, startNodes } from './nodes.ts';
import { peopleOf } from './people.ts';
import { standbyOf } from './standby.ts';

describe.skipIf(binaries === undefined)('a record that comes back older than the nodes have seen it', () => {
  let cluster: StartedNodes;
  let a: Gatehouse;
  let b: Gatehouse;
  let people: ReturnType<typeof peopleOf>;
  beforeEach(async () => {
    cluster = await startNodes('a', 'b');
    [a, b] = cluster.nodes;
    people = peopleOf(cluster);
    await a.organizations.attestConsent(cluster.organization, consentOfAll, operator);
  });
  afterEach(() => cluster?.close());

  const standbyStops = (urls: readonly string[]) => standbyOf(cluster.server).stops(urls);
  const standbyTakesOver = (urls: readonly string[]) => standbyOf(cluster.server).takesOver(urls);
  /** A node has its right to write again some seconds after it has lost its connections. */
  const again = <T>(work: () => Promise<T>) => vi.waitFor(work, { timeout: 60_000, interval: 100 });
  /** Once the node answers again. */
  const answerOf = (at: Gatehouse, name: string) =>
    expect.poll(
      () =>
        people.recognize(at, name).then(
          (found) => found ?? 'no one',
          () => 'no answer',
        ),
      { timeout: 60_000, interval: 100 },
    );

  test('who was erased is erased again, who was enrolled since is not found, and the rest goes on', async () => {
    const erased = await people.enroll(a, 'ada');
    const kept = await people.enroll(a, 'kai');
    await answerOf(b, 'ada').toBe(erased);
    await standbyStops([cluster.databaseUrl]);
    await answerOf(a, 'ada').toBe(erased);
    await answerOf(b, 'ada').toBe(erased);
    await again(() => people.erase(a, erased));
    await again(() => people.enroll(b, 'late'));
    await answerOf(b, 'late').not.toBe('no one');
    await answerOf(b, 'ada').toBe('no one');
    await standbyTakesOver([cluster.databaseUrl]);
    await answerOf(b, 'ada').toBe('no one');
    await answerOf(a, 'ada').toBe('no one');
    await answerOf(b, 'late').toBe('no one');
    await answerOf(b, 'kai').toBe(kept);
    expect(await a.subjects.find(people.realm, erased)).toBeUndefined();
    const late = await again(() => people.enroll(a, 'late'));
    await answerOf(b, 'late').toBe(late);
  });

  test('with the keys too: nothing is answered before a restart, which erases again by the list of the machine', async () => {
    const both = [cluster.databaseUrl, cluster.keysDatabaseUrl];
    const erased = await people.enroll(a, 'ada');
    const kept = await people.enroll(a, 'kai');
    await standbyStops(both);
    await again(() => people.erase(a, erased));
    await answerOf(b, 'ada').toBe('no one');
    await standbyTakesOver(both);
    await answerOf(b, 'kai').toBe('no answer');
    await again(() => expect(b.position.catchUp()).rejects.toThrow('key store is older'));
    await a.close();
    await b.close();
    // It was not the one that erased.
    const restarted = await cluster.start('b');
    expect(await restarted.subjects.find(people.realm, erased)).toBeUndefined();
    await answerOf(restarted, 'ada').toBe('no one');
    await answerOf(restarted, 'kai').toBe(kept);
  });
});

describe.skipIf(binaries === undefined)(
  'a record that comes back older than the only service has seen it',
  () => {
    let opened: Awaited<ReturnType<typeof openNodes>>;
    beforeEach(async () => {
      opened = await openNodes();
    });
    afterEach(() => opened?.close());

    /** As a request that is admitted. */
    function caughtUp<T>({ position }: Gatehouse, work: () => Promise<T>): Promise<T> {
      const admitted = () => position.catchUp().then(work);
      return vi.waitFor(admitted, { timeout: 60_000, interval: 100 });
    }

    test.each(['the record', 'the record and the keys', 'the keys'])(
      '%s: who was erased is let in at no moment, and is erased again without a restart',
      async (which) => {
        const service = await opened.start('a', { alone: true });
        const { id: organization } = await service.organizations.create({ name: 'Museum' }, operator);
        const people = peopleOf({ organization });
        await service.organizations.attestConsent(organization, consentOfAll, operator);
        const erased = await people.enroll(service, 'ada');
        const kept = await people.enroll(service, 'kai');
        const standby = standbyOf(opened.server);
        const urls = [
          ...(which === 'the keys' ? [] : [opened.databaseUrl]),
          ...(which === 'the record' ? [] : [opened.keysDatabaseUrl]),
        ];
        await standby.stops(urls);
        await caughtUp(service, () => people.erase(service, erased));
        const late =
          which === 'the keys' ? undefined : await caughtUp(service, () => people.enroll(service, 'late'));
        await standby.takesOver(urls);
        expect(await caughtUp(service, () => people.recognize(service, 'ada'))).toBeUndefined();
        expect(await service.subjects.find(people.realm, erased)).toBeUndefined();
        expect(await people.recognize(service, 'late')).toBeUndefined();
        expect(late && (await service.subjects.find(people.realm, late))).toBeUndefined();
        expect(await people.recognize(service, 'kai')).toBe(kept);
        await service.erasure.retry();
        const keys = await opened.query(
          'select subject from person_key where subject = $1 union all select entry from erasure_ledger where entry like $2',
          [erased, `%${erased}%`],
          { of: opened.keysDatabaseUrl },
        );
        expect(keys).toHaveLength(1);
        const [row] = await opened.query<{ state: string }>('select state from erasure where subject = $1', [
          erased,
        ]);
        expect(row?.state).toBe('done');
        await people.enroll(service, 'bea');
      },
    );
  },
);
