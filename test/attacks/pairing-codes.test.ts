import { generateKeyPairSync } from 'node:crypto';
import { request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';

let cli: Cli;
let service: Service;
beforeEach(async () => {
  cli = createCli();
  await cli.json('init', '--org', 'Museum');
  service = await cli.serve('--log-level', 'error');
});
afterEach(() => cli.clean());

const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ format: 'der', type: 'spki' })
  .toString('base64url');

async function pair(code: string): Promise<number> {
  const reply = await request(`${service.url}/api/kiosk/pair`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code, publicKey }),
  });
  await reply.body.dump();
  return reply.statusCode;
}

test('wrong codes of a stranger leave the open codes of all organizations as they are', async () => {
  const { code } = await cli.json<{ code: string }>('kiosk', 'pair', '--name', 'Lobby', '--env', 'test');
  // No half of a code that begins with these letters can be meant by the stranger.
  const letters = 'ABCDEFGHJKMNPQRSTVWXYZ'.split('').filter((letter) => letter !== code[0]);
  for (let guess = 0; guess < 50; guess++) expect(await pair(letters[guess % 20]!.repeat(8))).toBe(401);
  expect(await pair(code)).toBe(200);
});
