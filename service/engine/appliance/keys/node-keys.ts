import { defined } from '../../../lib/defined.ts';
import type { Locks } from '../../../lib/locks.ts';
import type { InTransaction, Tx } from '../../../storage/transaction.ts';
import { type Actor, type Audit, REMOVE } from '../../audit/index.ts';
import { createAuditedWork } from './key-custody.ts';

/** A node as the key store and the record know it. */
interface NodeReport {
  id: string;
  /** That it joined with; absent: it keeps the master key itself. */
  name?: string;
  /** With a token. */
  joinedAt?: number;
  running: boolean;
  /** While it runs, as the others. */
  version?: string;
  address?: string;
  silentMilliseconds?: number;
}

/** The nodes that have the master key, each change with its audit line. */
export interface NodeKeys {
  /** Throws WRONG_PASSPHRASE where one protects the master key, and CONFLICT for keys that lie in the data directory. */
  createToken(passphrase: string | undefined, actor: Actor): Promise<{ token: string; expiresAt: number }>;
  /** Gives the master key to what asks with an open token: at a start, and while a token is open. */
  answer(): Promise<void>;
  list(): Promise<NodeReport[]>;
  /** Takes its wrapped master key away, and what the nodes show each other. Throws NOT_FOUND, and CONFLICT for this node itself. */
  remove(node: string, actor: Actor): Promise<void>;
  /** What the nodes show each other is another one: one that is gone knows it no more. */
  renewLink(): Promise<void>;
}

export interface NodeKeysDeps {
  /** Throws WRONG_PASSPHRASE. */
  prove(passphrase: string | undefined): Promise<void>;
  joins: {
    makeToken(): Promise<{ id: string; token: string; expiresAt: number }>;
    answer(
      admit: (node: { node: string; name: string; token: string }) => Promise<void>,
    ): Promise<number | undefined>;
    list(): Promise<
      {
        id: string;
        name: string | undefined;
        joinedAt: number | undefined;
        running: { version: string; address: string; silentFor: number } | undefined;
      }[]
    >;
    remove(node: string): Promise<void>;
  };
  renewLink(): Promise<void>;
  /** Of the nodes that run: it writes nothing more to the record. */
  drop(tx: Tx, node: string): Promise<unknown>;
  inTransaction: InTransaction;
  locks: Locks;
  audit: Audit;
}

const NODES: Actor = { is: 'appliance', task: 'nodes' };

export function createNodeKeys(deps: NodeKeysDeps): NodeKeys {
  const { prove, joins, renewLink, drop, inTransaction, locks } = deps;
  const { write, audited } = createAuditedWork(deps);
  const turns = locks.of('keys');
  /** A token may be open, of before this start too. */
  let open = true;

  return {
    async createToken(passphrase, actor) {
      let token = '';
      const { expiresAt } = await audited(actor, 'node.token', {}, async () => {
        await prove(passphrase);
        const made = await joins.makeToken();
        token = made.token;
        return { id: made.id, expiresAt: made.expiresAt };
      });
      open = true;
      return { token, expiresAt };
    },
    answer: async () => {
      if (!open) return;
      await turns('', async () => {
        const until = await joins.answer(({ node, name, token }) =>
          write(NODES, 'node.admit', { name, token }, { target: node }),
        );
        open = until !== undefined;
      });
    },
    async list() {
      return (await joins.list()).map(({ id, name, joinedAt, running }) => ({
        id,
        running: running !== undefined,
        ...defined({
          name,
          joinedAt,
          version: running?.version,
          address: running?.address,
          silentMilliseconds: running?.silentFor,
        }),
      }));
    },
    async remove(node, actor) {
      await audited(
        actor,
        REMOVE,
        { id: node },
        async () => {
          // Before, too: what fails after the removal leaves one that the node did not show yet, and the removal is not done again.
          await renewLink();
          await joins.remove(node);
          await inTransaction((tx) => drop(tx, node));
          await renewLink();
          return {};
        },
        node,
      );
    },
    renewLink,
  };
}
