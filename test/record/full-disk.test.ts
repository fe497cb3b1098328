import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
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

const enroll = async (url: string, email: string) => {
  const reply = await fetch(`${url}/api/enroll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ image: (await portrait('ada')).toString('base64'), email }),
  });
  return { status: reply.status, ...((await reply.json()) as { code?: string; error?: string }) };
};
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
