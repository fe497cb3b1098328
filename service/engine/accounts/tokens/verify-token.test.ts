import { expect, test } from 'vitest';
import { key } from '../../../../test/support/engine.ts';
import { createVerifyToken, type TokenFinding, type TokenRealm } from './person-tokens.ts';

const realm = { organization: 'org_1', world: 'live' } as unknown as TokenRealm;
const found = { valid: true, kind: 'pass', claims: { sessionId: 'sess_1' } } as unknown as TokenFinding;
const expired: TokenFinding = { valid: false, reason: 'expired' };

/** What was done with a token, in order. */
async function verified(finding: TokenFinding, there: boolean) {
  const done: string[] = [];
  const verify = createVerifyToken({
    personTokens: {
      check: async () => finding,
      async redeem(_, one) {
        done.push('redeem');
        return one;
      },
    },
    async stands(_, token) {
      done.push(`stands ${token.claims.sessionId}`);
      return there;
    },
  });
  return { finding: await verify(realm, 'token', {}, key), done };
}

test('a token counts while its session stands, and is marked as used last', async () => {
  expect(await verified(found, true)).toEqual({ finding: found, done: ['stands sess_1', 'redeem'] });
  expect(await verified(found, false)).toEqual({
    finding: { valid: false, reason: 'revoked' },
    done: ['stands sess_1'],
  });
  expect(await verified(expired, true)).toEqual({ finding: expired, done: [] });
});
