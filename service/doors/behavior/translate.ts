import type { KeyCaller } from '../../engine/access/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import type { EventRealm } from '../../engine/events/index.ts';
import type { Endpoint, NewEndpoint } from '../../engine/webhooks/index.ts';
import { eventNames, type NewWebhook, type NewWebhookReply, type WebhookReply } from './wire.ts';

const FAMILY = 'behavior';

/** A key sees the webhooks of its lineage. */
export const toFilter = ({ lineage }: KeyCaller) => ({ family: FAMILY, lineage }) as const;

export const toRealm = ({ organization, world }: KeyCaller): EventRealm => ({ organization, world });

export const toActor = ({ key }: KeyCaller, request: string): Actor => ({ is: 'key', key, request });

/** As a receiver of this family expects it: signed with Huma-Signature. */
export const toNewEndpoint = ({ url, events }: NewWebhook, { lineage }: KeyCaller): NewEndpoint => ({
  family: FAMILY,
  url,
  events: (events ?? eventNames).map((name) => `${FAMILY}.${name}`),
  signature: 'timestamped',
  lineage,
});

export const fromEndpoint = ({ id, url, events, state }: Endpoint): WebhookReply => ({
  id,
  url,
  events: eventNames.filter((name) => events.includes(`${FAMILY}.${name}`)),
  active: state.is === 'enabled',
});

export function fromNewEndpoint({
  endpoint,
  secret,
}: {
  endpoint: Endpoint;
  secret: string;
}): NewWebhookReply {
  const { id, ...rest } = fromEndpoint(endpoint);
  return { id, secret, ...rest };
}
