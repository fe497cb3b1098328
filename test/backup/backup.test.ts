import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';

/** Real processes and real portraits, in the order in which an operator would go through them. */
let cli: Cli;
let other: Cli;
let folder: string;
let data: string;
let backups: string;
let stick: string;
let key: string;
let file: string;
const pictures: Record<string, string> = {};

beforeAll(async () => {
  cli = createCli();
  other = createCli();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-backups-'));
  [data, backups, stick] = ['data', 'backups', 'stick'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(backups);
  mkdirSync(stick);
  for (const [name, who, quality] of [
    ['ada', 'ada', 90],
    ['ada-again', 'ada', 55],
    ['bea', 'bea', 90],
    ['bea-again', 'bea', 55],
    ['stranger', 'stranger', 90],
  ] as const) {
    pictures[name] = join(folder, `${name}.jpg`);
    writeFileSync(pictures[name], await portrait(who, quality));
  }
  const made = await cli.json<{ keys: { test: string } }>('init', '--org', 'Museum', '--data', data);
  key = made.keys.test;
});
afterAll(async () => {
  await cli.clean();
  await other.clean();
  rmSync(folder, { recursive: true, force: true });
});

const here = (...words: string[]) => [...words, '--data', data];
const verdictOf = async (name: string, at = data) => {
  const { stdout } = await cli.run('verify', '--test', pictures[name]!, '--json', '--data', at);
  const { verified, email, confidence, ...rest } = JSON.parse(stdout);
  if (verified === undefined) throw new Error(JSON.stringify(rest));
  return { verified, email, confidence };
};

async function enroll(url: string, email: string, picture: string) {
  const reply = await fetch(`${url}/api/enroll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ email, image: readFileSync(picture).toString('base64') }),
  });
  return reply.json() as Promise<{ enrolled?: boolean }>;
}

let before: Record<string, unknown>;

test('a backup is taken while people are enrolled and verified', async () => {
  const service = await cli.serve('--data', data, '--workers', '1');
  await enroll(service.url, 'ada@example.com', pictures.ada!);
  await enroll(service.url, 'bea@example.com', pictures.bea!);
  let running = true;
  let answered = 0;
  const load = (async () => {
    while (running) {
      const reply = await fetch(`${service.url}/api/verify`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key },
        body: JSON.stringify({ image: readFileSync(pictures['ada-again']!).toString('base64') }),
      });
      expect(((await reply.json()) as { verified?: boolean }).verified).toBe(true);
      answered += 1;
    }
  })();
  const made = await cli.json<{ path: string; keys: { place: string; state: string }[] }>(
    ...(here('backup', backups, '--keys-to', stick) as [string, ...string[]]),
  );
  running = false;
  await load;
  expect(answered).toBeGreaterThan(0);
  expect(made.keys).toMatchObject([{ place: stick, state: 'current' }]);
  file = made.path;
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(backups)).toEqual([file.slice(backups.length + 1)]);
  expect(readdirSync(join(data, 'tmp'))).toEqual([]);
  const bytes = readFileSync(file);
  const keyOf = readFileSync(join(data, 'master.key'), 'utf8').split(' ')[1]!.trim();
  for (const secret of ['ada@example.com', 'bea@example.com', keyOf, Buffer.from(keyOf, 'base64url')])
    expect(bytes.includes(secret)).toBe(false);
  await service.end();
  before = {
    ada: await verdictOf('ada-again'),
    bea: await verdictOf('bea-again'),
    stranger: await verdictOf('stranger'),
  };
  expect(before).toMatchObject({
    ada: { verified: true },
    bea: { verified: true },
    stranger: { verified: false },
  });
});

test('it is proven on a machine that has only the file, the copy of the keys and the master key', async () => {
  const newest = await other.run('backup', 'list', backups, '--newest');
  expect(newest).toEqual({ code: 0, stdout: `${file}\n`, stderr: '' });
  const masterKey = join(folder, 'safe.key');
  writeFileSync(masterKey, readFileSync(join(data, 'master.key')), { mode: 0o600 });
  const found = await other.json<object>(
    'backup',
    'verify',
    file,
    '--keys',
    stick,
    '--master-key-file',
    masterKey,
  );
  expect(found).toMatchObject({
    ok: true,
    people: { there: 2, erased: 0, keyMissing: 0 },
    match: { asked: 2, found: 2 },
    audit: { valid: true },
  });
  expect(readdirSync(other.temporary).filter((name) => name.startsWith('gatehouse-verify-'))).toEqual([]);
});

test('the wrong master key, the wrong key store and a damaged file are refused with the reason, and change nothing', async () => {
  await other.json('init', '--org', 'Another');
  const wrongMaster = await cli.run(
    'restore',
    file,
    '--keys',
    stick,
    '--master-key-file',
    join(other.data, 'master.key'),
    '--data',
    data,
    '--json',
  );
  expect([wrongMaster.code, JSON.parse(wrongMaster.stdout)]).toEqual([
    1,
    {
      code: 'BACKUP_UNUSABLE',
      error: expect.stringMatching(/needs the master key [0-9a-f]{16}.*holds [0-9a-f]{16}/),
    },
  ]);
  const wrongKeys = await cli.run('restore', file, '--keys', other.data, '--data', data, '--json');
  expect(JSON.parse(wrongKeys.stdout)).toMatchObject({
    code: 'BACKUP_UNUSABLE',
    error: expect.stringContaining('another Gatehouse'),
  });
  const bytes = readFileSync(file);
  bytes[bytes.length - 1000] = bytes[bytes.length - 1000]! ^ 1;
  const broken = join(folder, 'broken.backup');
  writeFileSync(broken, bytes);
  const damaged = await cli.run('restore', broken, '--keys', stick, '--data', data, '--json');
  expect(JSON.parse(damaged.stdout)).toMatchObject({
    code: 'BACKUP_UNUSABLE',
    error: expect.stringContaining('is damaged'),
  });
  expect(readdirSync(folder).filter((name) => name.startsWith('data'))).toEqual(['data']);
  expect(await verdictOf('ada-again')).toEqual(before.ada);
});

test('a running service is not pulled away', async () => {
  const service = await cli.serve('--data', data, '--workers', '1');
  const refused = await cli.run('restore', file, '--keys', stick, '--data', data, '--json');
  expect([refused.code, JSON.parse(refused.stdout).code]).toEqual([1, 'CONFLICT']);
  await service.end();
  expect(readdirSync(folder).filter((name) => name.startsWith('data'))).toEqual(['data']);
});

test('a drill in a second directory gives the same verdicts, and leaves the copies of the first alone', async () => {
  const second = join(folder, 'second');
  const keys = readFileSync(join(stick, 'gatehouse-keys.db'));
  const restored = await cli.json<object>(
    'restore',
    file,
    '--keys',
    stick,
    '--master-key-file',
    join(data, 'master.key'),
    '--drill',
    '--data',
    second,
  );
  expect(restored).toMatchObject({ found: { people: { there: 2 }, problems: [] }, erasedAgain: 0 });
  for (const [name, verdict] of Object.entries(before))
    expect(await verdictOf(name === 'stranger' ? name : `${name}-again`, second)).toEqual(verdict);
  expect(readFileSync(join(stick, 'gatehouse-keys.db')).equals(keys)).toBe(true);
  // It reads the master key of the first: replacing that would lock the first out.
  const masterKey = readFileSync(join(data, 'master.key'));
  for (const change of [['rotate'], ['use-file', join(folder, 'another.key')]]) {
    const refused = await cli.run('master', ...change, '--data', second, '--json');
    expect([refused.code, JSON.parse(refused.stdout).code]).toEqual([1, 'CONFLICT']);
  }
  expect(readFileSync(join(data, 'master.key')).equals(masterKey)).toBe(true);
});

test('a restore beside it leaves the copies alone as well until its start, and says what is in force again', async () => {
  const beside = join(folder, 'beside');
  const keys = readFileSync(join(stick, 'gatehouse-keys.db'));
  const words = [
    'restore',
    file,
    '--keys',
    stick,
    '--master-key-file',
    join(data, 'master.key'),
    '--data',
    beside,
  ];
  const restored = await cli.run(...words);
  expect(restored.stdout).toMatch(/What was revoked.* after \d{4}-.* is in force again.*key list/);
  expect(readFileSync(join(stick, 'gatehouse-keys.db')).equals(keys)).toBe(true);
  const { items } = await cli.json<{ items: object[] }>(
    ...(here('keystore', 'places') as [string, ...string[]]),
  );
  expect(items).toMatchObject([{ state: 'current' }]);
  rmSync(beside, { recursive: true });
});

test('people erased after the backup stay erased: newest keys, old data; all others are as before', async () => {
  const erased = await cli.run(
    ...here('subject', 'erase', 'bea@example.com', '--test', '--confirm', 'bea@example.com', '--json'),
  );
  expect([erased.code, erased.stderr]).toEqual([0, '']);
  const proven = await cli.json<object>(
    ...(here('backup', 'verify', file, '--keys', stick) as [string, ...string[]]),
  );
  expect(proven).toMatchObject({ ok: true, people: { there: 2, erased: 1 }, templates: { damaged: 0 } });
  const unasked = await cli.run(...here('restore', file, '--keys', stick, '--json'));
  expect([unasked.code, JSON.parse(unasked.stdout)]).toEqual([
    expect.any(Number),
    { code: 'CONFIRMATION_REQUIRED', error: expect.stringMatching(/holds 1 people.*people: 0.*--confirm 1/) },
  ]);
  expect(unasked.code).not.toBe(0);
  const restored = await cli.json<{ aside: string }>(
    ...(here('restore', file, '--keys', stick, '--confirm', '1') as [string, ...string[]]),
  );
  expect(restored).toMatchObject({ found: { problems: [] }, erasedAgain: 1 });
  expect(existsSync(join(restored.aside, 'gatehouse.db'))).toBe(true);
  // The confidence of 1:N rests on how many people there are: one fewer now.
  expect(await verdictOf('ada-again')).toMatchObject({ verified: true, email: 'ada@example.com' });
  expect(await verdictOf('bea-again')).toMatchObject({ verified: false });
  const { items } = await cli.json<{ items: { email?: string }[] }>(
    ...(here('subject', 'list', '--test') as [string, ...string[]]),
  );
  expect(items.map(({ email }) => email)).toEqual(['ada@example.com']);
  const audit = await cli.run(...here('audit', 'verify'));
  expect([audit.code, audit.stdout]).toEqual([0, expect.stringContaining('restored')]);
});

test('the old key store does not open the directory again: its place holds a newer one', async () => {
  const [aside] = readdirSync(folder).filter((name) => name.startsWith('data.before-restore-'));
  const refused = await cli.run('restore', file, '--keys', join(folder, aside!), '--data', data, '--json');
  expect(JSON.parse(refused.stdout)).toMatchObject({
    code: 'BACKUP_UNUSABLE',
    error: expect.stringContaining('is older than'),
  });
});
