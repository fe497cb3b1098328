import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { judgeTlsPair, type TlsFiles } from '../http/listening/tls-files.ts';
import { Problem } from '../lib/problem.ts';
import type { BoxNames } from './box-names.ts';

const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';
const MOST_CERTIFICATES = 10;

export interface CheckedChain {
  /** PEM: the certificate of the server, each followed by its issuer, then the key. */
  pair: string;
  /** Names of the box that it does not cover. */
  uncovered: string[];
  /** What an operator should know; a sentence each. */
  notes: string[];
}

/**
 * Checks what a certificate authority of the customer answered: one of `keys` belongs to it, each certificate is issued by the next and valid
 * at `now`, and it is for a server with the names of the box. Throws INVALID_REQUEST with what is wrong.
 */
export function checkChain(
  text: string,
  { keys, names, now }: { keys: readonly string[]; names: BoxNames; now: number },
): CheckedChain {
  const certificates = readCertificates(text);
  const { leaf, key } = pairOf(certificates, keys);
  checkLeaf(leaf, names);
  const chain = orderedChain(leaf, certificates);
  for (const one of chain) checkDates(one, now);
  const cert = Buffer.from(chain.map(String).join(''));
  const judged = judgeTlsPair(
    { cert, key: Buffer.from(key) },
    { cert: 'The certificate', key: 'its key' },
    now,
  );
  if (judged.is === 'unusable') throw refused(judged.reason);
  const uncovered = names.names.filter((name) => name !== 'localhost' && !leaf.checkHost(name));
  return { pair: cert + key, uncovered, notes: notesOf(chain, certificates.length, uncovered) };
}

const refused = (sentence: string) => new Problem('INVALID_REQUEST', `${sentence} Nothing was changed.`);

function readCertificates(text: string): X509Certificate[] {
  const found = certificatesIn(text);
  if (found.length === 0) {
    throw refused(
      'The file holds no certificate in PEM form (-----BEGIN CERTIFICATE-----). From DER: openssl x509 -inform der -in FILE. From PKCS #7: openssl pkcs7 -print_certs -in FILE.',
    );
  }
  if (found.length > MOST_CERTIFICATES) {
    throw refused(`The file holds ${found.length} certificates: give the server’s own and its chain.`);
  }
  return found.map((pem, i) => {
    try {
      return new X509Certificate(pem);
    } catch {
      throw refused(`Certificate ${i + 1} of the file cannot be read.`);
    }
  });
}

function pairOf(certificates: readonly X509Certificate[], keys: readonly string[]) {
  if (keys.length === 0) {
    throw refused(
      'There is no key for this certificate: make a request first (gatehouse certificate request), or give the key with --key.',
    );
  }
  for (const key of keys) {
    const leaf = certificates.find((one) => one.checkPrivateKey(readKey(key)));
    if (leaf) return { leaf, key };
  }
  throw refused(
    'No certificate of the file belongs to the key of the newest request, nor to the one in use. Get a certificate for the newest request, or give the key with --key.',
  );
}

function readKey(pem: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw refused(
      'The private key cannot be read: it must be PEM without a passphrase (openssl pkey -in FILE).',
    );
  }
}

function checkLeaf(leaf: X509Certificate, { chosen, names, addresses }: BoxNames): void {
  if (leaf.ca) throw refused('The certificate of this key is that of an authority, not of a server.');
  // Node calls the extended key usage so.
  const usage: readonly string[] | undefined = leaf.keyUsage;
  if (usage !== undefined && !usage.includes(SERVER_AUTHENTICATION)) {
    throw refused('The certificate is not for servers (extended key usage serverAuth).');
  }
  if (chosen !== undefined && !leaf.checkHost(chosen)) {
    throw refused(
      `The certificate is not for ${chosen}, the host name of this box, but for ${namesIn(leaf)}.`,
    );
  }
  const covered =
    names.some((name) => name !== 'localhost' && leaf.checkHost(name)) ||
    addresses.some((address) => !/^(127\.|::1$)/.test(address) && leaf.checkIP(address));
  if (!covered) {
    throw refused(
      `The certificate is for ${namesIn(leaf)}, and for no name or address of this box: set “hostName” to its name first.`,
    );
  }
}

const namesIn = ({ subjectAltName, subject }: X509Certificate) =>
  subjectAltName?.replaceAll(/(DNS|IP Address):/g, '') ?? subject?.replaceAll('\n', ' ') ?? 'no name';

/** From the server's certificate to the last issuer that the file has. */
function orderedChain(leaf: X509Certificate, certificates: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf];
  for (let last = leaf; ; ) {
    const next = certificates.find(
      (one) => !chain.includes(one) && last.checkIssued(one) && last.verify(one.publicKey),
    );
    if (!next) return chain;
    chain.push(next);
    last = next;
  }
}

function checkDates(certificate: X509Certificate, now: number): void {
  const subject = certificate.subject?.replaceAll('\n', ' ') ?? 'A certificate';
  if (Date.parse(certificate.validFrom) > now)
    throw refused(
      `${subject} is valid only from ${certificate.validFrom} on. Check the clock of this machine.`,
    );
  if (Date.parse(certificate.validTo) < now) throw refused(`${subject} ended on ${certificate.validTo}.`);
}

function notesOf(chain: readonly X509Certificate[], found: number, uncovered: readonly string[]): string[] {
  const last = chain.at(-1)!;
  const isWhole = last.checkIssued(last);
  return [
    ...(uncovered.length === 0
      ? []
      : [`Browsers refuse it under these names of the box: ${uncovered.join(', ')}.`]),
    ...(chain.length < found
      ? [`${found - chain.length} certificates of the file do not belong to its chain and were left out.`]
      : []),
    ...(chain.length === 1 && !isWhole
      ? [
          `The file has no intermediate certificate: clients must have ${last.issuer.replaceAll('\n', ' ')} installed.`,
        ]
      : []),
  ];
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\s?/g;
const KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[^-]*-----END (?:[A-Z]+ )?PRIVATE KEY-----\s?/;

/** The certificates of a PEM text, one text each, in their order. */
const certificatesIn = (text: string): string[] => text.match(CERTIFICATE) ?? [];

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
