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
  /** What was disturbed until then. */
  disturbances: number;
}

/** Of webhooks of the family `identity`; `disturbances` is read at each arrival. */
export async function startReceiver(disturbances: () => number) {
  const came: Came[] = [];
  const server = createServer(async (request, reply) => {
    const id = request.headers['webhook-id'] as string;
    const { event, data } = (await json(request)) as { event: string; data: Omit<Came, 'id' | 'event'> };
    const { userId, verificationId } = data;
    came.push({
      id,
      event,
      userId,
      ...(verificationId !== undefined && { verificationId }),
      disturbances: disturbances(),
    });
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
