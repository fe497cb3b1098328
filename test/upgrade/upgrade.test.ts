import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cli, Service } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { listen } from '../support/listener.ts';
import { createPlainCli, type Directory, directoryAt } from './directory.ts';
import { type Expected, packed, profiles } from './expected.ts';
import { type FormerOrders, writeFormerOrders } from './former-orders.ts';
import { inOrderOfIds, readContents } from './read-contents.ts';
import { type Verdict, verifyPicture } from './verify-picture.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const versions = readdirSync(here).filter((name) => statSync(join(here, name)).isDirectory());

test('there is a data directory of an earlier release', () => expect(versions).toContain('0.1.1'));

/** In order: each test goes on where the one before ended, as an upgrade does. */
describe.each(versions)('a data directory of %s', (version) => {
  const expected = JSON.parse(readFileSync(join(here, version, 'expected.json'), 'utf8')) as Expected;
  const { keys, contents } = expected;
  let cli: Cli;
  let folder: string;
  let directory: Directory;
  let receiver: Receiver;
  let service: Service;
  let orders: FormerOrders;
  const pictures: Record<string, Buffer> = {};

  beforeAll(async () => {
    cli = createPlainCli();
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-upgrade-'));
    const tar = spawnSync('tar', ['-xzf', join(here, version, packed.archive), '-C', folder]);
    if (tar.status !== 0) throw new Error(`tar ended with ${tar.status}: ${tar.stderr}`);
    directory = directoryAt(cli, join(folder, packed.data));
    orders = await writeFormerOrders(join(folder, packed.data), {
      organization: expected.organization,
      email: 'ada@example.com',
    });
    receiver = await startReceiver();
    for (const who of ['ada', 'bea', 'cleo', 'dan', 'stranger'] as const)
      pictures[who] = await portrait(who, 58);
  });
  afterAll(async () => {
    await receiver.stop();
    await cli.clean();
    rmSync(folder, { recursive: true, force: true });
  });

  const verifyAt =
    (url: string) =>
    (who: string, key: string, fields: { email?: string; profile?: string } = {}) =>
      verifyPicture(url, key, pictures[who]!, fields);

  /** Who is found in the live world, in 1:N. */
  async function foundAt(url: string): Promise<Record<string, string | false | undefined>> {
    const verify = verifyAt(url);
    const found: Record<string, string | false | undefined> = {};
    for (const who of Object.keys(pictures)) {
      const { verified, email } = await verify(who, keys.live);
      found[who] = verified === true ? email : verified;
    }
    return found;
  }
  const expectedFinds = {
    ada: 'ada@example.com',
    bea: 'bea@example.com',
    // Withdrew the consent to identification.
    cleo: false,
    // Was erased.
    dan: false,
    stranger: false,
  };

  test('is brought forward; its webhook can be led elsewhere before the service runs', async () => {
    await directory.json('migrate');
    const of = ['--org', expected.organization];
    await directory.json('grant', 'add', receiver.host, ...of);
    await directory.json(
      ...(['webhook', 'change', expected.webhook.id, '--url', `http://${receiver.host}/in`, ...of] as const),
      // Their values do not go to another server unasked.
      ...['--header', 'Authorization: Bearer upgraded'],
    );
  });

  test('holds what it held', async () => {
    service = await directory.serve();
    const found = await readContents({
      directory,
      url: service.url,
      adminKey: keys.admin,
      organization: expected.organization,
      profiles,
      person: 'cleo@example.com',
    });
    const grants = found.grants.filter(({ to }) => to !== receiver.host);
    expect(inOrderOfIds({ ...found, grants })).toEqual(inOrderOfIds(contents));
  });

  test('sends what waited, signed with the secret of the webhook, and nothing again', async () => {
    const waiting = contents.deliveries.filter(({ state }) => state === 'waiting');
    expect(waiting.length).toBeGreaterThan(0);
    receiver.accept();
    await expect
      .poll(() => receiver.received.map(({ headers }) => headers['webhook-id']).sort())
      .toEqual(waiting.map(({ event }) => event).sort());
    const { secret } = expected.webhook;
    for (const { headers, body } of receiver.received) {
      expect(headers.authorization).toBe('Bearer upgraded');
      expect(headers['x-proof-signature']).toBe(createHmac('sha256', secret).update(body).digest('hex'));
      expect(() => new Webhook(secret).verify(body, headers as Record<string, string>)).not.toThrow();
    }
  });

  test('leads people by links from before to their pages, and takes their answers', async () => {
    const ask = async (path: string, kind: keyof FormerOrders) => {
      const reply = await fetch(`${service.url}/api/live/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ link: { kind, token: orders[kind] } }),
      });
      return [reply.status, await reply.json()] as const;
    };
    const shown = {
      hosted: { title: { en: 'From before', de: 'Von früher' }, product: 'verifyhuman' },
      registration: { title: { en: 'Confirm that you are a person' } },
      presence: { purpose: 'Authorize what was asked before' },
    };
    for (const kind of ['hosted', 'registration', 'presence'] as const) {
      expect(await ask('describe', kind)).toMatchObject([
        200,
        { state: 'ready', flow: kind, ...shown[kind] },
      ]);
      expect(await ask('deny', kind)).toMatchObject([200, {}]);
      expect(await ask('describe', kind)).toMatchObject([200, { state: 'finished' }]);
    }
  });

  test('verifies the same people and no others', async () => {
    expect(await foundAt(service.url)).toEqual(expectedFinds);
    const verify = verifyAt(service.url);
    const email = 'cleo@example.com';
    expect(await verify('cleo', keys.live, { email })).toMatchObject({ verified: true, email });
    expect(await verify('stranger', keys.live, { email })).toMatchObject({ verified: false });
    const erased = await verify('dan', keys.live, { email: expected.erased.email });
    expect(erased).toMatchObject({ verified: false });
    expect(await verify('bea', keys.test)).toMatchObject({ verified: true });
    expect(await verify('ada', keys.test)).toMatchObject({ verified: false });
    expect(await verify('ada', keys.other)).toMatchObject({ verified: true, profile: { slug: 'default' } });
    expect(await verify('bea', keys.other)).toMatchObject({ verified: false });
  });

  test('makes new templates at the second visit of a person, of which a backup between the two knows the first', async () => {
    const visit = async (url: string, quality: number) => {
      const email = 'ada@example.com';
      const verdict = await verifyPicture(url, keys.other, await portrait('ada', quality), { email });
      expect(verdict).toMatchObject({ verified: true, email });
    };
    const upgrades = (of: Directory) =>
      of.json('subject', 'upgrades', '--org', expected.otherOrganization, '--env', 'test');
    expect(await upgrades(directory)).toMatchObject({ upgraded: 0, provisional: 0, waiting: 1 });
    await visit(service.url, 71);
    const half = { upgraded: 0, provisional: 1, waiting: 0, items: [{ provisional: true }] };
    expect(await upgrades(directory)).toMatchObject(half);
    const [backups, copy] = [join(folder, 'half-way'), join(folder, 'half-way-keys')];
    for (const made of [backups, copy]) mkdirSync(made);
    await directory.json('backup', backups, '--keys-to', copy);
    const [backup = ''] = readdirSync(backups);
    await visit(service.url, 83);
    const done = { upgraded: 1, provisional: 0, waiting: 0, items: [] };
    expect(await upgrades(directory)).toMatchObject(done);

    const restored = directoryAt(cli, join(folder, 'half-way-restored'));
    await restored.json(
      // The box that it is of goes on.
      ...['restore', join(backups, backup), '--keys', copy, '--drill'],
      ...['--master-key-file', join(folder, packed.data, 'master.key')],
    );
    const there = await restored.serve();
    expect(await upgrades(restored)).toMatchObject(half);
    await visit(there.url, 83);
    expect(await upgrades(restored)).toMatchObject(done);
    await there.end();
  });

  test('verifies with its own profiles, and keys keep their limits', async () => {
    const verify = verifyAt(service.url);
    const profile = 'front-door';
    const door: Partial<Verdict> = { verified: true, profile: { slug: profile, version: 2 } };
    expect(await verify('bea', keys.door, { profile })).toMatchObject(door);
    expect(await verify('ada', keys.live)).toMatchObject({ profile: { slug: 'default', version: 1 } });
    expect(await verify('ada', keys.door, { profile: 'default' })).toMatchObject({ status: 403 });
    expect(await verify('ada', keys.live, { profile: 'builtin:default' })).toMatchObject({ status: 403 });
    expect(await verify('ada', keys.revoked)).toMatchObject({ status: 401 });
    expect(await verify('ada', keys.admin)).toMatchObject({ status: 403 });
  });

  test('knows nothing of the erased person but the receipt', async () => {
    const { userId, email } = expected.erased;
    const shown = await directory.run('subject', 'show', email, '--org', expected.organization, '--json');
    expect([shown.code, JSON.parse(shown.stdout).code]).toEqual([1, 'SUBJECT_NOT_FOUND']);
    const receipt = await directory.json('receipt', 'verify', join(folder, packed.receipt));
    expect(receipt).toMatchObject({ valid: true, clean: true, subject: userId });
  });

  test('has a whole audit log that goes on after what was exported then', async () => {
    await service.end();
    expect(await directory.json('audit', 'verify')).toMatchObject({ valid: true });
    const before = join(folder, packed.audit);
    const pem = join(folder, packed.auditKeys);
    const now = join(folder, 'audit-now.jsonl');
    await directory.json('audit', 'export', now);
    for (const file of [before, now])
      expect(await directory.json('audit', 'verify', '--file', file, '--public-key', pem)).toMatchObject({
        valid: true,
      });
    const lines = linesOf(before);
    expect(lines.length).toBeGreaterThan(50);
    expect(linesOf(now).slice(0, lines.length)).toEqual(lines);
  });

  test('has a backup that verifies and restores elsewhere, without the person erased since', async () => {
    const [name = ''] = readdirSync(join(folder, packed.backups));
    const backup = [
      ...[join(folder, packed.backups, name), '--keys', join(folder, packed.keyCopy)],
      ...['--master-key-file', join(folder, packed.data, 'master.key')],
    ];
    const proof = await directory.json('backup', 'verify', ...backup);
    expect(proof).toMatchObject({ ok: true, people: { keyMissing: 0 }, audit: { valid: true } });
    const restored = directoryAt(cli, join(folder, 'restored'));
    await restored.json('restore', ...backup);
    expect(await restored.json('audit', 'verify')).toMatchObject({ valid: true });
    const there = await restored.serve();
    expect(await foundAt(there.url)).toEqual(expectedFinds);
    await there.end();
  });
});

interface Receiver {
  host: string;
  received: { headers: IncomingHttpHeaders; body: string }[];
  /** Answers what has come and what comes from now on. */
  accept(): void;
  stop(): Promise<void>;
}

/** Keeps its answers back at first: until it gives them the deliveries wait. */
async function startReceiver(): Promise<Receiver> {
  const received: Receiver['received'] = [];
  const open: ServerResponse[] = [];
  let accepts = false;
  const server: Server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    if (accepts) response.end();
    else open.push(response);
  });
  const { port, stop } = await listen(server);
  return {
    host: `127.0.0.1:${port}`,
    received,
    accept() {
      accepts = true;
      for (const response of open.splice(0)) response.end();
    },
    stop,
  };
}

/** The lines of the log in an export, without what only the export itself adds. */
function linesOf(file: string): unknown[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { is: string })
    .filter(({ is }) => is === 'line');
}
