import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Gatehouse } from '../../service/compose/compose.ts';
import { consentOfAll, operator } from '../support/engine.ts';
import { binaries, type StartedNodes, startNodes } from './nodes.ts';
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
