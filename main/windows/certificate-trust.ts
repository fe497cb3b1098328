import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

export interface ShownCertificate {
  hostname: string;
  /** PEM of the leaf. */
  certificate: string;
  /** The system trusts the chain, and the name is in it. */
  trustedBySystem: boolean;
}

export interface TrustRules {
  /** Host of the service, without port; undefined before it is known. */
  host: string | undefined;
  /** PEM of the box's own certificate authority; undefined where its certificate comes from elsewhere. */
  authority: string | undefined;
  /** Nothing but the authority counts, since the person named it by its fingerprint. */
  pinned: boolean;
}

/**
 * Whether the shell goes on with a certificate: of the box alone, for its host, signed by its own authority and valid now. Where the box serves
 * one from elsewhere (the customer's own), the system decides.
 */
export function isTrusted(
  shown: ShownCertificate,
  { host, authority, pinned }: TrustRules,
  now: number,
): boolean {
  if (host === undefined || bare(shown.hostname) !== bare(host)) return false;
  if (authority !== undefined && isOf(authority, shown, now)) return true;
  return !pinned && shown.trustedBySystem;
}

function isOf(authority: string, { hostname, certificate }: ShownCertificate, now: number): boolean {
  try {
    const [issuer, leaf] = [new X509Certificate(authority), new X509Certificate(certificate)];
    const isValid = [issuer, leaf].every(
      (one) => Date.parse(one.validFrom) <= now && now < Date.parse(one.validTo),
    );
    const name = bare(hostname);
    const isNamed = isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name);
    return (
      isValid &&
      isNamed !== undefined &&
      !leaf.ca &&
      leaf.checkIssued(issuer) &&
      leaf.verify(issuer.publicKey)
    );
  } catch {
    return false;
  }
}

/** SHA-256 of a certificate (PEM), hexadecimal. */
export const fingerprintOf = (certificate: string): string =>
  new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();

const bare = (host: string) => host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
