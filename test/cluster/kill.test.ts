import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../accuracy/random.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { createLoad, type Load, type Person } from './load.ts';
import { HAPROXY, type NodePlace, type NodeProcesses, startNodeProcesses } from './node-processes.ts';
import { report, reportTimes } from './report.ts';

const binaries = findPostgres();
/** `npm run test:cluster`; `npm test` a few kills with a fixed seed. */
const fullSize = process.env.GATEHOUSE_CLUSTER === 'full';
const KILLS = Number(process.env.GATEHOUSE_KILLS ?? 2);
/** Acknowledged answers between two kills, at most. */
const ANSWERS = 10;
const CLIENTS = 3;
/** Milliseconds after which all is as before: the goal. */
const WHOLE = 5_000;

const random = createRandom(50);

describe.skipIf(binaries === undefined || !existsSync(HAPROXY))('three nodes behind a balancer', () => {
  let server: TestPostgres;
  let nodes: NodeProcesses;
  let load: Load;
  const figures: Record<string, number>[] = [];

  beforeAll(async () => {
    server = await startPostgres(binaries!);
    nodes = await startNodeProcesses(server, ['a', 'b', 'c']);
    load = await createLoad(nodes);
    await load.receive();
  });
  afterAll(async () => {
    load?.close();
    await nodes?.close();
    await server?.stop();
  });

  const isReady = (url: string) =>
    fetch(`${url}/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );

  async function startAll(): Promise<void> {
    for (const place of nodes.places) if (!place.child) await nodes.start(place);
    for (const { url } of [...nodes.places, nodes]) await expect.poll(() => isReady(url)).toBe(true);
  }

  const copyOf = (people: readonly Person[]) =>
    people.map((person) => ({ ...person, verifications: [...person.verifications] }));

  test('kill -9 again and again: nothing acknowledged is lost or done twice, and the others go on', {
    timeout: 1_200_000,
  }, async () => {
    await startAll();
    const failed = load.begin(CLIENTS);

    /** `takenOver`: the one that passes events on, which another has to do before it is back. */
    async function killOne(takenOver: boolean): Promise<void> {
      await load.moreAnswers(Math.ceil(random() * ANSWERS));
      await pause(random() * 100);
      const any = nodes.places[Math.floor(random() * nodes.places.length)]!;
      const victim = takenOver ? await relaying() : any;
      const before = copyOf(load.known);
      load.disturb();
      const at = performance.now();
      const figure: Record<string, number> = {};
      await nodes.end(victim, 'SIGKILL');
      load.disturb();
      // One answer per client may have been made before.
      await load.moreAnswers(CLIENTS + 1);
      figure.answers = performance.now() - at;
      if (takenOver) {
        await expect.poll(() => rowsOf(victim), { interval: 50 }).toBe(0);
        figure.removed = performance.now() - at;
        const isErased = ({ id }: Person) => load.known.find((one) => one.id === id)!.erased;
        await expect
          .poll(() => load.missingEvents(before.filter((person) => !isErased(person))), { interval: 50 })
          .toEqual([]);
        await expect.poll(async () => (await relaying()) === victim, { interval: 50 }).toBe(false);
        figure.whole = performance.now() - at;
      }
      const started = performance.now();
      await nodes.start(victim);
      await expect.poll(() => isReady(victim.url), { interval: 50 }).toBe(true);
      figure.start = performance.now() - started;
      figures.push(figure);
      if (fullSize) console.log(JSON.stringify({ kill: figures.length, answers: load.answers(), figure }));
    }
    for (let kill = 0; kill < KILLS; kill++) await Promise.race([killOne(kill % 3 === 0), failed]);
    await load.finish();
    await load.expectKept();
    const chains = await nodes.query<{ chain: string }>('select distinct chain from audit');
    expect(chains.map(({ chain }) => chain).sort()).toEqual(['', 'node_a', 'node_b', 'node_c']);
    for (const place of nodes.places) await nodes.end(place, 'SIGTERM');
    expect((await nodes.cli.run('audit', 'verify')).code).toBe(0);
    report({
      what: 'kill -9 of one of three nodes: no enrollment, erasure, decision or delivery is lost or done twice',
      found: `${KILLS} kills, ${load.answers()} acknowledged`,
    });
    reportTimes('node killed: answers again', times('answers'), WHOLE);
    reportTimes('node killed: the others have removed it', times('removed'));
    reportTimes('node killed: its work is done by the others', times('whole'), WHOLE);
    reportTimes('node killed: ready after its start', times('start'));
  });

  /** Of the kills that have this figure. */
  const times = (name: string) => figures.flatMap((figure) => figure[name] ?? []);

  /** Claimed by one that runs. */
  async function relaying(): Promise<NodePlace> {
    const [row] = await nodes.query<{ node: string }>(
      `select split_part(claimed_by, '/', 1) as node from recurring_work where kind = 'relay'`,
    );
    return nodes.places.find(({ order }) => order.node.id === row?.node)!;
  }
  const rowsOf = async ({ order }: NodePlace) =>
    (await nodes.query('select from service_node where node = $1', [order.node.id])).length;
});
