import { z } from 'zod';
import { Problem } from '../../../lib/problem.ts';
import { actor, altered, id, type OfWorld, time } from '../../../lib/record-fields.ts';
import type { Actor } from '../../audit/index.ts';
import type { RecordedEvent } from '../domain-event.ts';
import type { EventRealm } from '../events.ts';
import { reasonCode } from '../reasons.ts';

/** The families with webhook payloads. Each has its door with `webhook-events.ts`. */
export const families = ['identity', 'sessions', 'behavior', 'hosted', 'registrations'] as const;
export type Family = (typeof families)[number];

/** `timestamped` is Huma-Signature, `sha256` X-VerifyHuman-Signature, `hex` x-proof-signature (contracts/README.md, Webhooks). */
export const signatureDialects = ['standard', 'timestamped', 'sha256', 'hex'] as const;
export type SignatureDialect = (typeof signatureDialects)[number];

/** One event of a family as its receivers know it. */
interface FamilyEvent {
  /** `<family>.<event>`: `identity.verification.success`. */
  name: string;
  /** A sentence for the catalog: when it fires. */
  when: string;
  /** False while the feature that fires it is not built: endpoints can subscribe, nothing comes yet. */
  fires: boolean;
  /** As it goes over the wire, exactly as the family's text shows it. */
  sample: Record<string, unknown>;
}

/** One event in the words of one family. */
export interface Translation {
  /** `<family>.<event>`: which endpoints want it. */
  name: string;
  /** Made when it is sent, not when it is relayed. The same at each call, never more than 20 kB as JSON, no picture. */
  body(): Record<string, unknown>;
}

/** A family's payloads, pure. Given by its door. */
export interface PayloadDialect {
  family: Family;
  events: readonly FamilyEvent[];
  /** What a receiver that did not choose gets. */
  signature: SignatureDialect;
  /** Undefined for an event that this family does not publish. */
  translate(event: RecordedEvent): Translation | undefined;
}

export const exampleOfEndpoint = {
  id: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  kind: 'endpoint' as const,
  family: 'identity' as const,
  url: 'https://hooks.example.org/gatehouse',
  description: 'order system',
  events: ['identity.verification.success', 'identity.verification.failure'],
  signature: 'hex' as const,
  headers: ['x-source'],
  trust: { is: 'system' as const },
  state: { is: 'enabled' as const },
  createdAt: '2026-11-20T12:00:00.000Z',
  createdBy: 'key:key_01m7w2z9c0h2rb1yq7j5t8k3nd',
};

const kind = <Name extends string>(name: Name) => z.literal(name).describe('Kind');

/** Where an organization's events go. Its secret is shown once and never listed. */
export const Endpoint = z
  .object({
    id: id<'endpoint'>(),
    kind: z.enum(['endpoint', 'callback']).describe('`callback`: made for the callback URL of a session'),
    family: z.enum(families).describe('API family of its events and payloads'),
    url: z.string().describe('URL of the receiver'),
    description: z.string().describe('Name for people'),
    events: z.array(z.string()).describe('Names from the catalog'),
    signature: z.enum(signatureDialects).describe('Signature dialect'),
    signatureHeader: z
      .string()
      .optional()
      .describe('Header of the signature, if it differs from the dialect'),
    headers: z.array(z.string()).describe('Names of your own headers; their values are never shown'),
    trust: z
      .discriminatedUnion('is', [
        z.object({ is: kind('system') }),
        z.object({ is: kind('ca') }),
        z.object({ is: kind('pin'), pin: z.string().describe('SHA-256 of the key, Base64') }),
      ])
      .describe(
        "How the receiver's certificate is verified: by the system's CAs, a CA of its own, or one public key",
      ),
    state: z
      .discriminatedUnion('is', [
        z.object({ is: kind('enabled') }),
        z.object({
          is: kind('disabled'),
          reason: z.string().describe('Why'),
          reasonCode,
          at: time('Time of the change'),
        }),
      ])
      .describe('Whether it is enabled; if not, the reason'),
    altered,
    cutOverAt: time('End of the old secret during a rotation').optional(),
    failingSince: time('Time since when no delivery was accepted; after five days it is disabled').optional(),
    lineage: z
      .string()
      .optional()
      .describe('Lineage of the API key that created it through `/api/v1/webhooks`; not shown to a key'),
    createdAt: time('Time of creation'),
    createdBy: actor,
  })
  .meta({ id: 'Webhook', description: 'A receiver of events.', examples: [exampleOfEndpoint] });
export type Endpoint = OfWorld<typeof Endpoint>;

export interface NewEndpoint {
  family: Family;
  url: string;
  /** All of the family when absent. */
  events?: readonly string[];
  signature?: SignatureDialect;
  signatureHeader?: string;
  headers?: Readonly<Record<string, string>>;
  description?: string;
  /** PEM. */
  ca?: string;
  pin?: string;
  /** Lineage of the API key that created it through /api/v1/webhooks: at most five, https only, `timestamped`. */
  lineage?: string;
}

export type EndpointChange = Partial<
  Pick<NewEndpoint, 'url' | 'events' | 'signatureHeader' | 'headers' | 'description'>
> & {
  /** null: the system's CAs again. */
  ca?: string | null;
  pin?: string | null;
};

/** Webhook endpoints of one organization and world. Every refusal is a Problem: INVALID_REQUEST, NOT_FOUND, CONFLICT, DESTINATION_*. */
export interface Webhooks {
  /** `whsec_…` (`huma_whsec_…` for `timestamped`), shown this once. */
  add(
    realm: EventRealm,
    endpoint: NewEndpoint,
    actor: Actor,
  ): Promise<{ endpoint: Endpoint; secret: string }>;
  /** All of them, the oldest first. */
  list(realm: EventRealm, filter?: { family?: Family; lineage?: string }): Promise<Endpoint[]>;
  /** At most `limit`, the newest first, of those older than the webhook `before`. */
  page(realm: EventRealm, page: { family?: Family; before?: string; limit: number }): Promise<Endpoint[]>;
  get(realm: EventRealm, id: string): Promise<Endpoint>;
  change(realm: EventRealm, id: string, change: EndpointChange, actor: Actor): Promise<Endpoint>;
  enable(realm: EventRealm, id: string, actor: Actor): Promise<Endpoint>;
  /** What waits for it stays waiting for as long as the schedule lasts, and goes out when it is enabled again. */
  disable(realm: EventRealm, id: string, reason: string, actor: Actor): Promise<Endpoint>;
  /** The new secret, shown this once; the old one signs `overlap` milliseconds more (see contracts, Webhooks). */
  rotate(
    realm: EventRealm,
    id: string,
    overlap: number,
    actor: Actor,
  ): Promise<{ endpoint: Endpoint; secret: string }>;
  /** Nothing is sent to it any more; its deliveries stay in the log. */
  remove(realm: EventRealm, id: string, actor: Actor): Promise<void>;
  catalog(): readonly (FamilyEvent & { family: Family })[];
}

/** INVALID_REQUEST about one field of the request. "It is empty." becomes 'The field "url" is empty.' */
export const invalid = (path: string, message: string): Problem =>
  new Problem('INVALID_REQUEST', message.replace(/^It /, `The field "${path}" `), {
    details: [{ path, message }],
  });
