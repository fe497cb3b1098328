/**
 * Makes a fixture of the upgrade test: a data directory as the product of this commit writes it, and what it holds.
 *
 *   npm run upgrade-fixture -- test/upgrade/VERSION
 *
 * test/upgrade/0.1.1 was made with the product of commit a6172df (version 0.1.1). A fixture is what an installation has:
 * it is not made anew. To make one with the product of another commit that has this script:
 *
 *   git worktree add ../gatehouse-then COMMIT && cd ../gatehouse-then && npm ci
 *   npm run upgrade-fixture -- FOLDER
 *
 * For an earlier commit copy the sources of test/upgrade and test/cli/portraits.ts into that tree as they were when this script was
 * committed (`git log --follow --diff-filter=A`), and run `node_modules/.bin/node test/upgrade/make-data-directory.ts FOLDER`.
 *
 * The README.md beside a fixture says what in it depends on the clock.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import product from '../../package.json' with { type: 'json' };
import { portrait } from '../cli/portraits.ts';
import { listen } from '../support/listener.ts';
import { customProfiles } from './custom-profiles.ts';
import { createPlainCli, type Directory, directoryAt } from './directory.ts';
import { type Expected, type KeyName, packed, profiles } from './expected.ts';
import { type Contents, readContents } from './read-contents.ts';
import { verifyPicture } from './verify-picture.ts';

const consent = ['--consent', 'v1,signed form,GDPR Art. 9(2)(a),verification+identification'];
const site = [
  '--country',
  'CH',
  '--latitude',
  '46.95',
  '--longitude',
  '7.45',
  '--time-zone',
  'Europe/Zurich',
];

const settings = {
  deadlineSeconds: 120,
  refusedKeysPerMinute: 40,
  // Port 9 refuses: mail of alerts stays in the queue.
  smtpUrl: 'smtp://127.0.0.1:9',
  smtpFrom: 'gatehouse@example.com',
};

interface Workplace {
  folder: string;
  directory: Directory;
}

/** What `init` answers. */
interface First {
  organizationId: string;
  keys: { live: string; test: string };
}

interface Made {
  organization: string;
  otherOrganization: string;
  keys: Record<KeyName, string>;
  webhook: { id: string; secret: string };
}

/** Accepts deliveries until `refuse` is called. */
async function startReceiver() {
  let status = 200;
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end());
  });
  const { port, stop } = await listen(server);
  const refuse = () => {
    status = 503;
  };
  return { host: `127.0.0.1:${port}`, refuse, stop };
}

async function setUp({ folder, directory }: Workplace, first: First, host: string): Promise<Made> {
  const { json } = directory;
  const organization = first.organizationId;
  const of = ['--org', organization];
  await json('models', 'enable', 'face-recognition');
  await json('models', 'disable', 'face-reidentification-retail-0095');
  await json('org', 'set', ...of, '--match-only', '--consent', 'with-call', '--uniqueness', 'warn');
  await json(
    ...['retention', 'set', ...of, '--verifications', '3650', '--deliveries', '365', '--audit', '36500'],
  );
  for (const [slug, definition] of Object.entries(customProfiles)) {
    const file = join(folder, `${slug}.json`);
    writeFileSync(file, JSON.stringify(definition));
    await json('profile', 'set', slug, file, ...of);
  }
  // The second version is the one that counts.
  await json('profile', 'set', 'front-door', join(folder, 'front-door.json'), ...of);
  const other = await json<{ id: string }>('org', 'create', '--name', 'Library');
  await json('consent', 'attest', '--org', other.id, ...consent);
  await json('profile', 'set', 'default', join(folder, 'default.json'), '--org', other.id);
  await json('site', 'add', ...of, '--name', 'Hall', '--cidr', '127.0.0.0/8', ...site);
  const retired = await json<{ id: string }>('grant', 'add', 'old.example.org', ...of);
  await json('grant', 'revoke', retired.id, '--confirm', 'old.example.org', ...of);
  await json('grant', 'add', '*.example.org:8443', '--note', 'access control, ticket 4711', ...of);
  await json('grant', 'add', host, ...of);
  await json('grant', 'add', new URL(settings.smtpUrl).host, '--note', 'mail', ...of);
  await json('alert', 'recipient', 'approve', 'ops@example.com', ...of);
  await json(
    ...['alert', 'rule', 'add', ...of, '--name', 'Wrong face at the door', '--metric', 'failures-per-person'],
    ...['--threshold', '2', '--window', '30', '--webhook', '--email', 'ops@example.com'],
  );
  await json('limits', 'set', ...of, '--burst', '600', '--per-user', '120');
  return {
    organization,
    otherOrganization: other.id,
    keys: { ...first.keys, ...(await makeKeys(directory, organization, other.id)) },
    webhook: await addWebhooks(directory, of, host),
  };
}

