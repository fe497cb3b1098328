import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readJwks } from './claims.ts';
import { checkToken } from './person-tokens.ts';

interface Group {
  tests: { tcId: number; result: string; jws?: string; msg?: string; sig?: string }[];
  public?: Record<string, unknown>;
  private?: Record<string, unknown>;
  publicKey?: { pk: string };
}

const folder = join(import.meta.dirname, '../../../../shared/data/crypto-vectors/wycheproof');
const groupsOf = (file: string) =>
  (
    JSON.parse(readFileSync(join(folder, `testvectors_v1_${file}_test.json`), 'utf8')) as {
      testGroups: Group[];
    }
  ).testGroups;
const keysOf = ({ public: open, private: secret }: Group) => open ?? secret ?? {};

describe.skipIf(!existsSync(folder))('Wycheproof', () => {
  test('every Ed25519 vector is decided as it says', async () => {
    let valid = 0;
    for (const { publicKey, tests } of groupsOf('ed25519')) {
      const x = Buffer.from(publicKey!.pk, 'hex').toString('base64url');
      const key = readJwks(JSON.stringify({ keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid: 'k' }] })).get('k')!;
      for (const { tcId, msg = '', sig = '', result } of tests) {
        const bytes = [Buffer.from(sig, 'hex'), Buffer.from(msg, 'hex')] as const;
        expect([tcId, await crypto.subtle.verify('Ed25519', key, ...bytes)]).toEqual([
          tcId,
          result === 'valid',
        ]);
        if (result === 'valid') valid++;
      }
    }
    expect(valid).toBeGreaterThan(50);
  });

  test('no JWS of another algorithm is a token, and no key of one is in a key file', async () => {
    let seen = 0;
    for (const group of [...groupsOf('json_web_signature'), ...groupsOf('json_web_key')]) {
      const key = keysOf(group);
      const text = JSON.stringify('keys' in key ? key : { keys: [key] });
      expect(() => readJwks(text)).toThrow();
      for (const { tcId, jws } of group.tests) {
        if (jws === undefined) continue;
        const finding = await checkToken(jws, () => undefined, {}, Date.now());
        expect([tcId, finding.valid]).toEqual([tcId, false]);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(400);
  });
});
