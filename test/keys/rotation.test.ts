import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Manifest } from '../../service/inference/models/manifest.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { fullSize } from '../attacks/size.ts';
import { type Cli, createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { addPeople } from '../load/people-directory.ts';
import { manifestFile } from '../support/measured-pipeline.ts';

const PEOPLE = fullSize ? 1_000 : 200;
/** Whose keys are under way when the service is killed. */
const SEALED = fullSize ? 300 : 150;
const passphrase = 'correct horse battery';

let cli: Cli;
let made: { organizationId: string; keys: { live: string; test: string } };
beforeEach(async () => {
  cli = createCli();
  made = await cli.init('Museum');
});
afterEach(() => cli.clean());

const verify = async (url: string, image: string, email?: string) => {
  const reply = await fetch(`${url}/api/verify`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': made.keys.test },
    body: JSON.stringify({ image, ...(email === undefined ? {} : { email }) }),
  });
  return { status: reply.status, body: (await reply.json()) as { verified?: boolean; email?: string } };
};

/** One request to the control socket: the status, and the body where it is no 200. */
const control = (agent: Agent, path: string) =>
  new Promise<string>((resolve, reject) => {
    const call = request({ socketPath: join(cli.data, 'control.sock'), agent, path }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () =>
        resolve(response.statusCode === 200 ? '200' : `${response.statusCode} ${body}`),
      );
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });

/** Everything in the directory that could hold a master key, as text. */
const keyFiles = () =>
  readdirSync(cli.data)
    .filter((name) => name.startsWith('master'))
    .sort();

test('master, organization and signing keys rotate under load without a failed request; then everything opens, and the old master key is refused', async () => {
  const manifest = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  const organization = made.organizationId as OrganizationId;
  await addPeople(cli.data, { organization, count: PEOPLE, manifest }, () => {});
  const first = readFileSync(join(cli.data, 'master.key'));
  const ada = (await portrait('ada')).toString('base64');
  const adaAgain = (await portrait('ada', 60)).toString('base64');

  await cli.json('limits', 'set', '--burst', '100000', '--per-user', '100000');
  const service = await cli.serve();
  const enrolled = await fetch(`${service.url}/api/enroll`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': made.keys.test },
    body: JSON.stringify({ image: ada, email: 'ada@example.com' }),
  });
  expect(enrolled.status).toBe(200);

  const outcomes = new Map<string, number>();
  const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let over = false;
  const until = async (work: (round: number) => Promise<string>) => {
    for (let round = 0; !over; round++) count(await work(round).catch((error) => String(error)));
  };
  const load = [
    until(async () => {
      const { status, body } = await verify(service.url, adaAgain, 'ada@example.com');
      return `1:1 ${status} ${body.verified}`;
    }),
    until(async () => {
      const { status, body } = await verify(service.url, adaAgain);
      return `1:N ${status} ${body.email}`;
    }),
    // Opens the sealed addresses of a page of people each time.
    until(
      async () =>
        `list ${await control(agent, `/api/admin/subjects?organization=${organization}&env=live&limit=200`)}`,
    ),
  ];
  const asExpected = ['1:1 200 true', '1:N 200 ada@example.com', 'list 200'];
  const seen = (outcome: string) => outcomes.get(outcome) ?? 0;
  /** Waits for five more of each expected outcome, or for an unexpected one. */
  const busy = async () => {
    const enough = asExpected.map((outcome) => ({ outcome, amount: seen(outcome) + 5 }));
    while (enough.some(({ outcome, amount }) => seen(outcome) < amount)) {
      if (outcomes.size > asExpected.length) return;
      await delay(5);
    }
  };

  await busy();
  const rotated = await cli.json<{ id: string; was: string }>('master', 'rotate');
  await busy();
  expect(await cli.json('org', 'rotate-key')).toEqual({ organization, generation: 2, people: PEOPLE + 1 });
  const purposes = await Promise.all([
    cli.json<{ is: string; was: string }>('master', 'rotate-signing', 'audit'),
    cli.json<{ is: string; was: string }>('master', 'rotate-signing', 'receipts'),
    cli.json('master', 'rotate'),
    cli.json('org', 'rotate-key', '--org', organization),
    cli.json('org', 'create', '--name', 'Second'),
  ]);
  const pass = join(cli.data, 'pass');
  writeFileSync(pass, passphrase, { mode: 0o600 });
  await cli.json('master', 'set-passphrase', '--passphrase-file', pass);
  await busy();
  await cli.json('master', 'use-file', '--passphrase-file', pass);
  await busy();
  over = true;
  await Promise.all(load);
  agent.destroy();
  expect([...outcomes.keys()].sort()).toEqual(asExpected);
  expect(keyFiles()).toEqual(['master.key']);
  const { id } = await cli.json<{ id: string }>('master', 'show');
  await service.end();

  const again = await cli.serve();
  expect((await verify(again.url, adaAgain, 'ada@example.com')).body).toMatchObject({ verified: true });
  const { total, items } = await cli.json<{ total: number; items: { email: string }[] }>(
    ...['subject', 'list', '--org', organization],
  );
  expect(total).toBe(PEOPLE);
  expect(items.every(({ email }) => email.endsWith('@example.com'))).toBe(true);
  const log = await cli.run('audit', 'verify');
  expect([log.code, log.stdout]).toEqual([0, expect.stringContaining('whole')]);
  expect(log.stdout).toContain(purposes[0].is);
  const exported = join(cli.data, 'audit.jsonl');
  await cli.json('audit', 'export', exported);
  const lines = readFileSync(exported, 'utf8');
  for (const action of [
    'master.rotate',
    'organization.rotate-key',
    'signing-key.rotate',
    'master.set-passphrase',
  ]) {
    expect(lines).toContain(`"${action}"`);
  }
  expect(lines).not.toContain(passphrase);
  await again.end();

  const text = readFileSync(join(cli.data, 'keys.db')).toString('latin1');
  expect(text).toContain(id);
  writeFileSync(join(cli.data, 'master.key'), first);
  const refused = await cli.run('org', 'list');
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining(`${rotated.was}) was replaced by another (${id})`),
  ]);
});

