import { once } from 'node:events';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const probe = mountSmallDisk(1);
probe?.remove();
const mayMount = probe !== undefined;

let cli: Cli;
let disk: SmallDisk;
let key: string;
const at = () => ['--data', disk.folder];

beforeEach(async () => {
  if (!mayMount) return;
  cli = createCli();
  disk = mountSmallDisk(64)!;
  const made = await cli.json<{ keys: { test: string } }>('init', '--org', 'Museum', ...at());
  key = made.keys.test;
});
afterEach(async () => {
  await cli?.clean();
  disk?.remove();
});
afterAll(() => {
  if (!mayMount) console.warn('full-disk: skipped, this account may not mount a tmpfs');
});

const post = async (url: string, email: string) => {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ image: (await portrait('ada')).toString('base64'), email }),
  });
  return { status: reply.status, ...((await reply.json()) as { code?: string; error?: string }) };
};
const enroll = (url: string, email: string) => post(`${url}/api/enroll`, email);
const verify = (url: string, email: string) => post(`${url}/api/verify`, email);
const ready = async (url: string) => {
  const reply = await fetch(`${url}/ready`);
  return { status: reply.status, ...((await reply.json()) as { reason?: string }) };
};
/** E-mail addresses, the newest person first. */
const people = async () =>
  (await cli.json<{ items: { email: string }[] }>('subject', 'list', '--test', ...at())).items.map(
    ({ email }) => email,
  );

/** Leaves less than one page, also while the service takes some of the room. */
function fill(): string {
  const path = join(disk.folder, 'foreign-file');
  const file = openSync(path, 'w');
  try {
    for (const size of [1024 * 1024, statfsSync(disk.folder).bsize]) writeUntilFull(file, Buffer.alloc(size));
  } finally {
    closeSync(file);
  }
  return path;
}

function writeUntilFull(file: number, bytes: Buffer): void {
  try {
    while (writeSync(file, bytes) === bytes.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

test.skipIf(!mayMount)(
  'a full disk: refused with what to do, nothing half written; with room again it goes on by itself',
  async () => {
    const service = await cli.serve(...at());
    expect(await enroll(service.url, 'before@example.com')).toMatchObject({ status: 200 });
    const filler = fill();
    const refused = await enroll(service.url, 'during@example.com');
    expect(refused).toMatchObject({ status: 507, code: 'STORAGE_FULL' });
    expect(refused.error).toMatch(/disk .*full.*Free some space/i);
    expect(await ready(service.url)).toMatchObject({ status: 503, reason: expect.stringMatching(/free/i) });

    rmSync(filler);
    expect(await ready(service.url)).toMatchObject({ status: 200 });
    expect(await enroll(service.url, 'after@example.com')).toMatchObject({ status: 200 });
    expect((await service.end()).code).toBe(0);
    expect(await people()).toEqual(['after@example.com', 'before@example.com']);
  },
);

/** Answers what comes when `answer` is called. */
async function receiver() {
  const waiting: ServerResponse[] = [];
  const ids: string[] = [];
  const server = createServer((request, response) => {
    ids.push(String(request.headers['webhook-id']));
    request.resume();
    waiting.push(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = () => {
    for (const response of waiting.splice(0)) response.end();
  };
  return { port, ids, answer, close: () => server.close() };
}

test.skipIf(!mayMount)(
  'a verdict, a consent and an erasure are refused whole on a full disk, and a delivery is recorded once there is room',
  async () => {
    const { port, ids, answer, close } = await receiver();
    await cli.json('grant', 'add', `127.0.0.1/32:${port}`, ...at());
    const hook = ['webhook', 'add', `http://127.0.0.1:${port}/in`, '--family', 'identity', '--test'];
    await cli.json(...hook, ...at());
    const service = await cli.serve(...at());
    expect(await enroll(service.url, 'ada@example.com')).toMatchObject({ status: 200 });
    expect(await verify(service.url, 'ada@example.com')).toMatchObject({ status: 200 });
    await expect.poll(() => ids.length).toBeGreaterThan(0);
    const sent = ids.length;
    const filler = fill();
    answer();
    const person = ['ada@example.com', '--env', 'test'];
    const refusals = [
      await verify(service.url, 'ada@example.com').then(({ status, error }) => ({
        code: status,
        stderr: error!,
      })),
      await cli.run('consent', 'withdraw', ...person, '--all', ...at()),
      await cli.run('subject', 'erase', ...person, '--confirm', 'ada@example.com', ...at()),
    ];
    expect(refusals.map(({ code }) => code)).toEqual([507, 1, 1]);
    for (const { stderr } of refusals) expect(stderr).toMatch(/disk .*full/i);

    rmSync(filler);
    expect(await people()).toEqual(['ada@example.com']);
    expect(await verify(service.url, 'ada@example.com')).toMatchObject({ status: 200 });
    const states = async () => {
      answer();
      const list = ['webhook', 'deliveries', '--test', ...at()];
      return (await cli.json<{ items: { state: { is: string } }[] }>(...list)).items.map(
        ({ state }) => state.is,
      );
    };
    await expect.poll(async () => [...new Set(await states())]).toEqual(['delivered']);
    // What was answered while there was no room is not sent again.
    expect(new Set(ids.slice(0, sent)).size).toBe(sent);
    expect(ids.slice(sent).filter((id) => ids.slice(0, sent).includes(id))).toEqual([]);
    expect((await cli.run('subject', 'erase', ...person, '--confirm', 'ada@example.com', ...at())).code).toBe(
      0,
    );
    expect(await people()).toEqual([]);
    answer();
    expect((await service.end()).code).toBe(0);
    close();
  },
);

test.skipIf(!mayMount)(
  'a start on a read-only disk says so and changes nothing; writable again, all people are there',
  async () => {
    const service = await cli.serve(...at());
    expect(await enroll(service.url, 'before@example.com')).toMatchObject({ status: 200 });
    expect((await service.end()).code).toBe(0);
    disk.remount('ro');
    const { code, stderr } = await cli.run('serve', '--port', '0', ...at());
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot be written|read-only/i);
    expect(stderr).not.toMatch(/ {4}at /);
    disk.remount('rw');
    expect(await people()).toEqual(['before@example.com']);
  },
);

test.skipIf(!mayMount)('a start on a full disk says so and what to do', async () => {
  fill();
  const { code, stderr } = await cli.run('serve', '--port', '0', ...at());
  expect(code).toBe(1);
  expect(stderr).toMatch(/full/i);
  expect(stderr).not.toMatch(/ {4}at /);
});
