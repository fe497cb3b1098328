import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ErasureReceipt } from '../../service/engine/people/index.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';

let cli: Cli;
/** Where nothing is searched. */
let outside: string;
beforeEach(async () => {
  outside = mkdtempSync(join(tmpdir(), 'gatehouse-outside-'));
  cli = createCli();
  await cli.init('Museum');
  await cli.json('org', 'set', '--uniqueness', 'off');
  writeFileSync(join(cli.data, 'ada.jpg'), await portrait('ada'));
});
afterEach(async () => {
  await cli.clean();
  rmSync(outside, { recursive: true, force: true });
});

const enroll = (email: string, ...words: string[]) =>
  cli.json<{ userId: string }>(
    'subject',
    'enroll',
    '--env',
    'test',
    '--email',
    email,
    ...words,
    join(cli.data, 'ada.jpg'),
  );

test('an erasure is proved by a search, and its receipt is verified without the appliance', async () => {
  const { userId } = await enroll('ada@example.com', '--name', 'Ada Lovelace');
  const file = join(outside, 'receipt.json');
  const unconfirmed = await cli.run('subject', 'erase', 'ada@example.com', '--env', 'test');
  expect([unconfirmed.code, unconfirmed.stderr]).toEqual([
    2,
    expect.stringContaining('--confirm ada@example.com'),
  ]);
  const elsewhere = await cli.run(
    'subject',
    'erase',
    'ada@example.com',
    '--confirm',
    'ada@example.com',
    '--out',
    file,
  );
  expect([elsewhere.code, existsSync(file)]).toEqual([1, false]);

  const erased = await cli.run(
    'subject',
    'erase',
    'ada@example.com',
    '--env',
    'test',
    '--confirm',
    'ada@example.com',
    '--out',
    file,
  );
  expect(erased).toMatchObject({ code: 0, stdout: expect.stringContaining('None was found.') });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const receipt = JSON.parse(readFileSync(file, 'utf8')) as ErasureReceipt;
  expect(receipt).toMatchObject({
    subject: userId,
    state: 'done',
    proof: {
      found: [],
      needles: {
        'e-mail': 1,
        name: 1,
        'template as floats': expect.any(Number),
        'template as base64': expect.any(Number),
      },
      sealedValues: { tried: 3, opened: 0 },
      gallery: { searches: 1, named: 0 },
    },
  });
  expect(JSON.stringify(receipt)).not.toMatch(/ada@example|Lovelace/);

  const pem = join(cli.data, 'receipts.pem');
  writeFileSync(pem, (await cli.run('receipt', 'key')).stdout);
  expect(await cli.json('receipt', 'verify', file)).toMatchObject({ valid: true, key: 'in the receipt' });
  expect(await cli.json('receipt', 'verify', file, '--public-key', pem)).toMatchObject({
    valid: true,
    key: 'pinned',
  });
  expect(await cli.json('receipt', 'show', receipt.erasure)).toEqual(receipt);
  const changed = join(cli.data, 'changed.json');
  writeFileSync(changed, JSON.stringify({ ...receipt, subject: 'sub_other' }));
  expect(await cli.run('receipt', 'verify', changed)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('NOT VALID'),
  });
  const other = createCli();
  try {
    await other.json('init', '--org', 'Other');
    const foreign = join(cli.data, 'foreign.pem');
    writeFileSync(foreign, (await other.run('receipt', 'key')).stdout);
    expect(await cli.run('receipt', 'verify', file, '--public-key', foreign)).toMatchObject({ code: 1 });
  } finally {
    await other.clean();
  }
  expect(await cli.run('receipt', 'verify', pem)).toMatchObject({ code: 2 });
});

test('data left in plain text is found and reported, with exit code 1', async () => {
  await enroll('ada@example.com');
  writeFileSync(join(cli.data, 'notes.txt'), 'asked by ada@example.com');
  const erased = await cli.run(
    'subject',
    'erase',
    'ada@example.com',
    '--env',
    'test',
    '--confirm',
    'ada@example.com',
  );
  expect(erased).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/FOUND:\n\s+e-mail in .*notes\.txt, 1 time/),
  });
});

test('a copy of the key store that is away leaves the erasure pending until the service finds it again', async () => {
  await enroll('ada@example.com');
  const place = join(outside, 'keys');
  mkdirSync(place);
  await cli.json('keystore', 'add', place);
  renameSync(place, `${place}-away`);
  const pending = await cli.json<ErasureReceipt>(
    'subject',
    'erase',
    'ada@example.com',
    '--env',
    'test',
    '--confirm',
    'ada@example.com',
  );
  expect(pending).toMatchObject({ state: 'pending', copies: [{ place, state: 'unreachable' }] });
  const list = () => cli.json<{ items: ErasureReceipt[] }>('receipt', 'list', '--pending');
  expect((await list()).items.map(({ subject }) => subject)).toEqual([pending.subject]);
  renameSync(`${place}-away`, place);
  const service = await cli.serve();
  expect((await list()).items).toEqual([]);
  expect(await cli.json('receipt', 'show', pending.erasure)).toMatchObject({
    state: 'done',
    copies: [{ place, state: 'destroyed' }],
  });
  await service.end();
});

