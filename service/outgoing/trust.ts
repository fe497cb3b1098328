import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { OutgoingError } from './outgoing.ts';

/** Trusted servers: by the system's CAs, by an own CA, by the key, or by both of these. */
export interface Trust {
  /** PEM. */
  ca?: string | undefined;
  /** Base64 SHA-256 of the server's public key (SubjectPublicKeyInfo). */
  pin?: string | undefined;
}

/** Reads the certificates at the first call, which takes some 70 ms. */
export type SystemTrust = () => SecureContext;

/** The CAs of the operating system and of NODE_EXTRA_CA_CERTS; Node's own list where the system has none. */
export function createSystemTrust(): SystemTrust {
  let context: SecureContext | undefined;
  return () => {
    if (context) return context;
    const system = getCACertificates('system');
    const ca = system.length > 0 ? [...system, ...getCACertificates('extra')] : getCACertificates('default');
    context = createSecureContext({ ca });
    return context;
  };
}

/** These CAs and no others. Throws OutgoingError `tls` for what is no PEM. */
export function ownTrust(ca: string): SecureContext {
  try {
    new X509Certificate(ca);
    return createSecureContext({ ca });
  } catch (error) {
    throw new OutgoingError(
      'tls',
      `The CA given for this server cannot be read (${(error as Error).message}).`,
    );
  }
}

/**
 * TLS to one address, as the server of `host`: `host` is asked for (SNI, where it is a name) and the certificate is checked against it.
 *
 * With `ca` these CAs are believed instead of the system's. With `pin` the server's key has to be that one besides; where a pin stands
 * alone, the key is the whole proof: who issued the certificate, for which name and until when is not asked, so a self-signed one
 * will do. A server that cannot prove to hold the key is refused before anything is sent.
 */
export function connectTls(
  { address, port, host, trust }: { address: string; port: number; host: string; trust: Trust },
  context: SecureContext,
): TLSSocket {
  const byKeyAlone = trust.pin !== undefined && trust.ca === undefined;
  return connect({
    host: address,
    port,
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 && { servername: host }),
    rejectUnauthorized: !byKeyAlone,
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
  });
}

/** Undefined: the server holds the pinned key, or none is pinned. */
export function pinTrouble(socket: TLSSocket, { pin }: Trust): OutgoingError | undefined {
  if (pin === undefined) return undefined;
  const key = socket.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' });
  const found = key && createHash('sha256').update(key).digest('base64');
  if (found === pin) return undefined;
  return new OutgoingError(
    'tls',
    `The server’s key is not the pinned one: ${found === undefined ? 'it showed none' : `its SHA-256 is ${found}`}, expected was ${pin}.`,
  );
}
