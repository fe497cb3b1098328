import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWebhookSecret, sign } from '../../service/engine/events/webhooks/signature.ts';
import { putSdk } from '../support/built-sdk.ts';

// The package as it is published, away from the sources: what `npm run build:sdk` makes, where an application has it.

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
let application: string;

const secret = makeWebhookSecret('hex', (into) => into.fill(7));
const body = '{"event":"verification.success","name":"Zoë"}';
const delivered = () =>
  sign({ dialect: 'hex', secret, id: 'evt_1', at: Date.now(), body: Buffer.from(body) });

beforeAll(async () => {
  application = mkdtempSync(join(tmpdir(), 'gatehouse-sdk-'));
  const home = join(application, 'node_modules/@gatehouse/sdk');
  await putSdk(home);
  const readme = readFileSync(join(root, 'sdk/gatehouse/README.md'), 'utf8');
  for (const [, block, name] of readme.matchAll(/```js\n(\/\/ (\S+):[\s\S]*?)```/g))
    writeFileSync(join(application, name!), block!);
});
afterAll(() => rmSync(application, { recursive: true, force: true }));

/** The last line that the program prints, as JSON. */
function run(file: string, program: string, { runtime = node, flags = [] as string[] } = {}): unknown {
  writeFileSync(join(application, file), program);
  const { status, stdout, stderr } = spawnSync(runtime, [...flags, file], {
    cwd: application,
    encoding: 'utf8',
    input: JSON.stringify({ body, headers: delivered(), secret }),
  });
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1)!);
}

/** The same in either kind of module: a delivery accepted, and one refused. */
const verifyBoth = `
const { body, headers, secret } = JSON.parse(readFileSync(0, 'utf8'));
(async () => {
  const accepted = await verifyWebhook(body, headers, secret);
  const refused = await verifyWebhook(body + ' ', headers, secret).catch((error) => error);
  console.log(JSON.stringify({ id: accepted.id, dialect: accepted.dialect, event: accepted.event.event,
    refused: [refused instanceof WebhookVerificationError, refused.code] }));
})();`;
const result = {
  id: 'evt_1',
  dialect: 'hex',
  event: 'verification.success',
  refused: [true, 'SIGNATURE_MISMATCH'],
};

/** The system's Node as well, where it is new enough. */
const runtimes = [node, '/usr/bin/node'].filter((runtime) => {
  if (runtime === node) return true;
  if (!existsSync(runtime)) return false;
  const { stdout } = spawnSync(runtime, ['--version'], { encoding: 'utf8' });
  return Number(stdout.slice(1).split('.')[0]) >= 20;
});

describe.each(runtimes)('%s', (runtime) => {
  test('loads it as an ES module', () => {
    const program = `import { readFileSync } from 'node:fs';
      import { verifyWebhook, WebhookVerificationError } from '@gatehouse/sdk';${verifyBoth}`;
    expect(run('esm.mjs', program, { runtime })).toEqual(result);
  });

  test('loads it as CommonJS', () => {
    const program = `const { readFileSync } = require('node:fs');
      const { verifyWebhook, WebhookVerificationError } = require('@gatehouse/sdk');${verifyBoth}`;
    expect(run('cjs.cjs', program, { runtime })).toEqual(result);
  });

  test('needs only what the web platform has', () => {
    const program = `import { readFileSync } from 'node:fs';
      import { dirname, join } from 'node:path';
      import { createContext, SourceTextModule } from 'node:vm';
      import { fileURLToPath } from 'node:url';
      const { body, headers, secret } = JSON.parse(readFileSync(0, 'utf8'));
      const globals = { crypto, TextEncoder, TextDecoder, atob, btoa, Headers };
      const context = createContext({ ...globals, given: { body, headers, secret } });
      const modules = new Map();
      const load = (path) => {
        if (!modules.has(path)) modules.set(path, new SourceTextModule(readFileSync(path, 'utf8'), { context, identifier: path }));
        return modules.get(path);
      };
      const link = (name, from) => {
        if (!name.startsWith('./')) throw new Error('asks for ' + name);
        return load(join(dirname(from.identifier), name));
      };
      const sdk = load(fileURLToPath(import.meta.resolve('@gatehouse/sdk')));
      await sdk.link(link);
      await sdk.evaluate();
      const main = new SourceTextModule(\`
        import { verifyWebhook, WebhookVerificationError } from 'sdk';
        const { body, headers, secret } = given;
        const accepted = await verifyWebhook(new TextEncoder().encode(body), new Headers(headers), secret);
        const refused = await verifyWebhook(body + ' ', headers, secret).catch((error) => error);
        export const result = { id: accepted.id, dialect: accepted.dialect, event: accepted.event.event,
          refused: [refused instanceof WebhookVerificationError, refused.code],
          node: [typeof process, typeof Buffer, typeof require] };\`, { context });
      await main.link(() => sdk);
      await main.evaluate();
      console.log(JSON.stringify(main.namespace.result));`;
    const flags = ['--experimental-vm-modules', '--no-warnings'];
    expect(run('edge.mjs', program, { runtime, flags })).toEqual({
      ...result,
      node: ['undefined', 'undefined', 'undefined'],
    });
  });
});

