import { createHash, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const DAY = 86_400_000;
/** Browsers refuse certificates of servers that last longer than 398 days. */
const LEAF_DAYS = 395;
const AUTHORITY_DAYS = 3650;
/** Clocks of clients that are behind. */
const BEFORE = DAY;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Names and addresses of a certificate. */
export interface Holder {
  names: readonly string[];
  addresses: readonly string[];
}

export interface MadeAuthority {
  /** PEM. */
  certificate: string;
  /** PKCS #8, DER. */
  key: Uint8Array;
}

export interface Pair {
  /** PEM. */
  certificate: string;
  key: string;
}

/** A certificate authority for servers of these names and networks and no other; it issues for nothing below it. */
export async function makeAuthority(permitted: Permitted, now: number): Promise<MadeAuthority> {
  const { x509, ...asn1 } = await loadX509();
  const keys = await makeKeys();
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: await authorityName(permitted.names[0]!, keys),
    notBefore: new Date(now - BEFORE),
    notAfter: new Date(now - BEFORE + AUTHORITY_DAYS * DAY),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      new x509.Extension('2.5.29.30', true, nameConstraints(permitted, asn1)),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: pem(made), key: new Uint8Array(key) };
}

/** A certificate of a server with a new key. It ends no later than the authority. */
export async function issueLeaf(authority: MadeAuthority, holder: Holder, now: number): Promise<Pair> {
  const { x509 } = await loadX509();
  const keys = await makeKeys();
  const signer = await webcrypto.subtle.importKey('pkcs8', authority.key, algorithm, false, ['sign']);
  const issuer = new x509.X509Certificate(authority.certificate);
  const notAfter = Math.min(now - BEFORE + LEAF_DAYS * DAY, issuer.notAfter.getTime());
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: subjectOf(holder),
    issuer: issuer.subject,
    notBefore: new Date(now - BEFORE),
    notAfter: new Date(notAfter),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: signer,
    extensions: [
      ...serverExtensions(x509, holder),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(made), key: await exportKey(keys.privateKey) };
}

/** For a day: what is shown while the authority's key is sealed and no certificate of the box is there. */
export async function issueTemporary(holder: Holder, now: number): Promise<Pair> {
  const { x509 } = await loadX509();
  const keys = await makeKeys();
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: subjectOf(holder),
    notBefore: new Date(now - BEFORE),
    notAfter: new Date(now + DAY),
    signingAlgorithm: algorithm,
    keys,
    extensions: serverExtensions(x509, holder),
  });
  return { certificate: pem(made), key: await exportKey(keys.privateKey) };
}

/** PKCS #10, with a new key. */
export async function makeRequest(holder: Holder): Promise<{ request: string; key: string }> {
  const { x509 } = await loadX509();
  const keys = await makeKeys();
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subjectOf(holder),
    keys,
    signingAlgorithm: algorithm,
    extensions: serverExtensions(x509, holder),
  });
  return { request: `${made.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/** Hexadecimal digits in groups of four, as one compares them by eye. */
export function fingerprintOf(certificate: string | Buffer): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').replaceAll(/.{4}(?=.)/g, '$& ');
}

type X509 = typeof import('@peculiar/x509');
type Asn1 = Pick<typeof import('@peculiar/asn1-schema'), 'AsnConvert'> &
  Pick<
    typeof import('@peculiar/asn1-x509'),
    'NameConstraints' | 'GeneralSubtrees' | 'GeneralSubtree' | 'GeneralName'
  >;

/** When it is needed: a start that finds its certificate does without. */
async function loadX509(): Promise<{ x509: X509 } & Asn1> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const { AsnConvert } = await import('@peculiar/asn1-schema');
  const { NameConstraints, GeneralSubtrees, GeneralSubtree, GeneralName } = await import(
    '@peculiar/asn1-x509'
  );
  x509.cryptoProvider.set(webcrypto as never);
  return { x509, AsnConvert, NameConstraints, GeneralSubtrees, GeneralSubtree, GeneralName };
}

function nameConstraints({ names, networks }: Permitted, asn1: Asn1): ArrayBuffer {
  const bases = [
    ...names.map((dNSName) => new asn1.GeneralName({ dNSName })),
    ...networks.map((iPAddress) => new asn1.GeneralName({ iPAddress })),
  ];
  const permittedSubtrees = new asn1.GeneralSubtrees(bases.map((base) => new asn1.GeneralSubtree({ base })));
  return asn1.AsnConvert.serialize(new asn1.NameConstraints({ permittedSubtrees }));
}

const serverExtensions = (x509: X509, { names, addresses }: Holder) => [
  new x509.BasicConstraintsExtension(false, undefined, true),
  new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
  new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
  new x509.SubjectAlternativeNameExtension([
    ...names.map((value) => ({ type: 'dns' as const, value })),
    ...addresses.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
  ]),
];

/** A common name has at most 64 characters. */
const subjectOf = ({ names }: Holder) => `CN=${names.find(({ length }) => length <= 64) ?? 'Gatehouse'}`;

/** No two authorities have the same name, so that a client does not take one for the other. */
async function authorityName(name: string, { publicKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const spki = await webcrypto.subtle.exportKey('spki', publicKey);
  const id = createHash('sha256').update(new Uint8Array(spki)).digest('hex').slice(0, 6).toUpperCase();
  return `CN=Gatehouse CA ${id} (${name.slice(0, 40)})`;
}

const makeKeys = () =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

const pem = (certificate: { toString(format: 'pem'): string }) => `${certificate.toString('pem')}\n`;

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

/** Positive, 127 bits. */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** What a certificate authority may issue for. */
export interface Permitted {
  /** Each name permits itself and all names below it. */
  names: string[];
  /** CIDR notation. */
  networks: string[];
}

export function permits({ names, networks }: Permitted, nameOrAddress: string): boolean {
  if (!ipaddr.isValid(nameOrAddress)) {
    return names.some((name) => nameOrAddress === name || nameOrAddress.endsWith(`.${name}`));
  }
  const address = ipaddr.parse(nameOrAddress);
  return networks.some((network) => {
    const [base, prefix] = ipaddr.parseCIDR(network);
    return base.kind() === address.kind() && address.match([base, prefix] as never);
  });
}
