import { existsSync, readFileSync } from 'node:fs';
import { judgeTlsPair, type TlsFiles } from '../http/listening/tls-files.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\s?/g;
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]*-----END (?:[A-Z]+ )?PRIVATE KEY-----\s?/;

/** The certificates of a PEM text, one text each, in their order. */
export const certificatesIn = (text: string): string[] => text.match(CERTIFICATE) ?? [];

/** The private key of a PEM text. */
export const keyIn = (text: string): string | undefined => KEY.exec(text)?.[0];

const REQUEST = /-----BEGIN CERTIFICATE REQUEST-----[^-]*-----END CERTIFICATE REQUEST-----\s?/;

/** The certificate request (PKCS #10) of a PEM text. */
export const certificateRequestIn = (text: string): string | undefined => REQUEST.exec(text)?.[0];

/** A chain and its key are one file, so that a crash between two leaves no pair that does not fit. Undefined where there is none. */
export function readPemPair(path: string, now: number): TlsFiles | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  const cert = Buffer.from(certificatesIn(text).join(''));
  return judgeTlsPair({ cert, key: Buffer.from(keyIn(text) ?? '') }, { cert: path, key: path }, now);
}
