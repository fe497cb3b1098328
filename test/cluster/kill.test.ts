import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createControl } from '../../service/cli/control/control.ts';
import { createSocketTransport } from '../../service/cli/control/socket-transport.ts';
import { createRandom } from '../accuracy/random.ts';
import { portrait } from '../cli/portraits.ts';
import { findPostgres } from '../support/postgres.ts';
import { startReceiver } from './event-receiver.ts';
import { HAPROXY, type NodePlace, type NodeProcesses, startNodeProcesses } from './node-processes.ts';

const binaries = findPostgres();
/** `npm run test:cluster`; `npm test` a few kills with a fixed seed. */
const fullSize = process.env.GATEHOUSE_CLUSTER === 'full';
const KILLS = fullSize ? 50 : 2;
/** Acknowledged answers between two kills, at most. */
const ANSWERS = 10;
const CLIENTS = 3;
/** Of one event that ends with a node that is killed: attempts under way, and those that ended and were not recorded yet. */
const OPEN = 128 + 8;

const random = createRandom(50);

/** Who was enrolled, and what was acknowledged about them. */
interface Person {
  id: string;
  email: string;
  image: string;
  /** Requests for the enrollment that had no answer. */
  repeated: number;
  verifications: string[];
  erased: boolean;
}

describe.skipIf(binaries === undefined || !existsSync(HAPROXY))('three nodes behind a balancer', () => {
  let nodes: NodeProcesses;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let kills = 0;
  let pictures: string[];
  const known: Person[] = [];
  /** Of a 1:1 or an erasure that was acknowledged before. */
  const misses: string[] = [];
  let answers = 0;
  let onAnswer = () => {};
  let ended = false;
  /** Of a test that has failed, whose clients would go on. */
  const over = new AbortController();

  beforeAll(async () => {
    nodes = await startNodeProcesses(binaries!, ['a', 'b', 'c']);
    receiver = await startReceiver(() => kills);
    pictures = await Promise.all(
      (['ada', 'bea', 'stranger'] as const).map(async (who) => (await portrait(who)).toString('base64')),
    );
    const { cli } = nodes;
    await cli.json('grant', 'add', `127.0.0.1/32:${receiver.port}`);
    await cli.json(
      'webhook',
      'add',
      `http://127.0.0.1:${receiver.port}/in`,
      '--family',
      'identity',
      '--env',
      'test',
    );
  });
  afterAll(async () => {
    over.abort();
    receiver?.close();
    await nodes?.close();
  });

  const isReady = (url: string) =>
    fetch(`${url}/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );

  async function startAll(): Promise<void> {
    await Promise.all(nodes.places.filter(({ child }) => !child).map(nodes.start));
    for (const { url } of [...nodes.places, nodes]) await expect.poll(() => isReady(url)).toBe(true);
  }

  function acknowledged(): void {
    answers += 1;
    onAnswer();
  }
  const moreAnswers = (more: number) =>
    new Promise<void>((resolve) => {
      const wanted = answers + more;
      onAnswer = () => {
        if (answers >= wanted) resolve();
      };
    });

  /** Repeats what had no answer, or one that asks for a repeat; gives the answer and how often it was repeated. */
  async function send(
    path: string,
    body: object,
    { to = nodes.url, key }: { to?: string; key?: string } = {},
  ): Promise<{ status: number; answer: Record<string, unknown>; repeated: number }> {
    for (let repeated = 0; ; repeated++) {
      const reply = await fetch(`${to}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-api-key': nodes.keys.test,
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        body: JSON.stringify(body),
      }).catch(() => undefined);
      const text = await reply?.text().catch(() => undefined);
      if (reply && text !== undefined && reply.status < 500 && reply.status !== 409)
        return { status: reply.status, answer: JSON.parse(text), repeated };
      await pause(100, undefined, over);
    }
  }

  async function verify(person: Person, to?: string): Promise<void> {
    const { id, email, image } = person;
    const { status, answer } = await send('/api/verify', { image, email }, to === undefined ? {} : { to });
    const isIn = status === 200 && answer.verified === true && answer.userId === id;
    if (isIn === person.erased) misses.push(`${email}: ${JSON.stringify(answer)}`);
    if (isIn) person.verifications.push(String(answer.verificationId));
  }

  /** At one of these that runs, until one answers. */
  async function erase(person: Person, places = nodes.places): Promise<void> {
    while (true) {
      const running = places.filter(({ child }) => child);
      const { data } = running[Math.floor(Math.random() * running.length)]!;
      const control = createControl(createSocketTransport(join(data, 'control.sock')));
      try {
        await control.admin.POST('/api/admin/subjects/{id}/erase', {
          params: {
            path: { id: person.id },
            query: { organization: nodes.organizationId, env: 'test' },
          },
          body: { confirm: person.id, reason: 'request', prove: false },
        });
        person.erased = true;
        return;
      } catch (error) {
        if (
          !['INTERNAL', 'STORAGE_UNAVAILABLE', 'CONFLICT'].includes((error as { code?: string }).code ?? '')
        )
          throw error;
        await pause(100, undefined, over);
      } finally {
        await control.close();
      }
    }
  }

  /** Enrolls a person, finds them by the next node, and erases every third. */
  async function work(client: number): Promise<void> {
    for (let count = 0; !ended; count++) {
      const email = `person-${client}-${count}@example.com`;
      const image = pictures[(client + count) % pictures.length]!;
      const { status, answer, repeated } = await send('/api/enroll', { image, email }, { key: email });
      if (status !== 200) throw new Error(`${email}: ${status} ${JSON.stringify(answer)}`);
      const id = String(answer.userId);
      const person: Person = { id, email, image, repeated, verifications: [], erased: false };
      known.push(person);
      acknowledged();
      await verify(person);
      acknowledged();
      if (count % 3 !== 2) continue;
      await erase(person);
      acknowledged();
      await verify(person);
    }
  }

  const idsOf = (event: string, is: (one: { userId: string; verificationId?: string }) => boolean) =>
    new Set(receiver.came.filter((one) => one.event === event && is(one)).map(({ id }) => id));
  /** Of people who are not erased: of others nothing is sent any more. */
  function missingEvents(people: readonly Person[]): string[] {
    return people
      .filter(({ erased }) => !erased)
      .flatMap(({ id, email, verifications }) => [
        ...(idsOf('user.enrolled', ({ userId }) => userId === id).size === 0 ? [email] : []),
        ...verifications.filter(
          (one) => idsOf('verification.success', ({ verificationId }) => verificationId === one).size === 0,
        ),
      ]);
  }
  const copyOf = (people: readonly Person[]) =>
    people.map((person) => ({ ...person, verifications: [...person.verifications] }));

  test('kill -9 again and again: nothing acknowledged is lost or done twice, and the others go on', {
    timeout: 1_200_000,
  }, async () => {
    await startAll();
    const clients = Promise.all(Array.from({ length: CLIENTS }, (_, i) => work(i)));
    const failed = clients.then(() => new Promise<never>(() => {}));

    /** `takenOver`: the one that passes events on, which another has to do before it is back. */
    async function killOne(takenOver: boolean): Promise<void> {
      await moreAnswers(Math.ceil(random() * ANSWERS));
      await pause(random() * 100);
      const any = nodes.places[Math.floor(random() * nodes.places.length)]!;
      const victim = takenOver ? await relaying() : any;
      const before = copyOf(known);
      kills += 1;
      const at = performance.now();
      const figure: Record<string, number> = {};
      await nodes.end(victim, 'SIGKILL');
      // One answer per client may have been made before.
      await moreAnswers(CLIENTS + 1);
      figure.answers = performance.now() - at;
      if (takenOver) {
        await expect
          .poll(() => missingEvents(before.filter(({ id }) => !known.find((one) => one.id === id)!.erased)))
          .toEqual([]);
        await expect.poll(() => rowsOf(victim)).toBe(0);
        expect(await relaying()).not.toBe(victim);
        figure.takenOver = performance.now() - at;
      }
      await nodes.start(victim);
      await expect.poll(() => isReady(victim.url)).toBe(true);
      figure.back = performance.now() - at;
      if (fullSize) console.log(JSON.stringify({ kills, answers, milliseconds: figure }));
    }
    for (let kill = 0; kill < KILLS; kill++) await Promise.race([killOne(kill % 3 === 0), failed]);
    ended = true;
    await clients;

    expect(misses).toEqual([]);
    const stay = known.filter(({ erased }) => !erased);
    const gone = known.filter(({ erased }) => erased);
    expect(gone.length).toBeGreaterThan(0);
    for (const { url } of nodes.places)
      for (const person of [...stay.slice(0, 2), ...stay.slice(-2), ...gone.slice(-1)])
        await verify(person, url);
    expect(misses).toEqual([]);

    const { cli } = nodes;
    await expect.poll(() => missingEvents(known)).toEqual([]);
    const waiting = async () =>
      (
        await cli.json<{ items: unknown[] }>(
          'webhook',
          'deliveries',
          '--env',
          'test',
          '--state',
          'waiting',
          '--limit',
          '1',
        )
      ).items;
    await expect.poll(waiting).toEqual([]);
    const enrolledOnce = stay.filter(({ repeated }) => repeated === 0);
    for (const { id } of enrolledOnce)
      expect(idsOf('user.enrolled', ({ userId }) => userId === id).size).toBe(1);
    for (const one of stay.flatMap(({ verifications }) => verifications))
      expect(idsOf('verification.success', ({ verificationId }) => verificationId === one).size).toBe(1);
    // The same event again, without a kill in between.
    const twice = receiver.came.filter(({ id, kills: at }, index) =>
      receiver.came.slice(0, index).some((before) => before.id === id && before.kills === at),
    );
    expect(twice).toEqual([]);
    expect(receiver.came.length - new Set(receiver.came.map(({ id }) => id)).size).toBeLessThanOrEqual(
      KILLS * OPEN,
    );

    const { rows: people } = await nodes.query<{ id: string; pictures: number }>(
      `select s.id, count(t.*)::integer as pictures from subject s left join template t on t.subject = s.id group by s.id`,
    );
    expect(people.map(({ id }) => id).sort()).toEqual(stay.map(({ id }) => id).sort());
    const once = new Set(enrolledOnce.map(({ id }) => id));
    expect(people.filter(({ id, pictures: has }) => once.has(id) && has !== 1)).toEqual([]);
    const erasures = async (where = 'true') =>
      (await nodes.query<{ subject: string }>(`select subject from erasure where ${where}`)).rows;
    await expect.poll(() => erasures(`state <> 'done'`), { timeout: 120_000 }).toEqual([]);
    expect((await erasures()).map(({ subject }) => subject).sort()).toEqual(gone.map(({ id }) => id).sort());
    const { rows: lines } = await nodes.query<{ target: string }>(
      `select target from audit where action = 'subject.enroll' and outcome = 'done'`,
    );
    const linesOf = ({ id }: Person) => lines.filter(({ target }) => target === id).length;
    expect(known.filter((one) => linesOf(one) < 1 || (one.repeated === 0 && linesOf(one) > 1))).toEqual([]);
    const { rows: chains } = await nodes.query<{ chain: string }>('select distinct chain from audit');
    expect(chains.map(({ chain }) => chain).sort()).toEqual(['', 'node_a', 'node_b', 'node_c']);
    const { code, stdout } = await cli.run('audit', 'verify');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/valid|whole|intact/i)]);
    for (const place of nodes.places) await nodes.end(place, 'SIGTERM');
    expect((await cli.run('audit', 'verify')).code).toBe(0);
  });

  test.runIf(fullSize)(
    'a node that was asleep writes nothing when it wakes, and answers nothing until it is restarted',
    async () => {
      const { places } = nodes;
      const asleep = places[2]!;
      await startAll();
      const enrollOnce = (email: string) =>
        fetch(`${asleep.url}/api/enroll`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': nodes.keys.test },
          body: JSON.stringify({ image: pictures[0], email }),
        }).then(({ status }) => ({ email, status }));
      const asked = Array.from({ length: 6 }, (_, i) => enrollOnce(`late-${i}@example.com`));
      await Promise.any(asked);
      asleep.child!.kill('SIGSTOP');
      const at = performance.now();
      await expect.poll(() => rowsOf(asleep)).toBe(0);
      const person = known.find(({ erased }) => !erased)!;
      await erase(person, places.slice(0, 2));
      await expect.poll(() => performance.now() - at, { interval: 1_000 }).toBeGreaterThan(15_000);
      const before = await writtenBy(asleep);
      asleep.child!.kill('SIGCONT');

      const answered = await Promise.all(asked);
      const enrolled = (
        await nodes.cli.json<{ items: { email: string }[] }>('subject', 'list', '--test', '--limit', '200')
      ).items;
      const late = enrolled.flatMap(({ email }) => (email.startsWith('late-') ? [email] : []));
      for (const { email, status } of answered)
        expect([email, status]).toEqual([email, status === 200 && late.includes(email) ? 200 : 503]);
      expect((await enrollOnce('later@example.com')).status).toBe(503);
      expect(await isReady(asleep.url)).toBe(false);
      expect(await writtenBy(asleep)).toEqual(before);

      await nodes.end(asleep, 'SIGTERM');
      await nodes.start(asleep);
      await verify(person, asleep.url);
      expect(misses).toEqual([]);
      expect((await nodes.cli.run('audit', 'verify')).code).toBe(0);
    },
  );

  /** Lines of its chain, and people. */
  const writtenBy = async ({ order }: NodePlace) =>
    (
      await nodes.query(
        `select (select count(*) from audit where chain = $1 and action not like 'node.%') as lines, (select count(*) from subject) as people`,
        [order.node.id],
      )
    ).rows;
  /** Claimed by one that runs. */
  async function relaying(): Promise<NodePlace> {
    const { rows } = await nodes.query<{ node: string }>(
      `select split_part(claimed_by, '/', 1) as node from recurring_work where kind = 'relay'`,
    );
    return nodes.places.find(({ order }) => order.node.id === rows[0]?.node)!;
  }
  const rowsOf = async ({ order }: NodePlace) =>
    (await nodes.query('select from service_node where node = $1', [order.node.id])).rows.length;
});
