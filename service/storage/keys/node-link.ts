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
  /** As the store has it now, where it is one of these secrets. `silentFor`: milliseconds since this node looked before. */
  reload(names: readonly string[], silentFor?: number): Promise<void>;
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
  const made = () => ({ secret: randomKey(random), details: '{}' });
  async function read(): Promise<LinkKey> {
    const found = await stored.load();
    if (found) return linkKeyOf(found.secret);
    await stored.add(made());
    return read();
  }
  /** The newest last, each with the moment since which it is known here. */
  const known: { key: LinkKey; since: number }[] = [{ key: await read(), since: Number.NEGATIVE_INFINITY }];
  let shown = known[0]!.key;
  let turn: Promise<unknown> = Promise.resolve();

  /** In turn: what was read late may be older than what is known. */
  function reload(names: readonly string[], silentFor = 0): Promise<void> {
    if (!names.includes(NODE_LINK)) return Promise.resolve();
    const looked = turn.then(() => look(silentFor));
    turn = looked.catch(() => {});
    return looked;
  }
  async function look(silentFor: number): Promise<void> {
    const key = await read();
    if (key.id === known.at(-1)!.key.id) return;
    // After a longer silence the others may know it for long, and accept the one before no more.
    const age = silentFor > KNOWN_BY_ALL ? KNOWN_BY_ALL : 0;
    known.push({ key, since: now() - age });
  }

  return {
    shown() {
      const { key, since } = known.at(-1)!;
      // One that was replaced within that time may be unknown to the others.
      if (now() - since >= KNOWN_BY_ALL) shown = key;
      return shown;
    },
    accepted(id) {
      known.splice(
        0,
        known.findLastIndex(({ since }) => now() - since >= ACCEPTED),
      );
      return known.find(({ key }) => key.id === id)?.key;
    },
    async renew() {
      await stored.save(made());
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
