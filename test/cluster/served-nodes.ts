import type { Gatehouse } from '../../service/compose/compose.ts';
import { createNodeProxy, type NodeProxy } from '../../service/http/nodes/node-proxy.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createNodeAffinity } from '../../service/server/node-affinity.ts';
import { createPublicServer } from '../../service/server/public-server.ts';
import { operator } from '../support/engine.ts';
import { freePort } from './free-port.ts';
import { openNodes } from './nodes.ts';

/** A node with its doors, for browsers and for the others. */
export interface ServedNode {
  gatehouse: Gatehouse;
  /** `http://127.0.0.1:…` */
  url: string;
  /** Of the listener for the others. */
  address: string;
  hops: NodeProxy;
}

export interface ServedNodes {
  nodes: [ServedNode, ServedNode];
  organization: OrganizationId;
  /** Ends a node as a power cut does, for the others: its row is gone, and nothing answers. */
  lose(node: ServedNode): Promise<void>;
  stop(): Promise<void>;
}

/** Two nodes whose doors listen on loopback. `trustedProxies`: of both. */
export async function serveNodes({
  trustedProxies = [],
}: {
  trustedProxies?: string[];
} = {}): Promise<ServedNodes> {
  const opened = await openNodes();
  const closers = new Map<ServedNode, () => Promise<void>>();

  async function start(name: string): Promise<ServedNode> {
    const address = `https://127.0.0.1:${await freePort()}`;
    const gatehouse = await opened.start(name, { address });
    const nodes = gatehouse.nodes!;
    const hops = createNodeProxy({ ...nodes, affinity: createNodeAffinity(gatehouse), log: silentLog });
    const doors = await createPublicServer(gatehouse, { trustedProxies, jobsBoard: gatehouse, hops });
    hops.listen(doors, address);
    const url = await doors.listen({ host: '127.0.0.1', port: 0 });
    gatehouse.boardLinks.serveAt(url);
    const node = { gatehouse, url, address, hops };
    closers.set(node, async () => {
      closers.delete(node);
      await doors.close();
      await gatehouse.close();
    });
    return node;
  }

  const a = await start('a');
  const { id: organization } = await a.gatehouse.organizations.create({ name: 'Museum' }, operator);
  return {
    nodes: [a, await start('b')],
    organization,
    async lose(node) {
      await closers.get(node)!();
      // A kill leaves the row, which the others remove after its silence.
      await opened.query('delete from service_node where address = $1', [node.address]);
    },
    async stop() {
      for (const close of [...closers.values()]) await close();
      await opened.close();
    },
  };
}
