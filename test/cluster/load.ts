import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { createControl } from '../../service/cli/control/control.ts';
import { createSocketTransport } from '../../service/cli/control/socket-transport.ts';
import testPeople from '../../service/engine/matching/test-people/pictures.json' with { type: 'json' };
import { portrait } from '../cli/portraits.ts';
import { startReceiver } from './event-receiver.ts';
import type { NodePlace, NodeProcesses } from './node-processes.ts';

const fullSize = process.env.GATEHOUSE_CLUSTER === 'full';
/** Milliseconds between two people of a client: most of a test is waiting, and only at full size under as much load as there can be. */
export const REST = fullSize ? 0 : 1_000;

/** At full size those of three people; else that of a test person, which needs no net: what the nodes write is tested here. */
export async function openPictures(): Promise<string[]> {
  if (!fullSize) return [testPeople.verified];
  const pictures = await Promise.all((['ada', 'bea', 'stranger'] as const).map((who) => portrait(who)));
  return pictures.map((picture) => picture.toString('base64'));
}

/** Of one event that is sent while something fails: attempts under way, and those that ended and were not recorded yet. */
const OPEN = 128 + 8;

/** Who was enrolled, and what was acknowledged about them. */
export interface Person {
  id: string;
  email: string;
  image: string;
  /** Requests for the enrollment that had no answer. */
  repeated: number;
  verifications: string[];
  erased: boolean;
}

export type Load = Awaited<ReturnType<typeof createLoad>>;

