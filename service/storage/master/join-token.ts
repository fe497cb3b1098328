import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign, verify } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../../lib/problem.ts';
import type { NodeKeyRow } from '../keys/node-key-rows.ts';
import { secretBound } from '../keys/wrapped-key.ts';
import { type PostgresSession, withPostgresSession } from '../postgres/postgres.ts';
import { keepOwnNode, type OwnNode, openWrap } from './joined-master.ts';
import { createMasterKey, makeNodeKeyPair } from './master-key.ts';
import { requireStrong } from './master-passphrase.ts';

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
interface JoinRequest {
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

interface JoinOptions {
  /** Of the new node: it has no keys yet. */
  data: string;
  keysDatabaseUrl: string;
  token: JoinToken;
  /** By which the nodes show it. */
  name: string;
  /** Protects the own key of the node; absent: a file does. */
  passphrase: string | undefined;
  /** Milliseconds to wait for a running node. */
  patience: number;
}

const EVERY = 500;

/**
 * Makes the own key of this machine, asks with the token for the master key, and keeps its own key in the data directory. What comes back
 * must be the master key that the token names, and open the key store. Nothing is left behind where it throws.
 */
export async function joinRecord(options: JoinOptions): Promise<{ node: string }> {
  const { data, keysDatabaseUrl, token, name, passphrase } = options;
  if (passphrase !== undefined) requireStrong(passphrase);
  return withPostgresSession(keysDatabaseUrl, `gatehouse-join: ${data}`, async (session) => {
    await requireAppliance(session, token);
    const node = `node_${randomBytes(16).toString('hex')}`;
    const own: OwnNode = { node, appliance: token.appliance, ...makeNodeKeyPair() };
    const request = { token: token.id, node, name, publicKey: own.publicKey };
    const asked = await session.query(
      `insert into service_join_request (token, node, name, public_key, signature)
       select $1, $2, $3, $4, $5 from service_join_token where id = $1`,
      [token.id, node, name, own.publicKey, signRequest(token, request)],
    );
    if (asked.rowCount !== 1) throw used();
    let joined = false;
    try {
      await requireMaster(session, { own, token, row: await answerTo(session, request, options) });
      await keepOwnNode(data, own, passphrase);
      joined = true;
    } finally {
      own.privateKey.fill(0);
      if (!joined) await session.query('delete from service_join_request where node = $1', [node]);
    }
    return { node };
  });
}

async function requireAppliance(session: PostgresSession, { appliance }: JoinToken): Promise<void> {
  const there = await session.query<{ note: boolean; token: boolean }>(
    `select to_regclass('note') is not null as note, to_regclass('service_join_token') is not null as token`,
  );
  const { note, token } = there.rows[0]!;
  const found = note
    ? await session.query<{ value: string }>(`select value from note where name = 'appliance/id'`)
    : undefined;
  if (found?.rows[0]?.value !== appliance) {
    throw new Problem(
      'CONFLICT',
      'The token is of another appliance than the one whose keys are in this database: check --keys-database-url, or make a token there.',
    );
  }
  if (!token) throw used();
}

/** The row that a running node wrote. */
async function answerTo(
  session: PostgresSession,
  { token, node }: { token: string; node: string },
  { patience }: JoinOptions,
): Promise<Pick<NodeKeyRow, 'wrapped' | 'token' | 'master'>> {
  for (const since = performance.now(); performance.now() - since < patience; await wait(EVERY)) {
    const { rows } = await session.query<{ wrapped: string | null; token: string; master: string }>(
      `select k.wrapped, k.token, k.master from (select 1) one
       left join service_node_key k on k.node = $1
       where k.node is not null or not exists (select from service_join_request where token = $2 and node = $1)`,
      [node, token],
    );
    const [row] = rows;
    if (row && row.wrapped === null) throw used();
    if (row?.wrapped) return { ...row, wrapped: row.wrapped };
  }
  throw new Problem(
    'CONFLICT',
    'No running node answered: the service that made the token has to run, on the same key store. The token can be used again until it ends.',
  );
}

/** Who can write to the key store cannot give this machine a master key of their own. */
async function requireMaster(
  session: PostgresSession,
  {
    own,
    token,
    row,
  }: { own: OwnNode; token: JoinToken; row: Pick<NodeKeyRow, 'wrapped' | 'token' | 'master'> },
): Promise<void> {
  const key = row.master === token.master && row.token === token.id ? openWrap(own, row) : undefined;
  if (!key) throw foreign();
  const master = createMasterKey(key);
  key.fill(0);
  const { rows } = await session.query<{ name: string; wrapped: Buffer }>(
    'select name, wrapped from appliance_secret order by name limit 1',
  );
  const [secret] = rows;
  if (!secret || !(await master.unwrap(secret.wrapped, secretBound(secret.name)))) throw foreign();
}

const used = (): Problem =>
  new Problem(
    'CONFLICT',
    'This token was used, or has ended: make another one on a node that runs ("gatehouse node token").',
  );

const foreign = (): Problem =>
  new Problem(
    'SEALED',
    'What came back is not the master key that the token names: another program wrote it into the key store. Nothing was kept. Ask who can write to that database.',
  );
