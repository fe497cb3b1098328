import {
  createIdempotency,
  createPersonTokens,
  type Idempotency,
  type PersonTokens,
} from '../engine/accounts/index.ts';
import { applianceIdentity } from '../engine/audit/index.ts';
import type { Audited } from './audit.ts';
import type { Base } from './base.ts';

export interface PersonTokenParts {
  personTokens: PersonTokens;
  idempotency: Idempotency;
}

/** What callers of every family of sessions use: signed results, and answers to repeated requests. */
export async function createPersonTokenParts({
  ground,
  vault: { keys, signing, integrity },
  audit,
}: Pick<Base, 'ground' | 'vault'> & Pick<Audited, 'audit'>): Promise<PersonTokenParts> {
  const { ids } = ground;
  return {
    personTokens: createPersonTokens({
      ...ground,
      audit,
      signing,
      issuer: await applianceIdentity(keys, ids),
    }),
    idempotency: createIdempotency({ ...ground, integrity, run: ids.next('request') }),
  };
}
