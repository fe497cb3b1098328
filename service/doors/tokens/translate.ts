import type { KeyCaller } from '../../engine/access/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import type { TokenDemand, TokenFinding, TokenRealm } from '../../engine/tokens/index.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/time.ts';
import type { TokenAnswer, TokenQuestion } from './wire.ts';

export const toActor = ({ key }: KeyCaller, request: string): Actor => ({ is: 'key', key, request });

export const toRealm = ({ organization, world }: KeyCaller): TokenRealm => ({ organization, world });

export const toDemand = ({ kind, nonce }: TokenQuestion): Pick<TokenDemand, 'kind' | 'nonce'> =>
  defined({ kind, nonce });

export function fromFinding(finding: TokenFinding): TokenAnswer {
  if (!finding.valid) return finding;
  const { kind, claims } = finding;
  return {
    ...{ valid: true, kind, claims },
    issuedAt: time(claims.iat * 1000),
    expiresAt: time(claims.exp * 1000),
  };
}
