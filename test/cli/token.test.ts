import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cli, createCli } from './gatehouse.ts';

interface Jwks {
  keys: { kid: string; x: string }[];
}

let cli: Cli;
let folder: string;
beforeAll(async () => {
  cli = createCli();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-token-'));
  await cli.run('init', '--org', 'Acme', '--json');
});
afterAll(async () => {
  await cli.clean();
  rmSync(folder, { recursive: true, force: true });
});

test('keys are written as a file, stay for their tokens after a rotation, and go at once when asked to', async () => {
  const file = join(folder, 'jwks.json');
  const [first] = (await cli.json<Jwks>('token', 'keys', '--jwks-file', file)).keys;
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    keys: [{ kty: 'OKP', crv: 'Ed25519', x: first!.x, kid: first!.kid, use: 'sig', alg: 'EdDSA' }],
  });
  const again = await cli.run('token', 'keys', '--jwks-file', file);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('exists already')]);
  const { was, is } = await cli.json<{ was: string; is: string }>('token', 'rotate');
  expect(was).toBe(first!.kid);
  const kids = async () => (await cli.json<Jwks>('token', 'keys')).keys.map(({ kid }) => kid);
  expect(await kids()).toEqual([was, is]);
  const last = await cli.json<{ is: string }>('token', 'rotate', '--at-once');
  expect(await kids()).toEqual([last.is]);
  const { stdout } = await cli.run('token', 'keys');
  expect(stdout).toMatch(new RegExp(`${last.is}.*signs`));
});

test('a token is verified with the file alone: no data directory', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const jwks = join(folder, 'others.json');
  writeFileSync(jwks, JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid: 'k1' }] }));
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'apl_1',
    aud: 'org_1',
    sub: 'ada@example.com',
    orgId: 'org_1',
    env: 'live',
    jti: 'j',
    userId: 'sub_1',
    sessionId: 'prs_1',
    purpose: 'deploy\u001b[31m',
    nonce: '8f3a',
    checks: {},
    assurance: 'active',
    models: {},
    singleUse: true,
    iat: now,
    exp: now + 3_600,
  };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'presence+jwt', kid: 'k1' })
    .sign(privateKey);
  const file = join(folder, 'token.txt');
  writeFileSync(file, `${token}\n`);
  const verify = (...words: string[]) =>
    cli.run('token', 'verify', file, '--jwks', jwks, '--audience', 'org_1', ...words);
  const good = await verify('--nonce', '8f3a', '--issuer', 'apl_1', '--kind', 'presence');
  expect([good.code, good.stdout]).toEqual([0, expect.stringMatching(/^Valid\.[\s\S]*made for one use/)]);
  expect(good.stdout).toContain('ada@example.com');
  expect(good.stdout).not.toContain('\u001b');
  for (const [words, reason] of [
    [['--nonce', 'x'], 'wrong_nonce'],
    [['--issuer', 'apl_2'], 'wrong_issuer'],
    [['--kind', 'pass'], 'wrong_kind'],
    [['--audience', 'org_2'], 'wrong_audience'],
  ] as const) {
    const { code, stdout } = await verify(...words, '--json');
    expect([code, JSON.parse(stdout)]).toEqual([1, { valid: false, reason }]);
  }
  const unknown = await cli.run('token', 'verify', file, '--jwks', file, '--audience', 'org_1');
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('no set of public keys')]);
  // As a stranger's machine has it: nothing of Gatehouse but the file, and a library.
  const independent = join(folder, 'verify.mjs');
  const jose = import.meta.resolve('jose');
  writeFileSync(
    independent,
    `import { readFileSync } from 'node:fs';
import { createLocalJWKSet, jwtVerify } from ${JSON.stringify(jose)};
const keys = createLocalJWKSet(JSON.parse(readFileSync(process.argv[2], 'utf8')));
const { payload } = await jwtVerify(readFileSync(process.argv[3], 'utf8').trim(), keys, { algorithms: ['EdDSA'], typ: 'presence+jwt', audience: 'org_1' });
console.log(payload.sub);`,
  );
  expect(execFileSync(process.execPath, [independent, jwks, file], { encoding: 'utf8' })).toBe(
    'ada@example.com\n',
  );
});
