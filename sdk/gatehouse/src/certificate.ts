/** Codes of OpenSSL and Node (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const OF_CERTIFICATES = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/;

/** Why `fetch` gave no answer, where the certificate of the appliance is the cause: a sentence with the remedy. It is no outage, and lasts until it is mended. */
export function certificateFault(base: string, cause: unknown): string | undefined {
  const code = causeCode(cause);
  if (code === undefined || !OF_CERTIFICATES.test(code)) return undefined;
  return `The certificate of ${base} is not trusted (${code}). ${remedy(code, base)}`;
}

function remedy(code: string, base: string): string {
  if (/ALTNAME|HOSTNAME/.test(code))
    return 'The address (baseUrl, apiUrl) has to be a name that the certificate is for.';
  if (/EXPIRED|NOT_YET_VALID/.test(code)) return 'Renew it, or set the clock of this machine.';
  return `Start Node with NODE_EXTRA_CA_CERTS=/path/to/authority.pem: DATA/tls/authority.pem of the appliance, or what ${base}/trust serves.`;
}

/** The first code in the chain of causes: Node's `fetch` wraps the error of the socket. */
export function causeCode(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 4) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z\d_]+$/.test(code) ? code : causeCode(cause, depth + 1);
}
