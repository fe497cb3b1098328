import { execFile, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { issueLeaf, type MadeAuthority, makeAuthority } from '../../service/certificate/issue.ts';
import { productVersion } from '../../service/lib/version.ts';
import { createCli } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { putSdk } from '../support/built-sdk.ts';

// The moving guides, followed to the letter: each on a fresh box of its own, with its own certificate, every command and sample in its order.
// test/browser/moving.test.ts has the sample for a page in a browser.

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
const owner = { email: 'elin@harbour.example', password: 'wet gravel under pines' };
const page = { origin: 'https://shop.example.com', key: 'sk_live_xxxx' };

/** By file: what its samples answer, one after another. */
const guides: Record<string, RegExp[]> = {
  'MOVING-FROM-HUMANPASS.md': [/^sess_\w+ hp_eyJ\S+\n$/],
  'MOVING-FROM-PROOF.md': [/^{"verified":true,.*"email":"ada@example.com"/],
  'MOVING-FROM-USEHUMA.md': [/^{"human":false,"confidence":0.49,.*"notes":\["insufficient_data"\]/],
  'MOVING-FROM-VERIFYHUMAN.md': [/"hosted_url":"https:[^"]+\/hosted\/v\//],
  'REGISTRATIONS.md': [/"invite_url":"https:.*"connection_status":"PENDING"/s, /"invite_url":"https:/],
};
const textOf = (guide: string) => readFileSync(join(root, 'docs', guide), 'utf8');

/** What of `npm run build` a text needs and is not there. */
const unbuilt = (text: string) =>
  [
    'dist/renderer/sdk/gatehouse.js',
    ...(text.includes('npm install') ? [`dist/clients/gatehouse-sdk-${productVersion()}.tgz`] : []),
  ].find((file) => !existsSync(join(root, file)));

/** A fresh box, and a folder from which a person works with it. */
async function startBox() {
  const cli = createCli();
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-moving-'));
  const file = (name: string) => join(folder, name);
  writeFileSync(file('password'), owner.password, { mode: 0o600 });
  await cli.json(
    ...['init', '--org', 'Harbour', '--owner-email', owner.email],
    ...['--owner-name', 'Elin', '--owner-password-file', file('password')],
  );
  const { url } = await cli.serve('--host-name', 'localhost', '--http-port', '0', '--log-level', 'error');
  const program = join(process.env.TEST_BUNDLED_PROGRAM ?? '', 'gatehouse.mjs');
  writeFileSync(file('gatehouse'), `#!/bin/sh\nexec '${node}' --disable-sigusr1 '${program}' "$@"\n`, {
    mode: 0o755,
  });
  copyFileSync(join(cli.data, 'tls/authority.pem'), file('authority.pem'));
  await putSdk(file('node_modules/@gatehouse/sdk'));
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  return {
    url: url.replace('127.0.0.1', 'localhost'),
    file,
    /** What it prints; throws unless it ends with 0. */
    async shell(code: string, env: Record<string, string> = {}): Promise<string> {
      const own = {
        PATH: `${folder}:${join(node, '..')}:${PATH}`,
        HOME: folder,
        NODE_COMPILE_CACHE,
        GATEHOUSE_DATA: cli.data,
      };
      const { stdout } = await run('bash', ['--norc', '-euo', 'pipefail', '-c', code], {
        cwd: folder,
        env: { ...own, ...env },
      });
      return stdout;
    },
    async stop() {
      await cli.clean();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
type Box = Awaited<ReturnType<typeof startBox>>;

/** Before the sample of a page: a window that a test person walks through, and fetch as of a page of the shop. */
const browser = `
const target = new EventTarget();
const { fetch } = globalThis;
const send = async (url, body, token) => {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: 'Bearer ' + token }) };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
};
async function pass({ origin, searchParams, hash }) {
  const [sessionId, token] = [searchParams.get('client'), hash.slice(1)];
  const { consent } = await send(origin + '/api/live/describe', { link: { kind: 'session', token } });
  const picture = await (await fetch(origin + '/docs/test-people/verified.jpg')).arrayBuffer();
  const frames = [{ image: Buffer.from(picture).toString('base64'), time: 0 }];
  const agreed = { textVersion: consent.version };
  await send(origin + '/api/v1/sessions/' + sessionId + '/signals', { consent: agreed, frames }, token);
  const data = { source: 'gatehouse', type: 'result', sessionId };
  target.dispatchEvent(Object.assign(new Event('message'), { origin, data, source: popup }));
}
const popup = { closed: false, close() {}, location: { replace: (href) => pass(new URL(href)) } };
const open = () => (process.env.BLOCKED ? null : popup);
globalThis.window = Object.assign(target, { open, location: { href: '${page.origin}/' } });
globalThis.fetch = (url, init) => {
  const headers = new Headers(init?.headers);
  headers.set('origin', '${page.origin}');
  return fetch(url, { ...init, headers });
};
`;

/** Each command and each sample of a text, in its order. An option alone stands for another in the first order of a key. */
const stepsOf = (text: string) =>
  [
    ...text.matchAll(/^ *```(.*)\n([\s\S]*?)^ *```|`(gatehouse [^`]+)`|`(--(?:env|prefix|scopes) [^`]+)`/gm),
  ].map(([, language, code = '', command, option]) =>
    language === undefined
      ? { command: command ?? withOption(keyCommand(text), option!) }
      : { language, code },
  );
const keyCommand = (text: string, kind = '') =>
  [...text.matchAll(/gatehouse key create [^`\n]+/g)]
    .map(([words]) => words)
    .find((words) => words.includes(kind))!;
const withOption = (command: string, option: string) => {
  const [name = ''] = option.split(' ');
  return command.includes(name)
    ? command.replace(new RegExp(`${name} \\S+`), option)
    : `${command} ${option}`;
};
/** Of a key that the guide orders, in the test world. */
const testKey = async (box: Box, command: string) =>
  (JSON.parse(await box.shell(`${withOption(command, '--env test')} --json`)) as { key: string }).key;
/** The first session with a `callbackUrl` makes the entry of which the guide speaks. */
async function orderWithCallback(box: Box): Promise<void> {
  const { key } = JSON.parse(await box.shell(`${keyCommand(textOf('MOVING-FROM-HUMANPASS.md'))} --json`));
  await box.shell(
    `curl -sS --fail --cacert authority.pem ${box.url}/api/v1/sessions -H "x-api-key: $KEY" -H 'content-type: application/json' -d '{"callbackUrl": "https://127.0.0.1/hook"}'`,
    { KEY: key },
  );
}

describe.each(Object.entries(guides))('docs/%s', (guide, answers) => {
  const text = textOf(guide);
  const missing = unbuilt(text);
  let box: Box;
  /** An authority that clients know, in place of the one of the box. */
  let known: MadeAuthority;
  beforeAll(async () => {
    box = await startBox();
    // The files that commands name.
    const [names, networks, addresses] = [['localhost', 'localhost.local'], ['127.0.0.0/8'], ['127.0.0.1']];
    known = await makeAuthority({ names, networks }, Date.now());
    const leaf = await issueLeaf(known, { names, addresses }, Date.now());
    writeFileSync(box.file('authority-of-receiver.pem'), known.certificate);
    writeFileSync(box.file('fullchain.pem'), leaf.certificate);
    writeFileSync(box.file('privkey.pem'), leaf.key);
    writeFileSync(box.file('ada.jpg'), await portrait('ada'));
  });
  afterAll(() => box?.stop());
  const here = (words: string) => words.replaceAll('https://gatehouse.example.lan:7443', box.url);

  test('has a section on certificates, origin, scopes and login, and on what differs', () => {
    for (const heading of ['Certificates, origin, scopes, login', 'What differs, and why'])
      expect(text).toMatch(new RegExp(`^##+ ${heading}$`, 'm'));
    for (const topic of ['Certificate', 'Origin', 'Scopes', 'Login'])
      expect(text).toContain(`- **${topic}.**`);
  });

  test('every command and every sample works as it is printed', async () => {
    const KEY = await testKey(box, keyCommand(text));
    const samples: Record<string, (code: string) => Promise<string>> = {
      sh: (code) =>
        box.shell(
          code
            .replace(/^KEY=.*$/m, '')
            .replaceAll('curl -sS http://127.0.0.1:7300', `curl -sS --cacert authority.pem ${box.url}`),
          { KEY },
        ),
      async js(code) {
        const key = await testKey(box, keyCommand(text, '--browser'));
        writeFileSync(box.file('browser.mjs'), browser);
        writeFileSync(box.file('page.mjs'), code.replaceAll(page.key, key));
        const program = 'NODE_EXTRA_CA_CERTS=authority.pem node --import ./browser.mjs page.mjs';
        await expect(box.shell(program, { BLOCKED: 'yes' })).rejects.toThrow('POPUP_BLOCKED');
        return box.shell(program);
      },
    };
    // The picture in the sample of the guide is of a person who is enrolled.
    if (text.includes('/api/verify'))
      await box.shell(
        `curl -sS --fail --cacert authority.pem ${box.url}/api/enroll -H "x-api-key: $KEY" -F email=ada@example.com -F image=@ada.jpg`,
        { KEY },
      );
    const printed: string[] = [];
    let before = '';
    for (const { command, language, code } of stepsOf(here(text))) {
      if (command === undefined) {
        const sample = samples[language];
        if (!sample) throw new Error(`no rule says how a sample in "${language}" is run.`);
        printed.push(await sample(code));
        continue;
      }
      if (command === 'gatehouse webhook list') await orderWithCallback(box);
      const [, id = 'ID'] = /(wh_\w+).*\(callback URLs\)/.exec(before) ?? [];
      before = await box.shell(
        command
          .replace('https://HOST/PATH', 'https://127.0.0.1/hook')
          .replace('HOST', '127.0.0.1')
          .replace(/\bID\b/, id),
      );
      if (command.includes('certificate install'))
        writeFileSync(box.file('authority.pem'), known.certificate);
    }
    expect(printed).toEqual(answers.map((answer) => expect.stringMatching(answer)));
  });

  test('what it imports is in the package', () => {
    for (const [name] of text.matchAll(/@gatehouse\/sdk[\w/]*/g))
      expect(existsSync(createRequire(box.file('x.js')).resolve(name))).toBe(true);
  });

  test.skipIf(missing)(
    `the box serves each address, and npm installs from it${missing ? `: ${missing} is not built` : ''}`,
    async () => {
      const printed = text.replace(/^ *```.*\n[\s\S]*?^ *```/gm, '').replaceAll('VERSION', productVersion());
      const addresses = [...printed.matchAll(/https:\/\/gatehouse\.example\.lan:7443[^"`\s]*/g)].map(
        ([one]) => one,
      );
      expect(addresses.length).toBeGreaterThan(0);
      for (const address of new Set(addresses.map(here)))
        await box.shell(`curl -sS --fail --location --output got --cacert authority.pem ${address}`);
      for (const [, script] of printed.matchAll(/<script src="([^"]+)">/g))
        expect(
          await box.shell(
            `curl -sS --output got --write-out '%{content_type}' --cacert authority.pem ${here(script!)}`,
          ),
        ).toMatch(/^text\/javascript/);
      for (const [, install] of printed.matchAll(/`(npm [^`]+)`/g)) {
        const pageOfPackages = await box.shell(
          `curl -sS -H accept:text/html --cacert authority.pem ${box.url}/sdk/`,
        );
        expect(pageOfPackages).toContain(here(install!));
        mkdirSync(box.file('shop'));
        writeFileSync(box.file('shop/package.json'), '{"private":true}');
        // There is no registry to ask for React (docs/SDK.md).
        const env = { NODE_EXTRA_CA_CERTS: '../authority.pem', npm_config_legacy_peer_deps: 'true' };
        await box.shell(`cd shop; ${here(install!)}`, env);
        expect(existsSync(box.file('shop/node_modules/@gatehouse/sdk/package.json'))).toBe(true);
      }
    },
  );
});

describe('a box with a certificate of its own', () => {
  let box: Box;
  beforeAll(async () => {
    box = await startBox();
  });
  afterAll(() => box?.stop());

  test('is refused by a client without the authority', () => {
    const { status, stderr } = spawnSync('curl', ['-sS', `${box.url}/health`], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([60, expect.stringContaining('certificate')]);
  });

  test('is reached by a server’s program once Node knows its authority, and the program is named the certificate before', async () => {
    const create = 'gatehouse key create --scopes identity,sessions --env test';
    const KEY = await testKey(box, create);
    writeFileSync(
      box.file('server.mjs'),
      `import { readFileSync } from 'node:fs';
      import { ProofClient } from '@gatehouse/sdk/proof';
      import HumanPassClient from '@gatehouse/sdk/humanpass';
      const apiKey = process.env.KEY;
      const image = readFileSync('bea2.jpg').toString('base64');
      const proof = new ProofClient({ baseUrl: '${box.url}', apiKey });
      const answer = await proof.verify({ image, email: 'bea@example.com' }).catch(({ code }) => ({ code }));
      const humanpass = new HumanPassClient({ apiKey, apiUrl: '${box.url}', verifyUrl: '${box.url}/verify' });
      const made = await humanpass.createSession({ uniquenessPolicy: 'warn' }).catch(({ code }) => ({ code }));
      console.log(JSON.stringify([answer.verified ?? answer.code, made.verifyUrl ?? made.code]));`,
    );
    writeFileSync(box.file('bea.jpg'), await portrait('bea', 60));
    writeFileSync(box.file('bea2.jpg'), await portrait('bea'));
    await box.shell(
      `curl -sS --fail --cacert authority.pem ${box.url}/api/enroll -H "x-api-key: $KEY" -F email=bea@example.com -F image=@bea.jpg`,
      { KEY },
    );
    const untrusted = 'CERTIFICATE_NOT_TRUSTED';
    expect(JSON.parse(await box.shell('node server.mjs', { KEY }))).toEqual([untrusted, untrusted]);
    const trusting = 'NODE_EXTRA_CA_CERTS=authority.pem node server.mjs';
    expect(JSON.parse(await box.shell(trusting, { KEY }))).toEqual([
      true,
      expect.stringContaining(`${box.url}/verify`),
    ]);
  });

  test('signs people in as the guides say: a token of fifteen minutes, signed with EdDSA', async () => {
    for (const path of ['/api/auth/login', '/api/v1/auth/login']) {
      const answer = JSON.parse(
        await box.shell(
          `curl -sS --cacert authority.pem ${box.url}${path} -H 'content-type: application/json' -d '${JSON.stringify(owner)}'`,
        ),
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
});