/** Clients that enroll, verify and erase people, a receiver of the events, and what was acknowledged and received. */
export async function createLoad(nodes: NodeProcesses) {
  /** Grows with all that a test disturbs: an event may come again after that alone. */
  let disturbances = 0;
  const receiver = await startReceiver(() => disturbances);
  const pictures = await openPictures();
  const known: Person[] = [];
  /** Of a 1:1 or an erasure that was acknowledged before. */
  const misses: string[] = [];
  let answers = 0;
  let onAnswer = () => {};
  let ended = false;
  /** Of a test that has failed, whose clients would go on. */
  const over = new AbortController();
  let clients: Promise<unknown> = Promise.resolve();

  function acknowledged(): void {
    answers += 1;
    onAnswer();
  }

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

  async function enroll(email: string, image: string): Promise<Person> {
    const { status, answer, repeated } = await send('/api/enroll', { image, email }, { key: email });
    if (status !== 200) throw new Error(`${email}: ${status} ${JSON.stringify(answer)}`);
    const id = String(answer.userId);
    const person: Person = { id, email, image, repeated, verifications: [], erased: false };
    known.push(person);
    return person;
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
      const at = running[Math.floor(Math.random() * running.length)];
      if (at && (await eraseAt(person, at))) return;
      await pause(100, undefined, over);
    }
  }

  async function eraseAt(person: Person, { data }: NodePlace): Promise<boolean> {
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
      return true;
    } catch (error) {
      if (!['INTERNAL', 'STORAGE_UNAVAILABLE', 'CONFLICT'].includes((error as { code?: string }).code ?? ''))
        throw error;
      return false;
    } finally {
      await control.close();
    }
  }

  /** Enrolls a person, finds them by the next node, and erases every third. */
  async function work(client: number): Promise<void> {
    // One is erased in any case.
    for (let count = 0; count < 3 || !ended; count++) {
      if (count > 0) await pause(REST, undefined, over);
      const image = pictures[(client + count) % pictures.length]!;
      const person = await enroll(`person-${client}-${count}@example.com`, image);
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
  const missingEvents = (people: readonly Person[]): string[] =>
    people
      .filter(({ erased }) => !erased)
      .flatMap(({ id, email, verifications }) => [
        ...(idsOf('user.enrolled', ({ userId }) => userId === id).size === 0 ? [email] : []),
        ...verifications.filter(
          (one) => idsOf('verification.success', ({ verificationId }) => verificationId === one).size === 0,
        ),
      ]);

  /** All that was acknowledged is there once, at each node, in each event and in the log; nothing else is there. */
  async function expectKept(): Promise<void> {
    expect(misses).toEqual([]);
    const stay = known.filter(({ erased }) => !erased);
    const gone = known.filter(({ erased }) => erased);
    expect(gone.length).toBeGreaterThan(0);
    for (const { url } of nodes.places)
      for (const person of [...stay.slice(0, 2), ...stay.slice(-2), ...gone.slice(-1)])
        await verify(person, url);
    expect(misses).toEqual([]);

    await expect.poll(() => missingEvents(known)).toEqual([]);
    await expect.poll(waiting).toEqual([]);
    const enrolledOnce = stay.filter(({ repeated }) => repeated === 0);
    for (const { id } of enrolledOnce)
      expect(idsOf('user.enrolled', ({ userId }) => userId === id).size).toBe(1);
    for (const one of stay.flatMap(({ verifications }) => verifications))
      expect(idsOf('verification.success', ({ verificationId }) => verificationId === one).size).toBe(1);
    // The same event again, with nothing disturbed in between.
    const twice = receiver.came.filter(({ id, disturbances: at }, index) =>
      receiver.came.slice(0, index).some((before) => before.id === id && before.disturbances === at),
    );
    expect(twice).toEqual([]);
    expect(receiver.came.length - new Set(receiver.came.map(({ id }) => id)).size).toBeLessThanOrEqual(
      disturbances * OPEN,
    );

    const people = await nodes.query<{ id: string; pictures: number }>(
      `select s.id, count(t.*)::integer as pictures from subject s left join template t on t.subject = s.id group by s.id`,
    );
    expect(people.map(({ id }) => id).sort()).toEqual(stay.map(({ id }) => id).sort());
    const once = new Set(enrolledOnce.map(({ id }) => id));
    expect(people.filter(({ id, pictures: has }) => once.has(id) && has !== 1)).toEqual([]);
    await expect.poll(() => erasures(`state <> 'done'`), { timeout: 120_000 }).toEqual([]);
    expect((await erasures()).map(({ subject }) => subject).sort()).toEqual(gone.map(({ id }) => id).sort());
    const lines = await nodes.query<{ target: string }>(
      `select target from audit where action = 'subject.enroll' and outcome = 'done'`,
    );
    const linesOf = ({ id }: Person) => lines.filter(({ target }) => target === id).length;
    expect(known.filter((one) => linesOf(one) < 1 || (one.repeated === 0 && linesOf(one) > 1))).toEqual([]);
    const ids = new Set(known.map(({ id }) => id));
    expect(lines.filter(({ target }) => !ids.has(target))).toEqual([]);
    const { code, stdout } = await nodes.cli.run('audit', 'verify');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/valid|whole|intact/i)]);
  }

  const waiting = async () =>
    (
      await nodes.cli.json<{ items: unknown[] }>(
        ...['webhook', 'deliveries', '--env', 'test', '--state', 'waiting', '--limit', '1'],
      )
    ).items;
  const erasures = (where = 'true') =>
    nodes.query<{ subject: string }>(`select subject from erasure where ${where}`);

  return {
    pictures,
    known,
    misses,
    verify,
    erase,
    enroll,
    missingEvents,
    expectKept,
    answers: () => answers,
    disturb(): void {
      disturbances += 1;
    },
    /** While nodes run. */
    async receive(): Promise<void> {
      await nodes.cli.json('grant', 'add', `127.0.0.1/32:${receiver.port}`);
      const url = `http://127.0.0.1:${receiver.port}/in`;
      await nodes.cli.json('webhook', 'add', url, '--family', 'identity', '--env', 'test');
    },
    /** The promise fails with the first of the clients that fails, and is not kept otherwise. */
    begin(count: number): Promise<never> {
      clients = Promise.all(Array.from({ length: count }, (_, i) => work(i)));
      return clients.then(() => new Promise<never>(() => {}));
    },
    /** Waits for what the clients are at. */
    async finish(): Promise<void> {
      ended = true;
      await clients;
    },
    moreAnswers: (more: number) =>
      new Promise<void>((resolve) => {
        const wanted = answers + more;
        onAnswer = () => {
          if (answers >= wanted) resolve();
        };
      }),
    close(): void {
      over.abort();
      receiver.close();
    },
  };
}