test('another medium in the place of a lost copy finishes nothing; the word of an operator does, and the receipt says so', async () => {
  await enroll('ada@example.com');
  const place = join(outside, 'keys');
  mkdirSync(place);
  const { copy } = await cli.json<{ copy: string }>('keystore', 'add', place);
  renameSync(place, `${place}-lost`);
  const pending = await cli.json<ErasureReceipt>(
    'subject',
    'erase',
    'ada@example.com',
    '--env',
    'test',
    '--confirm',
    'ada@example.com',
  );
  mkdirSync(place);
  await cli.json('keystore', 'remove', place);
  expect(await cli.json('keystore', 'add', place)).toMatchObject({ state: 'current' });
  const tried = await cli.serve();
  expect(await cli.json('receipt', 'show', pending.erasure)).toMatchObject({
    state: 'pending',
    copies: expect.arrayContaining([expect.objectContaining({ place, copy, state: 'unreachable' })]),
  });
  await tried.end();

  const attest = ['keystore', 'remove', place, '--destroyed'];
  for (const refused of [attest, [...attest, '--confirm', outside]]) {
    expect(await cli.run(...refused)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`--confirm "${place}"`),
    });
  }
  expect(await cli.json(...attest, '--confirm', place)).toEqual({ attestedDestroyed: { place, copy } });
  expect(await cli.json('keystore', 'places')).toMatchObject({ items: [{ place, state: 'current' }] });
  const service = await cli.serve();
  const done = await cli.json<ErasureReceipt>('receipt', 'show', pending.erasure);
  await service.end();
  expect(done.state).toBe('done');
  const attested = { by: expect.stringMatching(/^operator:/), at: expect.any(String) };
  expect(done.copies).toContainEqual(
    expect.objectContaining({ place, copy, state: 'attested-destroyed', attested }),
  );
  const file = join(outside, 'attested.json');
  writeFileSync(file, JSON.stringify(done));
  expect(await cli.json('receipt', 'verify', file)).toMatchObject({
    valid: true,
    state: 'done',
    attested: [{ place, copy, ...attested }],
  });
  const shown = await cli.run('receipt', 'verify', file);
  expect(shown.stdout).toContain('this rests on the word of operator:');
});

async function withDatabase(work: (opened: Database) => Promise<unknown>): Promise<void> {
  const location = { kind: 'sqlite', path: join(cli.data, 'gatehouse.db') } as const;
  const opened = await openDatabase(location, { clock: systemClock, log: silentLog });
  await work(opened).finally(() => opened.close());
}

test('erasing all people needs their number, erasing the organization its name', async () => {
  for (const name of ['a', 'b', 'c']) await enroll(`${name}@example.com`);
  for (const words of [
    ['--all'],
    ['--all', '--env', 'test'],
    ['--all', '--env', 'test', '--confirm', '2'],
    ['--all', '--confirm', '3'],
  ]) {
    expect(await cli.run('subject', 'erase', ...words)).toMatchObject({ code: 2 });
  }
  expect(await cli.json('subject', 'erase', '--all', '--env', 'test', '--confirm', '3')).toMatchObject({
    erased: 3,
    left: 0,
  });
  await enroll('d@example.com');
  // Of a live session, which belongs to no person.
  await withDatabase(async ({ db, inTransaction }) => {
    const { id: organization } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow();
    const frame = { organization, hash: 'f', session: 'sess_1', created_at: Date.now() };
    await inTransaction((tx) => tx.insertInto('live_frame').values(frame).execute());
  });
  expect(await cli.run('org', 'erase', 'Museum')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Nothing was erased'),
  });
  expect(await cli.json('org', 'erase', 'Museum', '--confirm', 'Museum')).toMatchObject({
    done: true,
    erased: 1,
    left: 0,
  });
  await withDatabase(async ({ db }) =>
    expect(await db.selectFrom('live_frame').selectAll().execute()).toEqual([]),
  );
  const keys = await cli.json<{ items: { revokedAt?: string }[] }>('key', 'list');
  expect(keys.items.length).toBeGreaterThan(0);
  expect(keys.items.every(({ revokedAt }) => revokedAt !== undefined)).toBe(true);
  expect((await cli.json<{ items: unknown[] }>('receipt', 'list')).items).toHaveLength(4);
});