/** Type-checks files in the application and those of ours that they load: what others publish is as it was. */
function compile(words: string, ...files: string[]): void {
  const { options, errors } = ts.parseCommandLine(['--noEmit', '--strict', ...words.split(' ')]);
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => application;
  const program = ts.createProgram(
    files.map((file) => join(application, file)),
    options,
    host,
  );
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => !/\/node_modules\/(?!@gatehouse\/)/.test(fileName));
  const wrong = [...errors, ...ours.flatMap((file) => ts.getPreEmitDiagnostics(program, file))];
  expect(wrong.map(({ messageText }) => messageText)).toEqual([]);
  expect(ours.length).toBeGreaterThan(files.length);
}

test('its types serve modules of either kind, without those of Node or a browser', () => {
  const program = `
import { verifyWebhook, WebhookVerificationError, type VerifiedWebhook, type WebhookErrorCode } from '@gatehouse/sdk';
export async function take(body: Uint8Array, headers: { [name: string]: string | string[] | undefined }): Promise<string> {
  try {
    const result: VerifiedWebhook<{ event: string; user_id: string }> = await verifyWebhook(body, headers, ['a', 'b'], { tolerance: 60 });
    // @ts-expect-error: it may be absent
    const id: string = result.id;
    return result.event.user_id + id;
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    const code: WebhookErrorCode = error.code;
    // @ts-expect-error: the list is closed
    return code === 'SOMETHING_ELSE' ? '' : code;
  }
}`;
  const files = ['consumer.mts', 'consumer.cts'];
  for (const file of files) writeFileSync(join(application, file), program);
  compile('--module nodenext --target es2022 --lib es2022', ...files);
});

