import { HumaError } from './huma-error.ts';

/** Why `fetch` gave no answer: the network, or a certificate that is not trusted. The latter is no outage: it lasts until it is mended. */
export function unreachable(base: string, cause: unknown): HumaError {
  const code = codeOf(cause);
  if (code === undefined)
    return new HumaError(
      'NETWORK',
      `${base} could not be reached, or its answer may not be read from this page (origins of the key).`,
      { cause },
    );
  if (OF_CERTIFICATES.test(code))
    return new HumaError(
      'CERTIFICATE_NOT_TRUSTED',
      `The certificate of ${base} is not trusted (${code}). ${remedy(code, base)}`,
      { cause },
    );
  return new HumaError('NETWORK', `${base} could not be reached (${code}).`, { cause });
}

/** The codes of OpenSSL and Node (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const OF_CERTIFICATES = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/;

function remedy(code: string, base: string): string {
  if (/ALTNAME|HOSTNAME/.test(code)) return 'baseUrl has to be a name that the certificate is for.';
  if (/EXPIRED|NOT_YET_VALID/.test(code)) return 'Renew it, or set the clock of this machine.';
  return `Start Node with NODE_EXTRA_CA_CERTS=/path/to/authority.pem: DATA/tls/authority.pem of the appliance, or what ${base}/trust serves.`;
}

/** The first code in the chain of causes: Node's `fetch` wraps the error of the socket. */
function codeOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 4) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z\d_]+$/.test(code) ? code : codeOf(cause, depth + 1);
}