async function makeKeys({ json }: Directory, organization: string, other: string) {
  const make = (name: string, of: string, ...words: string[]) =>
    json<{ id: string; key: string }>('key', 'create', '--org', of, '--name', name, ...words);
  const door = await make(
    ...(['door', organization, '--scopes', 'identity:verify', '--env', 'live', '--prefix', 'prf'] as const),
    ...['--profile', 'front-door', '--cidr', '127.0.0.0/8', '--expires', '2099-12-31'],
  );
  const admin = await make('console', organization, '--scopes', 'admin,webhooks', '--env', 'live');
  const revoked = await make('lost', organization, '--scopes', 'identity', '--env', 'live');
  await json('key', 'revoke', revoked.id, '--org', organization);
  const page = ['--browser', '--origin', 'https://shop.example.com', '--env', 'live'];
  await make('page', organization, '--scopes', 'sessions,behavior', ...page);
  const theirs = await make('library', other, '--scopes', 'identity', '--env', 'test');
  return { door: door.key, admin: admin.key, revoked: revoked.key, other: theirs.key };
}

async function addWebhooks({ json }: Directory, of: string[], host: string) {
  const { id, secret } = await json<{ id: string; secret: string }>(
    ...['webhook', 'add', `http://${host}/in`, '--family', 'identity', '--description', 'access control'],
    ...['--header', 'Authorization: Bearer fixture', ...of],
  );
  const idle = await json<{ id: string }>(
    ...['webhook', 'add', `http://${host}/idle`, '--family', 'identity', '--signature', 'standard', ...of],
    ...['--event', 'user.enrolled'],
  );
  await json('webhook', 'disable', idle.id, '--reason', 'maintenance', ...of);
  return { id, secret };
}

/** Returns the id of the person who will be erased. */
async function enrollPeople({ folder, directory }: Workplace, made: Made): Promise<string> {
  async function enroll(who: 'ada' | 'bea' | 'cleo' | 'dan', ...words: string[]) {
    const file = join(folder, 'picture.jpg');
    writeFileSync(file, await portrait(who, words.includes('--confirmed') ? 60 : 90));
    const email = `${who}@example.com`;
    return directory.json<{ userId: string }>('subject', 'enroll', '--email', email, ...words, file);
  }
  const museum = ['--org', made.organization, ...consent];
  await enroll('ada', '--name', 'Ada Example', ...museum);
  await enroll('ada', '--confirmed', ...museum);
  await enroll('bea', ...museum);
  await enroll('cleo', ...museum);
  const { userId } = await enroll('dan', ...museum);
  await enroll('bea', '--test', ...museum);
  await enroll('ada', '--test', '--org', made.otherOrganization);
  const of = ['--org', made.organization];
  await directory.json(...['consent', 'withdraw', 'cleo@example.com', '--purpose', 'identification', ...of]);
  await directory.json('hold', 'place', 'bea@example.com', '--reason', 'Case 2026/114', ...of);
  return userId;
}

/** Verdicts of every kind: matched in 1:N and 1:1, not matched, and two that fire the alert rule. */
async function verifySeveral(url: string, { keys }: Made): Promise<void> {
  const expectVerdict = async (verified: boolean, ...call: Parameters<typeof verifyPicture>) => {
    const verdict = await verifyPicture(...call);
    if (verdict.verified !== verified)
      throw new Error(`Verified should be ${verified}: ${JSON.stringify([verdict, call[3]])}`);
  };
  const [ada, bea, cleo, stranger] = await Promise.all(
    (['ada', 'bea', 'cleo', 'stranger'] as const).map((who) => portrait(who, 77)),
  );
  await expectVerdict(true, url, keys.live, ada!);
  await expectVerdict(true, url, keys.live, bea!, { profile: 'front-door' });
  await expectVerdict(true, url, keys.door, ada!, { email: 'ada@example.com', profile: 'front-door' });
  await expectVerdict(true, url, keys.live, cleo!, { email: 'cleo@example.com' });
  await expectVerdict(false, url, keys.live, cleo!);
  await expectVerdict(false, url, keys.live, stranger!);
  for (const _ of [1, 2]) await expectVerdict(false, url, keys.live, stranger!, { email: 'bea@example.com' });
  await expectVerdict(true, url, keys.test, bea!);
  await expectVerdict(true, url, keys.other, ada!);
}

interface Delivery {
  state: { is: string };
  attempts: number;
}

/** Waits until the deliveries are as `wanted` says. */
async function waitForDeliveries(
  { json }: Directory,
  organization: string,
  wanted: (deliveries: readonly Delivery[]) => boolean,
): Promise<void> {
  const DEADLINE = Date.now() + 60_000;
  for (;;) {
    const { items: deliveries } = await json<{ items: Delivery[] }>(
      ...['webhook', 'deliveries', '--org', organization, '--limit', '1000'],
    );
    if (wanted(deliveries)) return;
    if (Date.now() > DEADLINE) throw new Error(`The deliveries stay ${JSON.stringify(deliveries)}.`);
    await pause(200);
  }
}

