import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { tlsSettings } from '../listening/tls-files.ts';

/** How nodes prove to each other that they are nodes of this record, in both directions of a TLS connection. */
export interface NodeCredentials {
  /** Of the listener. */
  server: TlsOptions;
  client: ConnectionOptions;
  /** Changes with what `client` shows: a connection is used for one of them. */
  shown(): string;
  /** Whether what was shown at the begin of a connection to the listener is still accepted. */
  holds(connection: Socket): boolean;
}

/** A key by its name, for the node that begins the connection. */
interface LinkKey {
  id: string;
  keyOf(run: string): Uint8Array;
}

/** What nodes share: one is shown, and the one before is accepted for a while. */
export interface SharedLink {
  shown(): LinkKey;
  accepted(id: string): LinkKey | undefined;
}

/** With an ephemeral key exchange: a secret that becomes known later opens no connection of before. */
const CIPHERS = 'ECDHE-PSK-CHACHA20-POLY1305';

/**
 * By a key that every node which opens the key store has. A node with a certificate of its own takes the place of this: nothing else
 * knows what the proof is.
 */
export function sharedCredentials(self: string, link: SharedLink): NodeCredentials {
  const both = {
    ciphers: CIPHERS,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
    ecdhCurve: tlsSettings.ecdhCurve,
  } as const;
  const shownBy = new WeakMap<Socket, string>();
  return {
    server: {
      ...both,
      // A session that is resumed shows nothing anew.
      secureOptions: constants.SSL_OP_NO_TICKET,
      pskCallback(connection, identity) {
        const [id = '', run = ''] = identity.split(' ');
        const key = link.accepted(id);
        if (!key) return null;
        shownBy.set(connection, id);
        return Buffer.from(key.keyOf(run));
      },
    },
    client: {
      ...both,
      pskCallback() {
        const { id, keyOf } = link.shown();
        return { identity: `${id} ${self}`, psk: Buffer.from(keyOf(self)) };
      },
      // The other end has shown that it can derive the key.
      checkServerIdentity: () => undefined,
    },
    shown: () => link.shown().id,
    holds(connection) {
      const id = shownBy.get(connection);
      return id !== undefined && link.accepted(id) !== undefined;
    },
  };
}
