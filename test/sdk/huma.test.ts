import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { EdgeRuntime } from 'edge-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SCRIPT_BUDGET } from '../../renderer/gatehouse-script.ts';
import { putSdk } from '../support/built-sdk.ts';

// `@gatehouse/sdk/huma` as it is published: as a module of either kind, its types, and in an edge runtime, where Node has nothing.

const root = join(import.meta.dirname, '../..');
const node = join(root, 'node_modules/.bin/node');
let application: string;
let home: string;

beforeAll(async () => {
  application = mkdtempSync(join(tmpdir(), 'gatehouse-huma-'));
  home = join(application, 'node_modules/@gatehouse/sdk');
  await putSdk(home);
  writeFileSync(join(application, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(application, { recursive: true, force: true }));

describe('an appliance answers', () => {
  const verified = { human: true, confidence: 0.92, token: 'h_verified_1', pii_stored: false };
  const signals = { v: 1, sid: 'abcdefghijklmnop', counts: { move: 12, down: 1 } };
  let base: string;
  let asked: unknown[];
  let status: number;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    asked.push([request.url, request.headers.authorization, JSON.parse(text)]);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(verified));
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    asked = [];
    status = 200;
  });

  /** The published CommonJS, in a runtime that has what the web platform has. It loads the package's own files alone. */
  function edge(entry: string, env: Record<string, string> = {}) {
    const runtime = new EdgeRuntime({ extend: (context) => Object.assign(context, { process: { env } }) });
    const loaded = new Map<string, object>();
    const load = (path: string): object => {
      const known = loaded.get(path);
      if (known) return known;
      const exports = {};
      loaded.set(path, exports);
      const require = (name: string) => {
        if (!name.startsWith('.')) throw new Error(`asks for ${name}`);
        return load(resolve(dirname(path), name));
      };
      runtime.evaluate<(...given: unknown[]) => void>(
        `(function (exports, require) {${readFileSync(path, 'utf8')}\n})`,
      )(exports, require);
      return exports;
    };
    runtime.context.sdk = load(join(home, 'dist/cjs/huma', entry));
    return async (program: string) =>
      JSON.parse(await runtime.evaluate<Promise<string>>(`(async () => JSON.stringify(${program}))()`));
  }

  test('in an edge runtime: the core', async () => {
    const run = edge('index.js');
    const call = `await sdk.verifyWithSignals({ apiKey: 'huma_live_k', baseUrl: '${base}', userId: 'user_123', signals: ${JSON.stringify(signals)} })`;
    expect(await run(call)).toEqual({ ...verified, score: 92 });
    expect(asked).toEqual([
      ['/api/v1/verify', 'Bearer huma_live_k', { userId: 'user_123', sessionData: signals }],
    ]);
    status = 503;
    expect(await run(call)).toMatchObject({ human: true, token: '', outage: { code: 'UNAVAILABLE' } });
    const late = call.replace(
      'apiKey',
      "timeoutMs: 1, fetch: (_, { signal }) => new Promise((_, no) => signal.addEventListener('abort', no)), apiKey",
    );
    expect(await run(late)).toMatchObject({ human: true, outage: { code: 'TIMEOUT' } });
    expect(await run(`[typeof Buffer, typeof require, typeof window, typeof document]`)).toEqual([
      ...['undefined', 'undefined', 'undefined', 'undefined'],
    ]);
  });

  test('in an edge runtime: a Route Handler and a Server Action', async () => {
    const run = edge('next.js', { HUMA_API_KEY: 'huma_live_of_server', HUMA_BASE_URL: base });
    const post = (body: object) => `await (async () => {
      const POST = sdk.withHumaProtection(async (req, huma) => {
        const body = await req.json(); // handler still gets the body
        return Response.json({ ok: true, confidence: huma.confidence, name: body.name });
      });
      const reply = await POST(new Request('https://shop.example/', { method: 'POST', body: ${JSON.stringify(JSON.stringify(body))} }));
      return [reply.status, await reply.json()];
    })()`;
    expect(await run(post({ name: 'Zoë', signals }))).toEqual([
      200,
      { ok: true, confidence: 0.92, name: 'Zoë' },
    ]);
    expect(await run(post({ name: 'Zoë' }))).toMatchObject([403, { code: 'NO_SIGNALS' }]);
    const form = (value: string) => `await (async () => {
      const form = new FormData();
      form.set('huma_signals', ${JSON.stringify(value)});
      return sdk.humaFormCheck(form);
    })()`;
    expect(await run(form(JSON.stringify(signals)))).toEqual({ ...verified, score: 92 });
    expect(await run(form(''))).toMatchObject({ human: false, refused: 'no_signals' });
    expect(asked.map((one) => (one as string[])[1])).toEqual(Array(2).fill('Bearer huma_live_of_server'));
  });

  test.each([
    ['esm.mjs', (name: string) => `await import('${name}')`],
    ['cjs.cjs', (name: string) => `require('${name}')`],
  ])('%s', async (file, load) => {
    writeFileSync(
      join(application, file),
      `(async () => {
        const core = ${load('@gatehouse/sdk/huma')};
        const next = ${load('@gatehouse/sdk/huma/next')};
        const { Huma, HumaError: InPage } = ${load('@gatehouse/sdk/browser')};
        const names = (module) => Object.keys(module).filter((name) => !/^(default|module.exports|__esModule)$/.test(name)).sort();
        const same = core.HumaError === next.HumaError;
        const refused = await core.verify({ userId: 'u', apiKey: 'k', baseUrl: 'x' }).catch((error) => [error instanceof core.HumaError, error.code]);
        console.log(JSON.stringify({ core: names(core), next: names(next), same, refused, browser: [typeof Huma.verify, typeof InPage, globalThis.Huma === undefined, Huma.debug().collecting] }));
      })();`,
    );
    const { stdout, stderr } = spawnSync(node, [file], { cwd: application, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      core: [
        'HumaError',
        'answerChallenge',
        'createChallenge',
        'startSession',
        'verify',
        'verifyWithSignals',
      ],
      next: ['HumaError', 'humaFormCheck', 'withHumaProtection'],
      same: true,
      refused: [true, 'INVALID_ARGUMENT'],
      browser: ['function', 'function', true, false],
    });
  });
});