const isIn =
  (...states: string[]) =>
  (one: Delivery) =>
    states.includes(one.state.is);

/** A backup, and then the copy of the key store in which the erased person is no more. */
async function backUpAndErase({ folder, directory }: Workplace, organization: string): Promise<void> {
  const { json } = directory;
  const keyCopy = join(folder, packed.keyCopy);
  await json('backup', join(folder, packed.backups), '--keys-to', keyCopy);
  await json(
    ...['subject', 'erase', 'dan@example.com', '--confirm', 'dan@example.com', '--org', organization],
    ...['--out', join(folder, packed.receipt)],
  );
  // The directory is opened where this folder is not; its copy stays, and restores the backup.
  await json('keystore', 'remove', keyCopy);
}

/** The service runs meanwhile, and ends with deliveries that the receiver refused. */
async function fill(place: Workplace): Promise<{ made: Made; erased: string; contents: Contents }> {
  const { directory } = place;
  const first = await directory.json<First>('init', '--org', 'Museum');
  const receiver = await startReceiver();
  const service = await directory.serve();
  try {
    const made = await setUp(place, first, receiver.host);
    const erased = await enrollPeople(place, made);
    await verifySeveral(service.url, made);
    await waitForDeliveries(directory, made.organization, (all) => all.every(isIn('delivered', 'dropped')));
    await backUpAndErase(place, made.organization);
    receiver.refuse();
    for (const who of ['ada', 'bea'] as const)
      await verifyPicture(service.url, made.keys.live, await portrait(who, 66));
    await waitForDeliveries(...([directory, made.organization] as const), (all) =>
      all.some(({ attempts, state }) => state.is === 'waiting' && attempts > 0),
    );
    await directory.json('org', 'calibrate', '--org', made.organization);
    // From here on its people are compared by another model, for which they have no template yet.
    await directory.json('models', 'enable', 'face-reidentification-retail-0095');
    await directory.json('profile', 'reset', 'default', '--org', made.otherOrganization);
    const contents = await readContents({
      directory,
      url: service.url,
      adminKey: made.keys.admin,
      organization: made.organization,
      profiles,
      person: 'cleo@example.com',
    });
    return { made, erased, contents };
  } finally {
    await service.end();
    await receiver.stop();
  }
}

async function exportAudit({ folder, directory }: Workplace): Promise<void> {
  await directory.json('audit', 'export', join(folder, packed.audit));
  const { stdout } = await directory.run('audit', 'keys');
  writeFileSync(join(folder, packed.auditKeys), stdout);
}

/** Packs the folders and files of the fixture, without what only a running process has. */
function pack(folder: string, out: string): void {
  const data = join(folder, packed.data);
  for (const name of readdirSync(data))
    if (!['gatehouse.db', 'keys.db', 'master.key', 'gatehouse.json'].includes(name)) {
      if (/-(wal|shm)$/.test(name))
        throw new Error(`${name} is there: the service has not ended as it should.`);
      rmSync(join(data, name), { recursive: true });
    }
  const { archive, ...parts } = packed;
  const tar = spawnSync('tar', ['-czf', join(out, archive), '-C', folder, ...Object.values(parts)]);
  if (tar.status !== 0) throw new Error(`tar ended with ${tar.status}: ${tar.stderr}`);
}

const git = (...words: string[]) =>
  spawnSync('git', words, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
  }).stdout.trim();

async function make(out: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-fixture-'));
  const cli = createPlainCli();
  try {
    const data = join(folder, packed.data);
    for (const name of [packed.data, packed.backups, packed.keyCopy])
      mkdirSync(join(folder, name), { mode: 0o700 });
    writeFileSync(join(data, 'gatehouse.json'), `${JSON.stringify(settings)}\n`, { mode: 0o600 });
    const place = { folder, directory: directoryAt(cli, data) };
    const { made, erased, contents } = await fill(place);
    await exportAudit(place);
    const { version } = product;
    const expected: Expected = {
      version,
      commit: git('rev-parse', 'HEAD'),
      writtenAt: new Date().toISOString(),
      ...made,
      erased: { userId: erased, email: 'dan@example.com' },
      contents,
    };
    mkdirSync(out, { recursive: true });
    pack(folder, out);
    writeFileSync(join(out, 'expected.json'), `${JSON.stringify(expected, null, 2)}\n`);
  } finally {
    await cli.clean();
    rmSync(folder, { recursive: true, force: true });
  }
}

const [out] = process.argv.slice(2);
if (out === undefined) {
  console.error('Name the folder to make: npm run upgrade-fixture -- test/upgrade/VERSION');
  process.exitCode = 2;
} else if (existsSync(resolve(out))) {
  console.error(
    `${resolve(out)} is there already. A fixture is what an installation has: it is not made anew.`,
  );
  process.exitCode = 1;
} else await make(resolve(out));
