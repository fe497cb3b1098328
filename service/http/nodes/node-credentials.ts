import type { ConnectionOptions, TlsOptions } from 'node:tls';

/** How nodes prove to each other that they are nodes of this record, in both directions of a TLS connection. */
export interface NodeCredentials {
  /** Of the listener. */
  server: TlsOptions;
  client: ConnectionOptions;
}

/** With an ephemeral key exchange: a secret that becomes known later opens no connection of before. */
const CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305';

/**
 * By a key that every node which opens the key store can derive, for the node that begins the connection. A node with a certificate of
 * its own takes the place of this: nothing else knows what the proof is.
 */
export function sharedCredentials(self: string, keyOf: (node: string) => Uint8Array): NodeCredentials {
  const both = { ciphers: CIPHERS, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  return {
    server: { ...both, pskCallback: (_, identity) => Buffer.from(keyOf(identity)) },
    client: {
      ...both,
      pskCallback: () => ({ identity: self, psk: Buffer.from(keyOf(self)) }),
      // The other end has shown that it can derive the key.
      checkServerIdentity: () => undefined,
    },
  };
}
