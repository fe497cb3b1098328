import { randomFillSync } from 'node:crypto';
import { webhookDialects } from '../../service/compose/events.ts';
import {
  createWebhooks,
  type Destinations,
  type EndpointWebhooks,
} from '../../service/engine/events/index.ts';
import type { Clock } from '../../service/lib/clock.ts';
import { type Log, silentLog } from '../../service/lib/log.ts';
import type { Engine } from './engine.ts';

/** Everything that is a URL may be sent to, and is on this machine; what was asked stands in `asked`. */
export function openDestinations(): Pick<Destinations, 'check'> & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async check(_, text) {
      asked.push(text);
      const url = new URL(text);
      const secure = url.protocol === 'https:';
      const port = Number(url.port) || (secure ? 443 : 80);
      return { url, host: url.hostname, port, secure, addresses: ['127.0.0.1'] };
    },
  };
}

/** Endpoints of every family over an engine's database. */
export const openWebhooks = (
  engine: Pick<Engine, 'db' | 'inTransaction' | 'sealer' | 'audit' | 'ids' | 'integrity'> & { clock: Clock },
  destinations: Pick<Destinations, 'check'> = openDestinations(),
  log: Log = silentLog,
): EndpointWebhooks =>
  createWebhooks({
    ...engine,
    destinations,
    dialects: webhookDialects,
    log,
    random: (into) => void randomFillSync(into),
  });