test('killed at any moment of rotations, the next start opens everything', async () => {
  const manifest = Manifest.parse(JSON.parse(readFileSync(manifestFile, 'utf8')));
  const organization = made.organizationId as OrganizationId;
  await addPeople(cli.data, { organization, count: SEALED, manifest }, () => {});
  const moved: string[] = [];
  const rounds = fullSize ? 12 : 3;
  for (let round = 1; round <= rounds; round++) {
    const service = await cli.serve();
    const agent = new Agent({ keepAlive: true });
    const post = (path: string) =>
      new Promise<void>((resolve) => {
        const call = request(
          { socketPath: join(cli.data, 'control.sock'), agent, path, method: 'POST' },
          (response) => response.resume().on('close', resolve),
        );
        call.on('error', () => resolve());
        call.end();
      });
    const first = post('/api/admin/master-key/rotate');
    const rotating = [
      first.then(() => post('/api/admin/master-key/rotate')),
      post(`/api/admin/organization/key/rotation?organization=${organization}`),
    ];
    // In the last one when one has come through, however long that takes: else nothing might be tested.
    await (round < rounds ? delay((round - 1) * (fullSize ? 12 : 20)) : first);
    await service.end('SIGKILL');
    await Promise.all(rotating);
    agent.destroy();
    const { total, items } = await cli.json<{ total: number; items: { email: string }[] }>('subject', 'list');
    expect(total).toBe(SEALED);
    expect(items.every(({ email }) => email.endsWith('@example.com'))).toBe(true);
    expect(existsSync(join(cli.data, 'master.key'))).toBe(true);
    moved.push((await cli.json<{ id: string }>('master', 'show')).id);
  }
  expect(new Set(moved).size).toBeGreaterThan(1);
  await cli.json('org', 'rotate-key');
  expect((await cli.run('audit', 'verify')).code).toBe(0);
});
