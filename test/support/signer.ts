import { createHash, type KeyPairKeyObjectResult, sign } from 'node:crypto';
import type { AuditLogDeps } from '../../service/engine/audit/index.ts';

/** Signs as the appliance does (signing-keys.ts), without a key store. */
export function createSigner({ publicKey, privateKey }: KeyPairKeyObjectResult): AuditLogDeps['signing'] {
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const kid = createHash('sha256').update(der).digest('hex').slice(0, 16);
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  return {
    sign: (_purpose, bytes) => ({ kid, signature: sign(null, bytes, privateKey).toString('base64url') }),
    publicKeys: () => [{ kid, purpose: 'audit', publicKey: pem }],
  };
}
