import type { Clock } from '../../lib/clock.ts';
import type { EndpointId } from '../../lib/id.ts';
import type { Db } from '../../storage/transaction.ts';
import type { Destinations } from '../destinations/index.ts';
import { changeOf } from './change-endpoint.ts';
import type { Family, PayloadDialect } from './dialect.ts';
import type { Webhooks } from './endpoint.ts';
import { dialectOf } from './endpoint-fields.ts';
import { type EndpointStore, requireEndpoint } from './endpoint-store.ts';
import type { EndpointWriter } from './endpoint-writer.ts';
import { checkDestination } from './new-endpoint.ts';

export interface ApplyChangeDeps {
  db: Db;
  store: EndpointStore;
  writer: Pick<EndpointWriter, 'alter'>;
  destinations: Pick<Destinations, 'check'>;
  dialects: readonly PayloadDialect[];
  clock: Clock;
}

export function createApplyChange({
  db,
  store,
  writer: { alter },
  destinations,
  dialects,
  clock,
}: ApplyChangeDeps): Webhooks['change'] {
  return async function apply(realm, id, change, actor) {
    await requireEndpoint(db, realm, id);
    if (change.url !== undefined) await checkDestination(destinations, realm.organization, change.url);
    const row = await alter(
      realm,
      id,
      (before) => {
        const dialect = dialectOf(dialects, before.family as Family);
        const made = changeOf(before, change, {
          dialect,
          headers: store.openHeaders(before),
          now: clock.now(),
        });
        if (made === undefined) return undefined;
        const { headers, ...update } = made.update;
        return {
          action: 'change',
          details: made.details,
          update: {
            ...update,
            ...(headers !== undefined && {
              headers_sealed: store.sealHeaders(realm.organization, before.id as EndpointId, headers),
            }),
          },
        };
      },
      actor,
    );
    return store.toEndpoint(row, clock.now());
  };
}
