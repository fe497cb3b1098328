import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Ids } from '../../lib/id.ts';
import { describeActor } from '../audit/index.ts';
import type { Destinations } from '../destinations/index.ts';
import type { PayloadDialect } from './dialect.ts';
import type { Webhooks } from './endpoint.ts';
import { dialectOf } from './endpoint-fields.ts';
import {
  type EndpointStore,
  insertEndpoint,
  requireOrganization,
  selectEndpoints,
} from './endpoint-store.ts';
import type { EndpointWriter } from './endpoint-writer.ts';
import { checkDestination, checkNewEndpoint, requireRoom } from './new-endpoint.ts';
import { type FillRandom, makeWebhookSecret } from './signature.ts';

export interface AddEndpointDeps {
  store: EndpointStore;
  writer: Pick<EndpointWriter, 'followed' | 'note'>;
  destinations: Pick<Destinations, 'check'>;
  dialects: readonly PayloadDialect[];
  ids: Ids;
  clock: Clock;
  random: FillRandom;
}

export function createAddEndpoint({
  store,
  writer: { followed, note },
  destinations,
  dialects,
  ids,
  clock,
  random,
}: AddEndpointDeps): Webhooks['add'] {
  return async function add(realm, wanted, actor) {
    const dialect = dialectOf(dialects, wanted.family);
    const fields = checkNewEndpoint(dialect, wanted, clock.now());
    await checkDestination(destinations, realm.organization, wanted.url);
    const id = ids.next('endpoint');
    const { headers, ...columns } = fields;
    const secret = makeWebhookSecret(fields.signature, random);
    const { organization, world } = realm;
    const row = await followed(id, async (tx) => {
      await requireOrganization(tx, organization);
      requireRoom(await selectEndpoints(tx, realm, { kind: 'endpoint' }), wanted.lineage);
      const inserted = await insertEndpoint(tx, store.integrity, {
        ...columns,
        id,
        organization,
        world,
        kind: 'endpoint',
        events: JSON.stringify(fields.events),
        secret_sealed: store.seal(organization, id, 'secret', secret),
        headers_sealed: store.sealHeaders(organization, id, headers),
        created_at: clock.now(),
        created_by: describeActor(actor),
      });
      await note(tx, actor, 'add', inserted, {
        to: new URL(wanted.url).origin,
        events: fields.events,
        signature: fields.signature,
        headers: Object.keys(headers),
        ...defined({ lineage: wanted.lineage }),
      });
      return inserted;
    });
    return { endpoint: store.toEndpoint(row, clock.now()), secret };
  };
}