test('the script lies beside the modules as one file, as small as the appliance serves it', () => {
  const path = createRequire(join(application, 'x.js')).resolve('@gatehouse/sdk/gatehouse.js');
  const script = readFileSync(path, 'utf8');
  expect(script).toContain('huma_signals');
  expect(gzipSync(script).byteLength).toBeLessThanOrEqual(SCRIPT_BUDGET);
});

test('its types serve a module and a CommonJS file', () => {
  const program = `
import type { VerifyResult, SessionResult } from '@gatehouse/sdk/huma';
import { Huma, type Verdict } from '@gatehouse/sdk/browser';
import { startSession, verify, verifyWithSignals } from '@gatehouse/sdk/huma';
export const inPage: Promise<Verdict> = Huma.verify('u', 'k');
import { humaFormCheck, withHumaProtection } from '@gatehouse/sdk/huma/next';
export async function signUp(form: FormData): Promise<boolean> {
  const check = await humaFormCheck(form);
  return check.human && check.outage === undefined;
}
export const POST = withHumaProtection(async (req, huma) => {
  const body: unknown = await req.json();
  return Response.json({ ok: body !== null, confidence: huma.confidence });
});
const handler: (request: Request) => Promise<Response> = POST;
export async function all(signals: unknown): Promise<VerifyResult[]> {
  const one: { human: boolean; confidence: number; score: number; token: string; pii_stored: false } = await verify({ apiKey: 'k', userId: 'u' });
  const session = startSession({ userId: 'u', interval: 45_000, onAnomaly: (action: 'allow' | 'flag' | 'block', result: SessionResult) => { session.stop(); } });
  // @ts-expect-error: a result may be of an outage
  const code: string = (await verify({ userId: 'u' })).outage.code;
  // @ts-expect-error: signals are what it judges
  await verifyWithSignals({ userId: 'u' });
  void handler; void code; void one;
  return [await verifyWithSignals({ userId: 'u', signals })];
}`;
  const files = ['consumer.mts', 'consumer.cts'];
  for (const file of files) writeFileSync(join(application, file), program);
  const options =
    '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2022 --lib es2022,dom';
  const { stdout, status } = spawnSync(
    node,
    [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), ...files],
    { cwd: application, encoding: 'utf8' },
  );
  expect([stdout, status]).toEqual(['', 0]);
});
