import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../support/fake-time.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { type CutWay, openCutWay } from './cut-way.ts';
import { createLoad, type Load, type Person } from './load.ts';
import { HAPROXY, type NodePlace, type NodeProcesses, startNodeProcesses } from './node-processes.ts';
import { report, reportTimes } from './report.ts';

const binaries = findPostgres();
const fullSize = process.env.GATEHOUSE_CLUSTER === 'full';
/** Of Debian's `faketime`. */
const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
/** Milliseconds for which a node sleeps: longer than the others wait for it. */
const ASLEEP = fullSize ? 60_000 : 15_000;
const CLIENTS = 2;
/** Acknowledged answers by which the others are seen to go on. */
const ANSWERS = fullSize ? 10 : 4;

describe.skipIf(binaries === undefined || !existsSync(HAPROXY))('one of three nodes', () => {
  let server: TestPostgres;
  let way: CutWay;
  let nodes: NodeProcesses;
  let load: Load;
  let others: NodePlace[];
  let one: NodePlace;
  let clockFile: string;
  let failed: Promise<never>;

  beforeAll(async () => {
    server = await startPostgres(binaries!);
    way = await openCutWay(server.folder);
    clockFile = join(server.folder, 'clock');
    setClock('+0');
    nodes = await startNodeProcesses(server, ['a', 'b', 'c'], {
      wayOf: (name, url) => (name === 'c' ? way.to(url) : url),
      env: (name) => (name === 'c' && existsSync(FAKETIME) ? fakeClock() : {}),
    });
    others = nodes.places.slice(0, 2);
    one = nodes.places[2]!;
    load = await createLoad(nodes);
    await load.receive();
    // One after another: of a machine that is busy each may be long at it, and one that starts is removed as any other.
    for (const place of nodes.places) await nodes.start(place);
    for (const place of nodes.places) await until(() => isReady(place));
    failed = load.begin(CLIENTS);
    failed.catch(() => {});
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(one.log.slice(-20_000));
  });
  afterAll(async () => {
    load?.close();
    way?.close();
    await nodes?.close();
    await server?.stop();
  });

  const setClock = (offset: string) => writeFileSync(clockFile, offset);
  const fakeClock = () => ({
    LD_PRELOAD: FAKETIME,
    FAKETIME_TIMESTAMP_FILE: clockFile,
    FAKETIME_CACHE_DURATION: '1',
    DONT_FAKE_MONOTONIC: '1',
  });
  const isReady = ({ url }: NodePlace) =>
    fetch(`${url}/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
  const askedAt = ({ url }: NodePlace, email: string) =>
    fetch(`${url}/api/enroll`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': nodes.keys.test },
      body: JSON.stringify({ image: load.pictures[0], email }),
    }).then(
      ({ status }) => status,
      () => 'no answer',
    );
  const hasRow = async ({ order }: NodePlace) =>
    (await nodes.query('select from service_node where node = $1', [order.node.id])).length === 1;
  const runOf = async ({ order }: NodePlace) =>
    (
      await nodes.query<{ token: string }>('select token from service_node where node = $1', [order.node.id])
    )[0]?.token;
  const stays = () => load.known.find(({ erased }) => !erased)!;

  /** A person that the others erase, and who is not in what it answers once it is there again. */
  async function eraseElsewhere(): Promise<Person> {
    const person = stays();
    await load.erase(person, others);
    return person;
  }
  async function isThereAgain(before: string | undefined, erased: Person): Promise<void> {
    await expect.poll(() => isReady(one), { interval: 50 }).toBe(true);
    expect(await runOf(one)).not.toBe(before);
    await load.verify(erased, one.url);
    await load.verify(stays(), one.url);
    expect(load.misses).toEqual([]);
  }

  test('that is cut off from the record answers 503, writes nothing when it is back, and starts anew by itself', async () => {
    await Promise.race([load.moreAnswers(ANSWERS), failed]);
    const before = await runOf(one);
    load.disturb();
    way.cut();
    const at = performance.now();
    expect(await askedAt(one, 'cut-off@example.com')).toBe(503);
    const answered = performance.now() - at;
    expect(await isReady(one)).toBe(false);
    expect(await askedAt(one, 'cut-off@example.com')).toBe(503);
    await expect.poll(() => hasRow(one)).toBe(false);
    const removed = performance.now() - at;
    const erased = await eraseElsewhere();
    await Promise.race([load.moreAnswers(ANSWERS), failed]);
    expect(await askedAt(one, 'cut-off@example.com')).toBe(503);
    way.mend();
    const mended = performance.now();
    await isThereAgain(before, erased);
    reportTimes(`node cut off (${way.kind}): answers 503`, [answered]);
    reportTimes('node cut off: the others have removed it', [removed]);
    reportTimes('node cut off: ready again once the cut is mended', [performance.now() - mended]);
  });

  test('that was asleep writes nothing when it wakes, and starts anew by itself', async () => {
    await Promise.race([load.moreAnswers(ANSWERS), failed]);
    const before = await runOf(one);
    const emails = Array.from({ length: 4 }, (_, i) => `late-${i}@example.com`);
    const asked = emails.map((email) => askedAt(one, email));
    await Promise.any(asked);
    load.disturb();
    one.child!.kill('SIGSTOP');
    const slept = pause(ASLEEP);
    await expect.poll(() => hasRow(one)).toBe(false);
    const erased = await eraseElsewhere();
    await slept;
    one.child!.kill('SIGCONT');
    const woken = performance.now();
    const answers = await Promise.all(asked);
    await isThereAgain(before, erased);
    reportTimes('node asleep: ready again once it wakes', [performance.now() - woken]);
    const { items } = await nodes.cli.json<{ items: { id: string; email: string }[] }>(
      ...['subject', 'list', '--test', '--limit', '500'],
    );
    for (const [i, status] of answers.entries()) {
      const [email, image] = [emails[i]!, load.pictures[0]!];
      const id = items.find((person) => person.email === email)?.id;
      expect([email, status]).toEqual([email, id === undefined ? 503 : 200]);
      if (id !== undefined)
        load.known.push({ id, email, image, repeated: 0, verifications: [], erased: false });
    }
  });

  test.skipIf(!existsSync(FAKETIME))(
    'whose clock is five minutes off answers 503 and sweeps nothing, and goes on when it is right again',
    async () => {
      await Promise.race([load.moreAnswers(ANSWERS), failed]);
      const before = await runOf(one);
      for (const offset of ['+5m', '-5m']) {
        setClock(offset);
        await expect.poll(() => isReady(one)).toBe(false);
        expect(await askedAt(one, 'wrong-clock@example.com')).toBe(503);
        await Promise.race([load.moreAnswers(ANSWERS), failed]);
        expect(await askedAt(one, 'wrong-clock@example.com')).toBe(503);
        setClock('+0');
        await expect.poll(() => isReady(one)).toBe(true);
      }
      expect(await runOf(one)).toBe(before);
      setClock('+5m');
      await nodes.end(one, 'SIGTERM');
      await expect(nodes.start(one)).rejects.toThrow('are allowed between nodes');
      setClock('+0');
      await nodes.start(one);
    },
  );

  test('and all that was acknowledged meanwhile is there', async () => {
    await load.finish();
    await load.expectKept();
    report({
      what: 'a node that is cut off, asleep or has a wrong clock: 503 or fenced, nothing is swept or lost',
      found: `${load.answers()} acknowledged${existsSync(FAKETIME) ? '' : ' (faketime is not installed: no wrong clock)'}`,
    });
  });
});