describe('where it is resolved', () => {
  const server = `
import { verifyWebhook } from '@gatehouse/sdk';
import { ProofClient, type VerifyResult } from '@gatehouse/sdk/proof';
import HumanPassClient, { type HumanPassSession } from '@gatehouse/sdk/humanpass';
import { verifyWithSignals } from '@gatehouse/sdk/huma';
import { humaFormCheck } from '@gatehouse/sdk/huma/next';
export const begin = (client: HumanPassClient): Promise<HumanPassSession> => client.createSession({ subjectRef: 'u' });
export const look = (client: ProofClient): Promise<VerifyResult> => client.verify({ image: 'AAAA' });
// @ts-expect-error: nothing stands for any
export const wrong: number = begin(new HumanPassClient({ apiUrl: 'https://box.lan' }));
export { humaFormCheck, verifyWebhook, verifyWithSignals };`;
  const page = `
import { Huma } from '@gatehouse/sdk/browser';
import { useHuma } from '@gatehouse/sdk/huma/react';
import { useHumanPass } from '@gatehouse/sdk/humanpass/react';
import HumanPassClient from '@gatehouse/sdk/humanpass';
// @ts-expect-error: a container is an element
new HumanPassClient({ apiUrl: 'https://box.lan' }).verify({ mode: 'iframe', container: { append: 1 } });
// @ts-expect-error: nothing stands for any
export const wrong: number = Huma.debug();
export { useHuma, useHumanPass };`;

  beforeAll(() => {
    writeFileSync(join(application, 'of-server.ts'), server);
    writeFileSync(join(application, 'of-page.ts'), page);
    for (const name of ['react', '@types/react', 'csstype', '@types/node', 'undici-types'])
      cpSync(join(root, 'node_modules', name), join(application, 'node_modules', name), { recursive: true });
  });

  const options = '--esModuleInterop --target es2022';
  const node10 = `${options} --module commonjs --moduleResolution node10 --ignoreDeprecations 6.0`;

  test.each([
    ['node10', node10],
    ['node16', `${options} --module node16 --moduleResolution node16`],
    ['bundler', `${options} --module esnext --moduleResolution bundler`],
  ])('%s, on a server without the types of a browser', (_, of) =>
    compile(`${of} --lib es2022 --types node`, 'of-server.ts'),
  );

  test('node10, in a page', () => compile(`${node10} --lib es2022,dom --types react`, 'of-page.ts'));

  test('every path leads to a file also without "exports"', () => {
    const home = join(application, 'node_modules/@gatehouse/sdk');
    const { exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
    const require = createRequire(join(application, 'x.js'));
    for (const path of Object.keys(exports)) {
      // A folder is resolved by the manifest in it alone, as webpack 4, Jest 27 and Metro before 0.82 do it.
      const found = require.resolve(join(home, path));
      const isCopy = path === './gatehouse.js';
      expect(found).toBe(isCopy ? join(home, path) : require.resolve(join('@gatehouse/sdk', path)));
      if (!statSync(join(home, path)).isDirectory()) continue;
      const { module } = JSON.parse(readFileSync(join(home, path, 'package.json'), 'utf8'));
      expect(existsSync(join(home, path, module))).toBe(true);
    }
    expect(require('@gatehouse/sdk/package.json')).toMatchObject({ name: '@gatehouse/sdk' });
  });
});

describe('the examples of its README', () => {
  test('worker.mjs', () => {
    const program = `import { readFileSync } from 'node:fs';
      import worker from './worker.mjs';
      const { body, headers, secret } = JSON.parse(readFileSync(0, 'utf8'));
      const env = { GATEHOUSE_WEBHOOK_SECRET: secret };
      const ask = (text) => worker.fetch(new Request('https://a.example/', { method: 'POST', headers, body: text }), env);
      const [right, wrong] = [await ask(body), await ask(body + ' ')];
      console.log(JSON.stringify([right.status, wrong.status, await wrong.text()]));`;
    expect(run('drive-worker.mjs', program)).toEqual([204, 400, 'SIGNATURE_MISMATCH']);
  });

  test('server.mjs', async () => {
    const child = spawn(node, ['server.mjs'], {
      cwd: application,
      env: { ...process.env, PORT: '0', GATEHOUSE_WEBHOOK_SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: child.stdout });
      const [line] = await once(lines, 'line');
      const url = `http://127.0.0.1:${String(line).split(' ').at(-1)}/`;
      const ask = (text: string) => fetch(url, { method: 'POST', headers: delivered(), body: text });
      const logged = once(lines, 'line');
      expect((await ask(body)).status).toBe(204);
      expect(await logged).toEqual(['evt_1 verification.success']);
      const wrong = await ask(`${body} `);
      expect([wrong.status, await wrong.text()]).toEqual([400, 'SIGNATURE_MISMATCH']);
    } finally {
      child.kill();
    }
  });

  test('repeated.cjs', () => {
    const program = `const { readFileSync } = require('node:fs');
      const { take } = require('./repeated.cjs');
      const { body, headers, secret } = JSON.parse(readFileSync(0, 'utf8'));
      (async () => {
        const secrets = ['whsec_b2xk', secret];
        console.log(JSON.stringify([await take(body, headers, secrets), await take(body, headers, secrets)]));
      })();`;
    expect(run('drive-repeated.cjs', program)).toEqual([
      expect.stringMatching(/^verification\.success \(hex, sent \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z\)$/),
      'repeated',
    ]);
  });
});

test('what is packed: the built files and no sources', () => {
  const home = join(application, 'node_modules/@gatehouse/sdk');
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: home,
    encoding: 'utf8',
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const kinds = new Set(
    files.map(({ path }) => path.replace(/(?<=^dist\/...\/)[\w/-]+(?=\.(js|d\.ts)$)/, '*')),
  );
  expect([...kinds].toSorted()).toEqual([
    'LICENSE',
    'NOTICE',
    'README.md',
    'browser/package.json',
    'dist/cjs/*.d.ts',
    'dist/cjs/*.js',
    'dist/cjs/package.json',
    'dist/esm/*.d.ts',
    'dist/esm/*.js',
    'dist/esm/package.json',
    'dist/gatehouse.js',
    'gatehouse.js',
    ...['huma/next', 'huma', 'huma/react', 'humanpass', 'humanpass/react'].map(
      (path) => `${path}/package.json`,
    ),
    'package.json',
    'proof/package.json',
  ]);
});

describe('humanpass', () => {
  const use = `
const client = new HumanPassClient({ apiKey: 'sk_live_xxxx', apiUrl: 'http://127.0.0.1:1' });
client.verify().catch((error) => console.log(JSON.stringify([error instanceof HumanPassError, error.code])));`;

  test('loads as an ES module, with the class as the default', () => {
    const program = `import HumanPassClient, { HumanPassError } from '@gatehouse/sdk/humanpass';${use}`;
    expect(run('humanpass.mjs', program)).toEqual([true, 'INVALID_ARGUMENT']);
  });

  test('loads as CommonJS, with the class as the default', () => {
    const program = `const { default: HumanPassClient, HumanPassError } = require('@gatehouse/sdk/humanpass');${use}`;
    expect(run('humanpass.cjs', program)).toEqual([true, 'INVALID_ARGUMENT']);
  });

  test('its types serve the sample of the contract and React', () => {
    const program = `
import HumanPassClient from '@gatehouse/sdk/humanpass';
import { HumanPass, useHumanPass } from '@gatehouse/sdk/humanpass/react';
const client = new HumanPassClient({ apiKey: 'sk_live_xxxx', apiUrl: 'https://api.example', verifyUrl: 'https://api.example/verify' });
const result = await client.verify({ uniquenessPolicy: 'warn', metadata: { checkoutId: 'order_42' } });
const [id, token]: [string, string | null] = [result.sessionId, result.token];
console.log(id, token);
// @ts-expect-error: there are three policies
client.createSession({ uniquenessPolicy: 'always' });
export const Page = () => {
  const { state, verify } = useHumanPass(client);
  if (state === 'idle') return <button onClick={() => verify()}>go</button>;
  return <HumanPass client={client} onResult={({ decision }) => console.log(decision)} />;
};`;
    for (const name of ['react', '@types/react', 'csstype'])
      cpSync(join(root, 'node_modules', name), join(application, 'node_modules', name), { recursive: true });
    writeFileSync(join(application, 'page.tsx'), program);
    writeFileSync(join(application, 'package.json'), '{"type":"module"}');
    try {
      compile('--jsx react-jsx --module nodenext --target es2022 --lib es2022,dom', 'page.tsx');
    } finally {
      rmSync(join(application, 'package.json'));
    }
  });
});
