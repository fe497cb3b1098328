import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPostgres, startPostgres, type TestPostgres } from '../support/postgres.ts';
import { openPictures, REST } from './load.ts';
import type { NextRelease } from './next-release.ts';
import { HAPROXY, type NodePlace, type NodeProcesses, startNodeProcesses } from './node-processes.ts';
import { report } from './report.ts';

const binaries = findPostgres();
const CLIENTS = 3;

interface Person {
  id: string;
  email: string;
  image: string;
}

describe.skipIf(binaries === undefined || !existsSync(HAPROXY))(
  'three nodes, one updated after another',
  () => {
    let server: TestPostgres;
    let nodes: NodeProcesses;
    let pictures: string[];
    const known: Person[] = [];
    /** What was not answered, or not as it should be. */
    const failed: string[] = [];
    let requests = 0;
    let onAnswer = () => {};
    let ended = false;

    beforeAll(async () => {
      server = await startPostgres(binaries!);
      // A node that is slow is not gone: what fails is to be the fault of the update.
      nodes = await startNodeProcesses(server, ['a', 'b', 'c'], { check: '4s' });
      pictures = await openPictures();
    });
    afterAll(async () => {
      ended = true;
      await nodes?.close();
      await server?.stop();
    });

    const isReady = (url: string) =>
      fetch(`${url}/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );

    async function send(path: string, body: object, to = nodes.url): Promise<Record<string, unknown>> {
      requests += 1;
      try {
        const reply = await fetch(`${to}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': nodes.keys.test },
          body: JSON.stringify(body),
        });
        const text = await reply.text();
        if (reply.status === 200) return JSON.parse(text);
        failed.push(`${path} ${reply.status} ${text}`);
      } catch (error) {
        failed.push(`${path} ${error instanceof Error ? `${error.message} ${error.cause ?? ''}` : error}`);
      } finally {
        onAnswer();
      }
      return {};
    }

    async function verify({ id, email, image }: Person, to?: string): Promise<void> {
      const answer = await send('/api/verify', { image, email }, to);
      if (answer.verified !== true || answer.userId !== id)
        failed.push(`${email}: ${JSON.stringify(answer)}`);
    }

    /** Enrolls people and finds each by the next nodes, without a second try. */
    async function work(client: number): Promise<void> {
      for (let count = 0; !ended; count++) {
        if (count > 0) await pause(REST);
        const email = `person-${client}-${count}@example.com`;
        const image = pictures[(client + count) % pictures.length]!;
        const { userId } = await send('/api/enroll', { image, email });
        if (userId === undefined) continue;
        const person = { id: String(userId), email, image };
        known.push(person);
        await verify(person);
        await verify(known[Math.floor(known.length / 2)]!);
      }
    }
    /** Answered requests from now on. */
    const moreAnswers = (more: number) =>
      new Promise<void>((resolve) => {
        let left = more;
        onAnswer = () => {
          left -= 1;
          if (left <= 0) resolve();
        };
      });

    const schema = async () =>
      (await nodes.query<{ name: string }>('select max(name) as name from schema_migration'))[0]!.name;
    const versions = async () =>
      (
        await nodes.query<{ node: string; version: string }>(
          'select node, version from service_node order by node',
        )
      ).map(({ node, version }) => `${node} ${version}`);
    function become(place: NodePlace, release: NextRelease, version: string): void {
      const { order } = place;
      place.order = { ...order, release, node: { ...order.node, version } };
    }

    test('under load: no request fails, and what older nodes cannot work with is refused before it begins', {
      timeout: 600_000,
    }, async () => {
      const [a, b, c] = nodes.places as [NodePlace, NodePlace, NodePlace];
      for (const place of nodes.places) await nodes.start(place);
      for (const { url } of [...nodes.places, nodes]) await expect.poll(() => isReady(url)).toBe(true);
      await nodes.cli.json('limits', 'set', '--burst', '1000000', '--per-user', '1000000');
      const before = await schema();
      const clients = Promise.all(Array.from({ length: CLIENTS }, (_, i) => work(i)));
      await moreAnswers(2 * CLIENTS);

      async function restart(place: NodePlace): Promise<void> {
        await nodes.end(place, 'SIGTERM');
        await moreAnswers(CLIENTS);
        await nodes.start(place);
        await expect.poll(() => isReady(place.url)).toBe(true);
        await moreAnswers(2 * CLIENTS);
      }

      become(c, 'contract', '0.4.0');
      await nodes.end(c, 'SIGTERM');
      await expect(nodes.start(c)).rejects.toThrow(
        /(node_[ab] \(0\.2\.0, schemas up to [\w-]+, [^)]+\)(; |\.)){2}.*Update them first/,
      );
      expect([await schema(), await versions()]).toEqual([before, ['node_a 0.2.0', 'node_b 0.2.0']]);
      become(c, 'expand', '0.3.0');
      await nodes.start(c);
      await expect.poll(() => isReady(c.url)).toBe(true);
      expect([await schema(), await versions()]).toEqual([
        '9001-expand',
        ['node_a 0.2.0', 'node_b 0.2.0', 'node_c 0.3.0'],
      ]);
      await moreAnswers(2 * CLIENTS);

      // One of the version from before that is started again, beside a newer schema.
      await restart(a);
      expect(a.log).toContain('this one knows 0001-baseline and works with it');
      for (const place of [b, a]) {
        become(place, 'expand', '0.3.0');
        await restart(place);
      }
      expect(await versions()).toEqual(['node_a 0.3.0', 'node_b 0.3.0', 'node_c 0.3.0']);

      ended = true;
      await clients;
      expect(failed).toEqual([]);
      expect(requests).toBeGreaterThan(10 * CLIENTS);
      for (const { url } of nodes.places)
        for (const person of [known[0]!, known.at(-1)!]) await verify(person, url);
      expect(failed).toEqual([]);
      const people = await nodes.query<{ id: string }>('select id from subject');
      expect(people.map(({ id }) => id).sort()).toEqual(known.map(({ id }) => id).sort());
      for (const place of nodes.places)
        expect(place.log).not.toMatch(/written or changed by another program/);
      expect((await nodes.cli.run('audit', 'verify')).code).toBe(0);
      report({
        what: 'updated one after another under load: no request fails; a migration that others cannot read is refused',
        found: `0 of ${requests} requests failed`,
      });
    });
  },
);
