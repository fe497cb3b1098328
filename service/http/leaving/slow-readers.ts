import type { FastifyInstance } from 'fastify';
import type { Log } from '../../lib/log.ts';
import { createUnsentBound, type Sender } from './unsent-bytes.ts';

/** Milliseconds between two looks at all connections. */
const INTERVAL = 1_000;

/** Closes connections of readers that are too slow, or for which too much waits (unsent-bytes.ts), while the server runs. */
export function closeSlowReaders(app: FastifyInstance, senders: () => [object, Sender][], log: Log): void {
  const check = createUnsentBound<object>();
  let timer: NodeJS.Timeout | undefined;
  app.addHook('onReady', async () => {
    timer = setInterval(() => {
      const closed = check(senders(), performance.now());
      if (closed > 0) log.debug({ closed }, 'connections are closed: their readers take too little');
    }, INTERVAL);
    timer.unref();
  });
  app.addHook('onClose', async () => clearInterval(timer));
}
