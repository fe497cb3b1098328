import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEvents } from '../../service/engine/events/index.ts';
import { createIds, type OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { openDatabase } from '../../service/storage/connection.ts';
import { openVault } from '../../service/storage/keys/vault.ts';
import { createRandom } from '../accuracy/random.ts';
import { fullSize } from '../attacks/size.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';

const EVENTS = fullSize ? 10_000 : 500;
const KILLS = fullSize ? 50 : 2;
/** Attempts that ended and are not on disk yet, at most (engine/jobs), and the one under way. */
const OPEN = 128 + 1;

const serve = ['serve', '--host', '127.0.0.1', '--port', '0', '--workers', '1'];

let cli: Cli;
beforeEach(() => {
  cli = createCli();
});
afterEach(() => cli.clean());

const random = createRandom(5);

/** As features do it, in a process of its own that ends before the service starts. Gives their ids, in order. */
async function addEvents(organization: OrganizationId): Promise<string[]> {
  const clock = { now: () => Date.now() };
  const location = { kind: 'sqlite', path: join(cli.data, 'gatehouse.db') } as const;
  const { db, inTransaction, close } = await openDatabase(location, { clock, log: silentLog });
  const { sealer, close: closeVault } = await openVault(cli.data, { db, clock, log: silentLog });
  const events = createEvents({ ids: createIds(clock), clock, sealer });
  const added: string[] = [];
  for (let from = 0; from < EVENTS; from += 500) {
    await inTransaction(async (tx) => {
      for (let i = from; i < from + 500; i++) {
        const payload = {
          verification: `ver_${i}`,
          kind: '1:1',
          profile: 'standard',
          actor: 'key:none',
          notPassed: [] as string[],
        } as const;
        const id = await events.add(tx, {
          type: 'verification.refused',
          organization,
          world: 'live',
          payload,
        });
        added.push(id);
      }
    });
  }
  await closeVault();
  await close();
  return added;
}

test('kill -9 again and again during thousands of deliveries: none is lost, none comes twice to one life of the service', {
  timeout: 1_800_000,
}, async () => {
  const { organizationId } = await cli.json<{ organizationId: OrganizationId }>('init', '--org', 'Museum');
  let life = 0;
  let onEvent = () => {};
  /** Lives of the service in which an event came. */
  const came = new Map<string, number[]>();
  const first: string[] = [];
  const receiver = createServer((request, reply) => {
    const id = request.headers['webhook-id'] as string | undefined;
    if (id === undefined) return reply.end();
    request.resume().on('end', () => {
      const before = came.get(id);
      if (before) before.push(life);
      else {
        came.set(id, [life]);
        first.push(id);
      }
      reply.end();
      onEvent();
    });
  });
  const open = new Set<Socket>();
  receiver.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  /** What a life that is over sent has come: connections are taken in the order in which they were made. */
  const allCame = async () => {
    await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    while (open.size > 0) await turn();
  };
  try {
    await cli.json('grant', 'add', `127.0.0.1/32:${port}`);
    await cli.json('webhook', 'add', `http://127.0.0.1:${port}/in`, '--family', 'identity');
    const added = await addEvents(organizationId);

    for (life = 1; life <= KILLS; life++) {
      const { child, ended } = cli.start(...serve);
      let more = Math.ceil((random() * 1.5 * EVENTS) / KILLS);
      await Promise.race([
        ended.then(({ stderr }) => {
          throw new Error(`the service ended by itself: ${stderr}`);
        }),
        new Promise<void>((resolve) => {
          onEvent = () => {
            more -= 1;
            if (more <= 0 || came.size === EVENTS) resolve();
          };
          // Killed on its way up, when there is nothing left for it to send.
          if (came.size === EVENTS) resolve();
        }),
      ]);
      onEvent = () => {};
      await pause(random() * 20);
      child.kill('SIGKILL');
      await ended.catch(() => {});
      await allCame();
    }
    const last = cli.start(...serve);
    const delivered = async () =>
      (await cli.json<{ items: unknown[] }>('webhook', 'deliveries', '--state', 'waiting', '--limit', '1'))
        .items.length === 0;
    while (came.size < EVENTS) await new Promise<void>((resolve) => (onEvent = resolve));
    while (!(await delivered())) await pause(100);
    last.child.kill('SIGTERM');
    expect((await last.ended).code).toBe(0);

    expect(first).toEqual(added);
    const copies = [...came.values()];
    expect(copies.filter((lives) => new Set(lives).size < lives.length)).toEqual([]);
    const all = copies.reduce((sum, lives) => sum + lives.length, 0);
    expect(all).toBeLessThanOrEqual(EVENTS + KILLS * OPEN);
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
});
