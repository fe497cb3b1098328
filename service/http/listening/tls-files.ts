import { constants, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

export type TlsFiles =
  | {
      is: 'usable';
      cert: Buffer;
      key: Buffer;
      /** `CN=gatehouse.example`. */
      subject: string;
      /** Whole days the certificate still lasts. */
      days: number;
    }
  /** The problem and its remedy, in a sentence or two. */
  | {
      is: 'unusable';
      reason: string;
      /** When the certificate ended, ms since 1970, where it could be used but for that. */
      endedAt?: number;
    };

const DAY = 86_400_000;

/**
 * Reads a certificate chain and its private key (PEM) and checks whether a server can use them at `now` (milliseconds since
 * 1970): both are valid PEM, the key fits the certificate, and the certificate is in force.
 */
export function readTlsFiles(paths: { cert: string; key: string }, now: number): TlsFiles {
  const cert = read(paths.cert, '--tls-cert');
  if (typeof cert === 'string') return { is: 'unusable', reason: cert };
  const key = read(paths.key, '--tls-key');
  if (typeof key === 'string') return { is: 'unusable', reason: key };
  return judgeTlsPair({ cert, key }, paths, now);
}

/** As `readTlsFiles`, of what was read. `names`: what the two are called in a sentence. */
export function judgeTlsPair(
  { cert, key }: { cert: Buffer; key: Buffer },
  names: { cert: string; key: string },
  now: number,
): TlsFiles {
  const unusable = (reason: string): TlsFiles => ({ is: 'unusable', reason });
  const certificate = attempt(() => new X509Certificate(cert));
  if (!certificate || !/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(cert.toString('latin1'))) {
    return unusable(
      attempt(() => createPrivateKey(cert))
        ? `${names.cert} holds a private key, not a certificate: exchange --tls-cert and --tls-key.`
        : `${names.cert} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----). Give the certificate chain with --tls-cert.`,
    );
  }
  const privateKey = attempt(() => createPrivateKey(key));
  if (!privateKey) {
    return unusable(
      /ENCRYPTED/.test(key.toString('latin1'))
        ? `The private key ${names.key} has a passphrase. Write one without: openssl pkey -in ${names.key} -out key.pem`
        : `${names.key} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----). Give the certificate's key with --tls-key.`,
    );
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    return unusable(
      `The private key ${names.key} does not belong to the certificate ${names.cert}. Give the pair that was made together; ` +
        'in a chain the server’s own certificate comes first.',
    );
  }
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  if (now < from)
    return unusable(
      `The certificate ${names.cert} holds only from ${certificate.validFrom} on. Check this machine’s clock.`,
    );
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    return unusable(`${names.cert} and ${names.key} cannot be used for TLS: ${(error as Error).message}.`);
  }
  if (now > to) {
    const reason = `The certificate ${names.cert} ended on ${certificate.validTo}. Renew it.`;
    return { is: 'unusable', reason, endedAt: to };
  }
  const subject = certificate.subject?.replaceAll('\n', ' ') ?? '(no subject)';
  return { is: 'usable', cert, key, subject, days: Math.floor((to - now) / DAY) };
}

/** The bytes, or why they cannot be read. */
function read(path: string, flag: string): Buffer | string {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? `There is no file ${path}, which ${flag} names.`
      : `${path}, which ${flag} names, cannot be read (${code}).`;
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Electron's library may lack a group that Node's has, and refuses a list with an unknown name. */
const isKnownGroup = (group: string) =>
  attempt(() => createSecureContext({ ecdhCurve: group })) !== undefined;

/**
 * Of every TLS connection to the box: TLS 1.3, or TLS 1.2 with ephemeral keys (ECDHE) and an authenticated cipher (GCM, ChaCha20).
 * A recording of the traffic stays closed when the certificate's key is stolen later, and no cipher has CBC padding. Groups that cost the box
 * far more than a caller (P-521, ffdhe) are left out; every browser and runtime has one of these.
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
  ecdhCurve: ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'].filter(isKnownGroup).join(':'),
  honorCipherOrder: true,
  // Each of them costs as much as a handshake, beside the pace of these.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies SecureContextOptions;
