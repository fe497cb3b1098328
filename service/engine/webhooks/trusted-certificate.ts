import { X509Certificate } from 'node:crypto';
import { invalid } from './invalid.ts';

const MOST_BYTES = 64 * 1024;
const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text, alone: each is a CA's and in its time. Throws INVALID_REQUEST with a sentence that says which is not,
 * and what to give instead.
 */
export function checkCa(pem: string, now: number): string {
  if (pem.length > MOST_BYTES) throw invalid('ca', 'It must have at most 64 kB.');
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem))
    throw invalid(
      'ca',
      'It holds a private key, which belongs to the receiver alone: give the CA’s certificate.',
    );
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0)
    throw invalid('ca', 'It holds no certificate: a PEM file has “-----BEGIN CERTIFICATE-----” in it.');
  for (const block of blocks) checkCertificate(block, now);
  return `${blocks.join('\n')}\n`;
}

function checkCertificate(pem: string, now: number): void {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw invalid('ca', 'A certificate in it cannot be read: it is damaged.');
  }
  const { subject, ca, validFromDate, validToDate } = certificate;
  const name = subject.replaceAll(/\s*\n\s*/g, ', ');
  if (!ca)
    throw invalid(
      'ca',
      `“${name}” is no CA’s certificate: give the one that signed it, or pin its key with “pin”.`,
    );
  if (validToDate.getTime() <= now)
    throw invalid('ca', `The CA “${name}” ended on ${validToDate.toISOString()}: give its successor.`);
  if (validFromDate.getTime() > now)
    throw invalid(
      'ca',
      `The CA “${name}” begins on ${validFromDate.toISOString()}: check the clock of this machine, or wait until then.`,
    );
}

/** Base64 of a SHA-256. Throws INVALID_REQUEST. */
export function checkPin(pin: string): string {
  const bytes = Buffer.from(pin, 'base64');
  if (bytes.length === 32 && bytes.toString('base64') === pin) return pin;
  throw invalid(
    'pin',
    'It must be the SHA-256 of the receiver’s public key (SubjectPublicKeyInfo) in base64, 44 characters: openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64',
  );
}
