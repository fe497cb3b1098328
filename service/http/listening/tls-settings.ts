import type { SecureContextOptions } from 'node:tls';

/**
 * Of every TLS connection to the box: TLS 1.3, or TLS 1.2 with ephemeral keys (ECDHE) and an authenticated cipher (GCM, ChaCha20).
 * A recording of the traffic stays closed when the certificate's key is stolen later, and no cipher has CBC padding.
 */
export const tlsSettings = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  honorCipherOrder: true,
} as const satisfies SecureContextOptions;
