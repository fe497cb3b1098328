import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/fake-time.ts';
import { findPostgres } from '../support/postgres.ts';
import { createLoad, type Load } from './load.ts';
import { type NodeProcesses, startNodeProcesses } from './node-processes.ts';
import { lacking, type PatroniCluster, startPatroni } from './patroni.ts';
import { report, reportTimes } from './report.ts';

const binaries = findPostgres();
const fullSize = process.env.GATEHOUSE_CLUSTER === 'full';
/** `npm run test:cluster`; `npm test` one. */
const KILLS = Number(process.env.GATEHOUSE_FAILOVERS ?? 1);
const CLIENTS = 3;
/** Milliseconds without writes: the goal. */
const LONGEST = 30_000;

if (lacking.length > 0)
  console.warn(`No failover of PostgreSQL is tested: ${lacking.join(', ')} not installed.`);

describe.skipIf(binaries === undefined || lacking.length > 0)('PostgreSQL under Patroni', () => {
  let servers: PatroniCluster;
  let nodes: NodeProcesses;
  let load: Load;

  beforeAll(async () => {
    servers = await startPatroni(binaries!, ['pg1', 'pg2', 'pg3']);
    nodes = await startNodeProcesses(servers, ['a', 'b', 'c']);
    load = await createLoad(nodes);
    await load.receive();
    // One after another: of a machine that is busy each may be long at it, and one that starts is removed as any other.
    for (const place of nodes.places) await nodes.start(place);
    for (const { url } of nodes.places) await until(() => isReady(url));
  });
  // What one has to know of a failure that another machine will not show.
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    console.error(servers.log().slice(-30_000), await servers.state());
    for (const one of nodes.places) console.error(one.log.slice(-5_000));
  });
  afterAll(async () => {
    load?.close();
    await nodes?.close();
    await servers?.stop();
  });

  const isReady = (url: string) =>
    fetch(`${url}/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  const runs = async () =>
    (await nodes.query<{ token: string }>('select token from service_node order by node')).map(
      ({ token }) => token,
    );

  test('kill -9 of the primary again and again: nothing acknowledged is lost, and the nodes follow', {
    timeout: 1_200_000,
  }, async () => {
    const failed = load.begin(CLIENTS);
    const figures: { what: 'server' | 'machine'; answers: number; whole: number }[] = [];
    async function killPrimary(what: 'server' | 'machine'): Promise<void> {
      await load.moreAnswers(12);
      const member = await servers.primary();
      const before = await runs();
      load.disturb();
      const at = performance.now();
      await servers.kill(member, what);
      // One answer per client may have been made before.
      await load.moreAnswers(CLIENTS + 1);
      const answers = performance.now() - at;
      load.disturb();
      for (const { url } of nodes.places) await expect.poll(() => isReady(url)).toBe(true);
      const whole = performance.now() - at;
      figures.push({ what, answers, whole });
      if (fullSize) console.log(JSON.stringify({ kill: figures.length, what, answers, whole }));
      // None was thrown out by the others, who were as blind as it was.
      expect(await runs()).toEqual(before);
      if (!member.patroni) servers.start(member);
    }
    for (let kill = 0; kill < KILLS; kill++)
      await Promise.race([killPrimary(kill % 2 === 0 ? 'server' : 'machine'), failed]);
    await load.finish();
    await load.expectKept();
    report({
      what: 'kill -9 of the primary under Patroni: nothing acknowledged is lost, no webhook sent twice',
      found: `${KILLS} kills, ${load.answers()} acknowledged`,
    });
    for (const [kind, of] of [
      ['server', 'its server alone'],
      ['machine', 'its server and its Patroni'],
    ] as const) {
      const killed = figures.filter(({ what }) => what === kind);
      const times = (name: 'answers' | 'whole') => killed.map((one) => one[name]);
      reportTimes(`primary killed (${of}): writes back`, times('answers'), LONGEST);
      reportTimes(`primary killed (${of}): all nodes ready`, times('whole'));
    }
  });
});
