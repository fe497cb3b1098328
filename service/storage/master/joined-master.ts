import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { NodeKeyRow } from '../keys/node-key-rows.ts';
import type { Random } from '../sealing/aes-gcm.ts';
import {
  createMasterKey,
  type MasterKey,
  masterKeyId,
  type NodeKeyPair,
  openForNode,
  type SharedMasterKey,
  wrapBound,
} from './master-key.ts';
import { type MasterKeyFile, masterKeyFile } from './master-key-file.ts';
import { type HeldKey, type MasterKeyProvider, PASSPHRASE_NOTE } from './master-key-provider.ts';
import { type MasterPassphrase, masterPassphrase } from './master-passphrase.ts';
import { destroySecretFile, readSecretFile, writeSecretFile } from './secret-file.ts';

/** `DATA/node.json`: which node this directory is, and its own key, sealed by what `node.key` or the passphrase gives. */
const NodeFile = z.strictObject({
  version: z.literal(1),
  node: z.string(),
  appliance: z.string(),
  publicKey: z.base64url(),
  sealed: z.base64url(),
});
type NodeFile = z.infer<typeof NodeFile>;

export interface OwnNode extends NodeKeyPair {
  node: string;
  appliance: string;
}

/** The master key of a node that joined: its wrap is a row of the key store, which its own key opens. */
export interface JoinedMaster extends MasterKeyProvider {
  /** Another passphrase for the own key of the node. Throws WRONG_PASSPHRASE. */
  change(passphrase: string, next: string): Promise<void>;
  readonly node: string;
  /** Another master key that is given to this node while it runs; undefined where its own key does not open it. After `open`. */
  receive(wrapped: Uint8Array, bound: string): SharedMasterKey | undefined;
}

const pathsIn = (folder: string) => ({
  about: join(folder, 'node.json'),
  file: join(folder, 'node.key'),
  passphrase: join(folder, 'node-passphrase.json'),
});

export const isJoined = (folder: string): boolean => existsSync(pathsIn(folder).about);

/** Which node a directory that joined is. */
export const joinedNode = (folder: string): string | undefined =>
  isJoined(folder) ? readNodeFile(pathsIn(folder).about).node : undefined;

/** Writes the own key of a node, last what says that this directory is one. `passphrase`: in the place of a key file. */
export async function keepOwnNode(
  folder: string,
  { node, appliance, publicKey, privateKey }: OwnNode,
  passphrase: string | undefined,
): Promise<void> {
  const paths = pathsIn(folder);
  const lock = await makeLock(paths, passphrase);
  const sealed = await lock.wrap(privateKey, ownBound({ node, appliance, publicKey }));
  const file: NodeFile = {
    version: 1,
    node,
    appliance,
    publicKey,
    sealed: Buffer.from(sealed).toString('base64url'),
  };
  writeSecretFile(paths.about, `${JSON.stringify(file, null, 2)}\n`);
}

async function makeLock(
  paths: ReturnType<typeof pathsIn>,
  passphrase: string | undefined,
): Promise<MasterKey> {
  if (passphrase === undefined) return masterKeyFile(paths.file).create();
  const kept = masterPassphrase(paths.passphrase);
  const lock = await kept.prepare(passphrase);
  await kept.commit();
  return lock;
}

/** Undefined for a directory that did not join. */
export async function joinedMaster(
  folder: string,
  { keys, random }: { keys: Pick<KeyStore, 'note' | 'nodeKeys'>; random?: Random | undefined },
): Promise<JoinedMaster | undefined> {
  if (!isJoined(folder)) return undefined;
  const paths = pathsIn(folder);
  const file = readNodeFile(paths.about);
  const row = await keys.nodeKeys?.find(file.node);
  // The store has it already, as another node keeps it.
  const carried = (await keys.note(PASSPHRASE_NOTE)) ?? '';
  const passphrase = masterPassphrase(paths.passphrase, random ? { random } : {});
  const kind = existsSync(paths.passphrase) ? 'passphrase' : 'file';
  const lock: MasterKeyFile | MasterPassphrase =
    kind === 'passphrase' ? passphrase : masterKeyFile(paths.file, random);

  let own: OwnNode | undefined;

  return {
    kind,
    node: file.node,
    name: `the own key of this node (${lock.path})`,
    path: lock.path,
    asks: lock.asks,
    held: () => ({ current: heldIn(row, file.node), next: { is: 'none' } }),
    carried: () => carried,
    async open(_, given) {
      if (!row) throw removed(file.node);
      const opened = await openRow(await lock.open('current', given), file, row);
      const { key } = opened;
      own = opened.own;
      try {
        return createMasterKey(key, random);
      } finally {
        key.fill(0);
      }
    },
    async prepare() {
      throw new Problem(
        'CONFLICT',
        'This node has the master key for its own key only, so it is not replaced here: use the node that keeps the master key, or keep a new one here with "gatehouse master use-file".',
      );
    },
    commit: async () => {},
    async remove() {
      await keys.nodeKeys?.forget(file.node);
      destroySecretFile(paths.about);
      await lock.remove();
    },
    receive(wrapped, bound) {
      const key = own && openForNode(own, wrapped, bound);
      return key && createMasterKey(key, random);
    },
    async change(was, next) {
      await passphrase.change(was, next);
    },
  };
}

const heldIn = (row: NodeKeyRow | undefined, node: string): HeldKey =>
  row ? { is: 'key', id: row.master } : { is: 'unusable', problem: removed(node) };

/** The own key stays in memory: a new master key comes for it while the node runs. */
async function openRow(
  lock: MasterKey,
  file: NodeFile,
  row: NodeKeyRow,
): Promise<{ key: Uint8Array; own: OwnNode }> {
  const { node, appliance, publicKey, sealed } = file;
  const privateKey = await lock.unwrap(Buffer.from(sealed, 'base64url'), ownBound(file));
  const own = privateKey && { node, appliance, publicKey, privateKey };
  const key = own && openWrap(own, row);
  if (own && key) return { key, own };
  throw new Problem(
    'SEALED',
    `The master key that the key store has for this node (${node}) does not open with its own key: another program changed it, or a file of this data directory is of another node. Remove the node at another one, and join again with a new data directory.`,
  );
}

/** The master key itself. `undefined` where the wrap is for another node, appliance or token, or of another key than the row says. */
export function openWrap(
  own: OwnNode,
  row: Pick<NodeKeyRow, 'wrapped' | 'token' | 'master'>,
): Uint8Array | undefined {
  const bound = wrapBound({ ...own, token: row.token, master: row.master });
  const key = openForNode(own, Buffer.from(row.wrapped, 'base64url'), bound);
  return key && masterKeyId(key) === row.master ? key : undefined;
}

const ownBound = ({ node, appliance, publicKey }: Pick<NodeFile, 'node' | 'appliance' | 'publicKey'>) =>
  `node-own|${appliance}|${node}|${publicKey}`;

const removed = (node: string): Problem =>
  new Problem(
    'SEALED',
    `This node (${node}) was removed, and opens nothing any more: join again with a new data directory and a new token ("gatehouse node token" on a node that runs).`,
  );

function readNodeFile(path: string): NodeFile {
  let value: unknown;
  try {
    value = JSON.parse(readSecretFile(path, 'The own key of this node'));
  } catch (error) {
    if (error instanceof Problem) throw error;
  }
  const parsed = NodeFile.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Problem(
    'SEALED',
    `The own key of this node ${path} is damaged: join again with a new data directory.`,
  );
}
