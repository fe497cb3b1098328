import type { KeyCaller } from '../../engine/accounts/index.ts';
import type { Actor } from '../../engine/audit/index.ts';
import type { Asked, Finding, HeartbeatInput, VerdictRequest } from '../../engine/behavior/index.ts';
import type { Endpoint, EventRealm, NewEndpoint } from '../../engine/events/index.ts';
import { defined } from '../../lib/defined.ts';
import { eventNames, type NewWebhook, type NewWebhookReply, type WebhookReply } from './wire.ts';
import type { HeartbeatRequest } from './wire-session.ts';
import type { VerifyReply, VerifyRequest } from './wire-verify.ts';

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

/** What is known of a request beside its body. */
export interface RequestHead {
  method: string;
  protocol: string;
  host: string;
  url: string;
  ip: string;
  headers: Record<string, string | string[] | undefined>;
  signedBody?: Buffer | undefined;
}

/** With a key that stands in pages, what its address asks is counted too. */
export const toVerdictRequest = (
  { userId, sessionData, signals, action, metadata }: VerifyRequest,
  { browser }: Pick<KeyCaller, 'browser'>,
  request: RequestHead,
): VerdictRequest => ({
  userId,
  ...defined({
    data: sessionData ?? signals,
    source: browser ? request.ip : undefined,
    signed: toSigned(request),
    asked: toAsked(request, action),
    metadata,
  }),
});

export const toHeartbeat = (
  { userId, sessionToken, sessionData, signals, metadata }: HeartbeatRequest,
  request: RequestHead,
): HeartbeatInput => ({
  userId,
  sessionToken,
  ...defined({ data: sessionData ?? signals, signed: toSigned(request), metadata }),
});

/** The origin is that of the key by now, where the key is bound to any. */
export function toAsked({ headers }: Pick<RequestHead, 'headers'>, action?: string): Asked | undefined {
  const hostname = URL.parse(String(headers.origin))?.hostname || undefined;
  return hostname === undefined && action === undefined ? undefined : defined({ hostname, action });
}

/** As its sender addressed it; undefined without a signature. */
export function toSigned({
  method,
  protocol,
  host,
  url,
  headers,
  signedBody,
}: RequestHead): VerdictRequest['signed'] {
  if (headers['signature-input'] === undefined) return undefined;
  return {
    method,
    url: `${protocol}://${host}${url}`,
    headers: defined(headers) as Record<string, string | string[]>,
    ...defined({ body: signedBody }),
  };
}

export const fromVerdict = (
  { human, confidence, token, agent, score, notes }: Finding & { token: string },
  { metadata }: VerifyRequest,
): VerifyReply => ({
  human,
  confidence,
  token,
  pii_stored: false,
  ...(agent && { agent }),
  score,
  notes,
  ...defined({ metadata }),
});
