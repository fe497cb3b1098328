import { createHash, createHmac, randomFillSync } from 'node:crypto';
import type { Random } from '../sealing/aes-gcm.ts';
import { type ApplianceSecretDeps, createApplianceSecret } from './appliance-secret.ts';
import { randomKey } from './organization-keys.ts';

/** In the key store. A rotation of the master key puts a new one in its place. */
export const NODE_LINK = 'node-link';

/** By which one node knows another. */
export interface LinkKey {
  /** Names it without revealing it. */
  id: string;
  /** 32 bytes, for the run that begins the connection. */
  keyOf(run: string): Uint8Array;
}

/**
 * The secret that the nodes of a record share. It is renewed when a node is removed, and with the master key: what the node had of it
 * opens no connection then.
 */
export interface NodeLink {
  /** What this node shows. */
  shown(): LinkKey;
  /** The newest one, and the one before for some seconds: not every node knows the newest at the same moment. */
  accepted(id: string): LinkKey | undefined;
  /** On disk when it resolves. */
  renew(): Promise<void>;
  /** As the store has it now, where it is one of these secrets. */
  reload(names: readonly string[]): Promise<void>;
}

/** Milliseconds after which all nodes know a new one: each looks every 2 s. */
const KNOWN_BY_ALL = 3_000;
/** Milliseconds for which the one before is accepted: longer than any node shows it. */
const ACCEPTED = 10_000;

interface NodeLinkDeps extends ApplianceSecretDeps {
  random?: Random;
  /** Only rises. */
  now?: () => number;
}

/** Makes the secret where there is none. */
export async function openNodeLink({
  random = randomFillSync,
  now = () => performance.now(),
  ...deps
}: NodeLinkDeps): Promise<NodeLink> {
  const stored = createApplianceSecret(NODE_LINK, deps);
  const renew = () => stored.save({ secret: randomKey(random), details: '{}' });
  async function read(): Promise<LinkKey> {
    const found = await stored.load();
    if (found) return linkKeyOf(found.secret);
    await renew();
    return read();
  }
  /** The newest last, each with the moment since which it is known here. */
  const known: { key: LinkKey; since: number }[] = [{ key: await read(), since: Number.NEGATIVE_INFINITY }];

  async function reload(names: readonly string[]): Promise<void> {
    if (!names.includes(NODE_LINK)) return;
    const key = await read();
    if (key.id !== known.at(-1)!.key.id) known.push({ key, since: now() });
  }
  const newestOf = (age: number) => known.findLastIndex(({ since }) => now() - since >= age);

  return {
    shown: () => known[newestOf(KNOWN_BY_ALL)]!.key,
    accepted(id) {
      known.splice(0, newestOf(ACCEPTED));
      return known.find(({ key }) => key.id === id)?.key;
    },
    async renew() {
      await renew();
      await reload([NODE_LINK]);
    },
    reload,
  };
}

function linkKeyOf(secret: Uint8Array): LinkKey {
  return {
    id: createHash('sha256').update('gatehouse node link id\n').update(secret).digest('hex').slice(0, 16),
    keyOf: (run) => createHmac('sha256', secret).update(run).digest(),
  };
}
