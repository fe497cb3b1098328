import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** An event as it came, each time. */
export interface Came {
  /** `webhook-id` */
  id: string;
  event: string;
  userId: string;
  verificationId?: string;
  /** Kills until then. */
  kills: number;
}

/** Of webhooks of the family `identity`; `kills` is read at each arrival. */
export async function startReceiver(kills: () => number) {
  const came: Came[] = [];
  const server = createServer(async (request, reply) => {
    const id = request.headers['webhook-id'] as string;
    const { event, data } = (await json(request)) as { event: string; data: Omit<Came, 'id' | 'event'> };
    const { userId, verificationId } = data;
    came.push({ id, event, userId, ...(verificationId !== undefined && { verificationId }), kills: kills() });
    reply.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    came,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
