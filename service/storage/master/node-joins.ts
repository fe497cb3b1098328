import type { Transaction } from 'kysely';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { KeySchema } from '../keys/key-store-schema.ts';
import type { NodeKeyRow, NodeKeyRows, RequestRow, TokenRow } from '../keys/node-key-rows.ts';
import { isSigned, makeJoinToken, nodeBound, tokenBound, verifierOf, writeJoinToken } from './join-token.ts';
import type { MasterKey, SharedMasterKey } from './master-key.ts';
import { isNodeKey, wrapBound } from './master-key.ts';
import { attestedKey } from './next-master.ts';

/** Milliseconds for which a token can be used. */
export const TOKEN_LIFE = 15 * 60_000;

/** A node of the record, for a person. */
export interface RecordNode {
  id: string;
  name: string | undefined;
  /** It has the master key for its own key; false: it keeps the master key itself. */
  joinedAt: number | undefined;
  running: { version: string; address: string; silentFor: number } | undefined;
}

/** What a node that has the master key does for those that ask for it. */
export type NodeJoins = ReturnType<typeof createNodeJoins>;

export type Admitted = Pick<RequestRow, 'node' | 'name' | 'token'>;

interface NodeJoinsDeps {
  keys: Pick<KeyStore, 'nodeKeys' | 'note'>;
  master: SharedMasterKey;
  /** Id of the appliance. */
  appliance: string;
  /** Id of this node, where it is one of several. */
  self: string | undefined;
  clock: Clock;
  log: Log;
}

/**
 * The key store is the mailbox. It holds of a token what verifies its signature, wrapped by the master key: who reads the store cannot ask
 * with the token, and who writes it cannot make one. The answer opens with the key of the machine that asked.
 */
export function createNodeJoins({ keys, master, appliance, self, clock, log }: NodeJoinsDeps) {
  function rows(): NodeKeyRows {
    if (keys.nodeKeys) return keys.nodeKeys;
    throw new Problem(
      'CONFLICT',
      'The keys of this service lie in its data directory, which no other machine reaches: nodes need a key store on PostgreSQL (--keys-database-url).',
    );
  }

  async function verifierIn({ id, expiresAt, verifier }: TokenRow): Promise<Uint8Array | undefined> {
    return master.unwrap(Buffer.from(verifier, 'base64url'), tokenBound({ appliance, id, expiresAt }));
  }

  async function rowFor({ token, node, name, publicKey }: RequestRow): Promise<NodeKeyRow> {
    const bound = wrapBound({ appliance, node, token, master: master.id });
    const about = { node, name, publicKey, token, master: master.id };
    return {
      ...about,
      joinedAt: clock.now(),
      wrapped: base64url(await master.wrapItself(publicKey, bound)),
      attested: base64url(await master.wrap(Buffer.from(publicKey), nodeBound({ appliance, node, token }))),
    };
  }

  /** True where the token is used up. */
  async function answerOne(
    request: RequestRow,
    verifier: Uint8Array,
    admit: (node: Admitted) => Promise<void>,
  ): Promise<boolean> {
    const { token, node, name, signature } = request;
    const isAsked = isNodeKey(request.publicKey) && isSigned(verifier, appliance, request, signature);
    if (!isAsked || (await rows().find(node))) {
      log.warn({ token }, 'a machine asked to join without the secret of the token: it is not answered');
      await rows().removeRequest(request);
      return false;
    }
    await admit({ token, node, name });
    return rows().join(await rowFor(request));
  }

  return {
    /** The token itself is given here only. Throws CONFLICT where the keys lie in the data directory. */
    async makeToken(): Promise<{ id: string; token: string; expiresAt: number }> {
      const store = rows();
      const token = makeJoinToken({ master: master.id, appliance });
      const expiresAt = clock.now() + TOKEN_LIFE;
      const bound = tokenBound({ appliance, id: token.id, expiresAt });
      const verifier = base64url(await master.wrap(verifierOf(token), bound));
      await store.addToken({ id: token.id, expiresAt, verifier });
      return { id: token.id, token: writeJoinToken(token), expiresAt };
    },
    /**
     * Answers what asks with an open token. `admit` is called before the machine gets the master key, which it does not when that throws.
     * Gives until when a token is open; undefined: none is.
     */
    async answer(admit: (node: Admitted) => Promise<void>): Promise<number | undefined> {
      if (!keys.nodeKeys) return undefined;
      let until: number | undefined;
      for (const token of await rows().tokens()) {
        const verifier = token.expiresAt > clock.now() ? await verifierIn(token) : undefined;
        if (!verifier) {
          await rows().removeToken(token.id);
          continue;
        }
        let used = false;
        for (const request of await rows().requests(token.id))
          used ||= await answerOne(request, verifier, admit);
        if (!used) until = Math.max(until ?? 0, token.expiresAt);
      }
      return until;
    },
    async list(): Promise<RecordNode[]> {
      if (!keys.nodeKeys) return [];
      const running = new Map((await rows().running()).map((one) => [one.node, one]));
      const joined = await rows().list();
      const others = [...running.keys()].filter((id) => !joined.some(({ node }) => node === id));
      return [
        ...others.map((id) => ({ id, name: undefined, joinedAt: undefined, running: running.get(id) })),
        ...joined.map(({ node, name, joinedAt }) => ({
          id: node,
          name,
          joinedAt,
          running: running.get(node),
        })),
      ];
    },
    /** Throws NOT_FOUND, and CONFLICT for this node itself. */
    async remove(node: string): Promise<void> {
      if (node === self) {
        throw new Problem(
          'CONFLICT',
          'This is the node itself: remove it at another one, once it is stopped.',
        );
      }
      if (await rows().remove(node)) return;
      throw new Problem(
        'NOT_FOUND',
        `No node ${node} joined with a token: "gatehouse node list" shows them.`,
      );
    },
  };
}

/**
 * What writes the rows of the nodes anew under another master key, in the transaction that replaces it. A node whose row the master key did
 * not attest gets nothing: another program made it. Undefined where no node joined.
 */
export async function rewrapForNodes(
  keys: Pick<KeyStore, 'nodeKeys' | 'note'>,
  from: MasterKey,
  to: SharedMasterKey,
): Promise<((tx: Transaction<KeySchema>) => Promise<void>) | undefined> {
  const { nodeKeys } = keys;
  const appliance = await keys.note('appliance/id');
  const rows = (await nodeKeys?.list()) ?? [];
  if (!nodeKeys || appliance === undefined || rows.length === 0) return undefined;
  const moved = await Promise.all(
    rows.map(async (row) => {
      const { node, token, publicKey } = row;
      const bound = nodeBound({ appliance, node, token });
      const attested = Buffer.from(await attestedKey(from, appliance, row));
      const wrap = await to.wrapItself(publicKey, wrapBound({ appliance, node, token, master: to.id }));
      return { ...row, wrapped: base64url(wrap), attested: base64url(await to.wrap(attested, bound)) };
    }),
  );
  return (tx) => nodeKeys.rewrap(tx, moved, to.id);
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
