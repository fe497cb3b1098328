import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { putSdk } from '../support/built-sdk.ts';

// The moving guides, followed to the letter on a fresh box with its own certificate: every command and every sample for a shell.

const run = promisify(execFile);
const owner = { email: 'elin@harbour.example', password: 'wet gravel under pines' };
const guides = ['HUMANPASS', 'PROOF', 'USEHUMA', 'VERIFYHUMAN'] as const;
const textOf = (guide: (typeof guides)[number]) =>
  readFileSync(join(import.meta.dirname, `../../docs/MOVING-FROM-${guide}.md`), 'utf8');

/** Commands of a guide, in its order, with what it leaves open filled in. */
const commandsOf = (guide: (typeof guides)[number]): string[][] =>
  [...textOf(guide).matchAll(/`gatehouse ([^`]+)`/g)]
    .map(([, words = '']) =>
      words
        .replaceAll('https://HOST/PATH', 'https://127.0.0.1/hook')
        .replaceAll('HOST', '127.0.0.1')
        .split(' '),
    )
    // Without the file that it names, it is the beginning of a command.
    .filter((words) => !['…', 'FILE', 'install', 'attest'].some((open) => words.includes(open)));

let cli: Cli;
let service: Service;
let box: string;
let folder: string;

beforeAll(async () => {
  cli = createCli();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-moving-'));
  const secret = join(folder, 'password');
  writeFileSync(secret, owner.password, { mode: 0o600 });
  const account = ['--owner-email', owner.email, '--owner-name', 'Elin', '--owner-password-file', secret];
  await cli.json('init', '--org', 'Harbour', ...account);
  service = await cli.serve('--host-name', 'localhost', '--http-port', '0', '--log-level', 'error');
  box = service.url.replace('127.0.0.1', 'localhost');
  copyFileSync(join(cli.data, 'tls/authority.pem'), join(folder, 'authority.pem'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  cli.clean();
});

describe.each(guides)('moving from %s', (guide) => {
  test('has a section on certificates, origin, scopes and login, and on what differs', () => {
    const text = textOf(guide);
    for (const heading of [
      '## What to change',
      '## Certificates, origin, scopes, login',
      '## What differs, and why',
    ])
      expect(text).toContain(`\n${heading}\n`);
    for (const topic of ['Certificate', 'Origin', 'Scopes', 'Login'])
      expect(text).toContain(`- **${topic}.**`);
  });

  test('every command works as it is printed', async () => {
    const commands = commandsOf(guide);
    expect(commands.length).toBeGreaterThan(2);
    for (const words of commands) {
      if (words[1] === 'rotate') words[words.indexOf('ID')] = await callbackEntry();
      const { code, stderr } = await cli.run(...words);
      // Adding what is there already is no fault of the guide.
      expect([words.join(' '), code === 0 || /already|there is|exists/i.test(stderr) ? 0 : stderr]).toEqual([
        words.join(' '),
        0,
      ]);
    }
  });
});

/** The entry that the first session with a `callbackUrl` makes, as the guide says. */
async function callbackEntry(): Promise<string> {
  const order = '{"callbackUrl": "https://127.0.0.1/hook"}';
  const made = await inShell(
    `curl -sS --cacert authority.pem ${box}/api/v1/sessions -H "x-api-key: $KEY" -H "content-type: application/json" -d '${order}'`,
    await keyOf('sessions', 'live'),
  );
  expect(made).toHaveProperty('verifyUrl');
  const listed = JSON.stringify(await cli.json('webhook', 'list'));
  const [, id = ''] = /"id":"(wh_\w+)"[^{}]*"kind":"callback"/.exec(listed) ?? [];
  expect(id).not.toBe('');
  return id;
}

/** A sample for a shell of a guide, with the address of this box. */
const sample = (guide: (typeof guides)[number]) =>
  [...textOf(guide).matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .map(([, code = '']) => code)
    .find((code) => code.includes('curl'))!
    .replaceAll('https://gatehouse.example.lan:7443', box);

const keyOf = async (scopes: string, env: 'live' | 'test') =>
  (await cli.json<{ key: string }>('key', 'create', '--scopes', scopes, '--env', env)).key;
const inShell = async (code: string, key: string) => {
  const { stdout } = await run('bash', ['-e', '-c', code], {
    cwd: folder,
    env: { PATH: process.env.PATH, KEY: key },
  });
  return JSON.parse(stdout) as Record<string, unknown>;
};

test('the samples for a shell reach the box by its own certificate, and answer as the guide says', async () => {
  expect(box).toMatch(/^https:/);
  writeFileSync(join(folder, 'ada.jpg'), await portrait('ada'));
  const identity = await keyOf('identity', 'test');
  const enroll = `curl -sS --cacert authority.pem ${box}/api/enroll -H "x-api-key: $KEY" -F email=ada@example.com -F image=@ada.jpg`;
  expect(await inShell(enroll, identity)).toMatchObject({ enrolled: true });
  expect(await inShell(sample('PROOF'), identity)).toMatchObject({
    verified: true,
    email: 'ada@example.com',
  });
  expect(await inShell(sample('USEHUMA'), await keyOf('behavior', 'test'))).toMatchObject({
    human: false,
    confidence: 0.49,
    notes: ['insufficient_data'],
  });
  await cli.json('org', 'set', '--redirect-targets', 'app.example.com,myapp:');
  expect(await inShell(sample('VERIFYHUMAN'), await keyOf('hosted', 'test'))).toMatchObject({
    hosted_url: expect.stringContaining('/hosted/v/'),
  });
});

test('without the authority a client is refused the connection', async () => {
  const { status, stderr } = spawnSync('curl', ['-sS', `${box}/health`], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([60, expect.stringContaining('certificate')]);
});

test('a server’s program reaches the box once Node knows its authority, and is named the certificate before', async () => {
  await putSdk(join(folder, 'node_modules/@gatehouse/sdk'));
  writeFileSync(
    join(folder, 'server.mjs'),
    `import { ProofClient } from '@gatehouse/sdk/proof';
    import HumanPassClient from '@gatehouse/sdk/humanpass';
    const [apiKey, image] = [process.env.KEY, process.env.IMAGE];
    const proof = new ProofClient({ baseUrl: '${box}', apiKey });
    const answer = await proof.verify({ image, email: 'bea@example.com' }).catch(({ code }) => ({ code }));
    const humanpass = new HumanPassClient({ apiKey, apiUrl: '${box}', verifyUrl: '${box}/verify' });
    const made = await humanpass.createSession({ uniquenessPolicy: 'warn' }).catch(({ code }) => ({ code }));
    console.log(JSON.stringify({ proof: answer.verified ?? answer.code, humanpass: made.verifyUrl ?? made.code }));`,
  );
  const KEY = await keyOf('identity,sessions', 'test');
  const IMAGE = (await portrait('bea')).toString('base64');
  const enroll = `curl -sS --cacert authority.pem ${box}/api/enroll -H "x-api-key: $KEY" -F email=bea@example.com -F image=@bea.jpg`;
  writeFileSync(join(folder, 'bea.jpg'), await portrait('bea', 60));
  expect(await inShell(enroll, KEY)).toMatchObject({ enrolled: true });
  const program = async (more: Record<string, string>) => {
    const env = { PATH: process.env.PATH, KEY, IMAGE, ...more };
    const { stdout } = await run(process.execPath, ['server.mjs'], { cwd: folder, env });
    return JSON.parse(stdout) as object;
  };
  expect(await program({})).toEqual({
    proof: 'CERTIFICATE_NOT_TRUSTED',
    humanpass: 'CERTIFICATE_NOT_TRUSTED',
  });
  const authority = join(folder, 'authority.pem');
  expect(await program({ NODE_EXTRA_CA_CERTS: authority })).toEqual({
    proof: true,
    humanpass: expect.stringContaining(`${box}/verify`),
  });
});

test('people sign in as the guides say: a token of fifteen minutes, signed with EdDSA', async () => {
  for (const path of ['/api/auth/login', '/api/v1/auth/login']) {
    const answer = await inShell(
      `curl -sS --cacert authority.pem ${box}${path} -H 'content-type: application/json' -d '${JSON.stringify(owner)}'`,
      '',
    );
    expect([path, answer]).toMatchObject([path, { user: { email: owner.email, role: 'owner' } }]);
    const [head, claims] = String(answer.token)
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    expect(head).toMatchObject({ alg: 'EdDSA', typ: 'admin+jwt' });
    expect(claims.exp - claims.iat).toBe(15 * 60);
  }
});
