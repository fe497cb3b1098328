import { createHash, createPublicKey, verify } from 'node:crypto';
import { Problem } from '../../lib/problem.ts';

/** What a device signs to open a session: bound to this use, to the device and to one challenge. */
export const signedText = (kiosk: string, challenge: string) => `gatehouse-kiosk-1\n${kiosk}\n${challenge}`;

/** The key as it is stored: SPKI, base64url. Throws INVALID_REQUEST unless it is ECDSA P-256. */
export function readDeviceKey(text: string): string {
  try {
    const der = Buffer.from(text, 'base64url');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1')
      return key.export({ format: 'der', type: 'spki' }).toString('base64url');
  } catch {
    // Answered below, as any other key.
  }
  throw new Problem('INVALID_REQUEST', 'The public key is a P-256 key: SPKI, base64url.', {
    details: [{ path: 'publicKey', message: 'It is no P-256 key.' }],
  });
}

/** ECDSA with SHA-256, r and s of 32 bytes each as WebCrypto makes it, base64url. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' });
  const bytes = Buffer.from(signature, 'base64url');
  return (
    bytes.length === 64 && verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, bytes)
  );
}

/** Eight characters to compare by eye: `7F3A-02BC`. */
export function fingerprintOf(publicKey: string): string {
  const hash = createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex').toUpperCase();
  return `${hash.slice(0, 4)}-${hash.slice(4, 8)}`;
}
