import type { Actor } from '../../../engine/audit/index.ts';
import type { Endpoint, EndpointChange, NewEndpoint, Webhooks } from '../../../engine/webhooks/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type { CatalogReply, NewWebhook, WebhookChange, WebhookReply } from './wire.ts';

const timeOf = (milliseconds: number | undefined) =>
  milliseconds === undefined ? undefined : time(milliseconds);

export const toNewEndpoint = (body: NewWebhook): NewEndpoint => defined(body);
export const toEndpointChange = (body: WebhookChange): EndpointChange => defined(body);

/** An API key is not shown which other keys made webhooks. */
export const fromEndpoint = (
  { organization: _, world: __, state, cutOverAt, failingSince, lineage, createdAt, ...rest }: Endpoint,
  { is }: Pick<Actor, 'is'>,
): WebhookReply => ({
  ...rest,
  state: state.is === 'enabled' ? state : { ...state, at: time(state.at) },
  cutOverAt: timeOf(cutOverAt),
  failingSince: timeOf(failingSince),
  lineage: is === 'key' ? undefined : lineage,
  createdAt: time(createdAt),
});

export const fromNewEndpoint = (
  { endpoint, secret }: { endpoint: Endpoint; secret: string },
  who: Pick<Actor, 'is'>,
) => ({ ...fromEndpoint(endpoint, who), secret });

export const fromCatalog = (entries: ReturnType<Webhooks['catalog']>, family?: string): CatalogReply => ({
  items: entries
    .filter((entry) => family === undefined || entry.family === family)
    .map(({ name, family, when, fires, sample }) => ({ name, family, when, fires, sample })),
});
