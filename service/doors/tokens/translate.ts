import type { TokenFinding, TokenRequirements } from '../../engine/accounts/index.ts';
import type { TokenCheck } from '../../engine/behavior/index.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import type { TokenAnswer, TokenQuestion } from './wire.ts';

/** A token of behavior has its own form: no other token is one. */
export const toDemand = ({ kind, nonce }: TokenQuestion): Pick<TokenRequirements, 'kind' | 'nonce'> =>
  defined({ kind: kind === 'behavior' ? undefined : kind, nonce });

export function fromFinding(finding: TokenFinding): TokenAnswer {
  if (!finding.valid) return finding;
  const { kind, claims } = finding;
  return {
    valid: true,
    kind,
    claims,
    issuedAt: time(claims.iat * 1000),
    expiresAt: time(claims.exp * 1000),
  };
}

export function fromTokenCheck(check: TokenCheck): TokenAnswer {
  if (!check.valid) return check;
  const { kind, human, confidence, score, issuedAt, expiresAt, asked } = check.record;
  return {
    valid: true,
    kind: 'behavior',
    claims: {
      by: kind === 'challenge' ? 'challenge' : 'verify',
      human,
      confidence,
      score,
      ...defined({ accessible: asked?.accessible }),
    },
    issuedAt: time(issuedAt),
    expiresAt: time(expiresAt),
  };
}
