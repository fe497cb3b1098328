import { randomFillSync } from 'node:crypto';
import {
  createWebhooks,
  type Destinations,
  type EndpointWebhooks,
} from '../../service/engine/events/index.ts';
import { silentLog } from '../../service/lib/log.ts';
import { webhookDialects } from '../../service/webhook-dialects.ts';
import type { Engine } from './engine.ts';

/** Everything that is a URL may be sent to; what was asked stands in `asked`. */
export function openDestinations(): Pick<Destinations, 'check'> & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async check(_, text) {
      asked.push(text);
      const url = new URL(text);
      return { url, host: url.hostname, port: 443, secure: true, addresses: ['192.0.2.1'] };
    },
  };
}

/** Endpoints of every family over an engine's database. */
export const openWebhooks = (
  engine: Pick<Engine, 'db' | 'inTransaction' | 'sealer' | 'audit' | 'ids' | 'clock'>,
  destinations: Pick<Destinations, 'check'> = openDestinations(),
): EndpointWebhooks =>
  createWebhooks({
    ...engine,
    destinations,
    dialects: webhookDialects,
    log: silentLog,
    random: (into) => void randomFillSync(into),
  });
