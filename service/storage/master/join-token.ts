import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';

/**
 * A one-time token by which a machine asks for the master key. Its secret is the seed of a signing key: who reads what is stored of it, the
 * public half, cannot ask with it.
 */
export interface JoinToken {
  id: string;
  secret: string;
  /** Of the master key that the machine gets. */
  master: string;
  /** Of the appliance. */
  appliance: string;
}

/** What is signed with the secret of the token. */
export interface JoinRequest {
  token: string;
  node: string;
  name: string;
  publicKey: string;
}

const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

export const makeJoinToken = (of: Pick<JoinToken, 'master' | 'appliance'>): JoinToken => ({
  ...of,
  id: randomBytes(9).toString('base64url'),
  secret: randomBytes(32).toString('base64url'),
});

export const writeJoinToken = ({ id, secret, master, appliance }: JoinToken): string =>
  `ghnode.${id}.${secret}.${master}.${appliance}`;

/** `undefined` for what is no token. */
export function readJoinToken(text: string): JoinToken | undefined {
  const parts = /^ghnode\.([\w-]{12})\.([\w-]{43})\.([0-9a-f]{16})\.(apl_[0-9a-z]+)$/.exec(text.trim());
  if (!parts) return undefined;
  const [, id, secret, master, appliance] = parts;
  return { id: id!, secret: secret!, master: master!, appliance: appliance! };
}

/** What is stored of the secret: it verifies what the secret signs, and gives no way back to it. */
export const verifierOf = ({ secret }: Pick<JoinToken, 'secret'>): Uint8Array =>
  createPublicKey(signingKey(secret)).export({ type: 'spki', format: 'der' }).subarray(-32);

export const signRequest = (
  { secret, appliance }: Pick<JoinToken, 'secret' | 'appliance'>,
  request: JoinRequest,
): string => sign(null, statement(appliance, request), signingKey(secret)).toString('base64url');

export function isSigned(
  verifier: Uint8Array,
  appliance: string,
  request: JoinRequest,
  signature: string,
): boolean {
  const key = createPublicKey({ key: Buffer.concat([SPKI, verifier]), format: 'der', type: 'spki' });
  return verify(null, statement(appliance, request), key, Buffer.from(signature, 'base64url'));
}

const signingKey = (secret: string): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([PKCS8, Buffer.from(secret, 'base64url')]),
    format: 'der',
    type: 'pkcs8',
  });

const statement = (appliance: string, { token, node, name, publicKey }: JoinRequest): Buffer =>
  Buffer.from(`gatehouse node join\n${JSON.stringify([appliance, token, node, name, publicKey])}`);

/** What the stored verifier is bound to, wrapped by the master key: only who has that makes a token. */
export const tokenBound = (about: { appliance: string; id: string; expiresAt: number }) =>
  `node-token|${about.appliance}|${about.id}|${about.expiresAt}`;

/** The same of the row of a node that joined. */
export const nodeBound = (about: { appliance: string; node: string; token: string }) =>
  `node-row|${about.appliance}|${about.node}|${about.token}`;
