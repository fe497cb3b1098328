import type { FastifyInstance } from 'fastify';

const IDLE_SWEEP = 50;
/** Milliseconds a stop waits for the rest of requests that have come in part. */
const STOP_PATIENCE = 2_000;

/** Ends a stop when the requests under way are answered: connections that would hold it up are closed. */
export function stopGently(app: FastifyInstance, closeUnfinished: () => void): void {
  let stopping = false;
  let endStop = () => {};
  app.addHook('preClose', async () => {
    stopping = true;
    if (!app.server.listening) return;
    // Node closes what is idle when the stop begins; what becomes idle later would hold it until its timeout.
    const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP);
    // It also stops checking how long a request takes to arrive.
    const cut = setTimeout(closeUnfinished, STOP_PATIENCE);
    endStop = () => {
      clearInterval(sweep);
      clearTimeout(cut);
    };
  });
  // After the server and what else feeds it (listen-on-host.ts) have closed: hooks of this kind run in reverse order.
  app.addHook('onClose', async () => endStop());
  app.addHook('onSend', async (_, reply) => {
    if (stopping) reply.header('connection', 'close');
  });
}
