import type { EndpointId, OrganizationId, World } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { EventRealm } from '../events/index.ts';
import type { Family, FamilyEvent, SignatureDialect } from './dialect.ts';

/** Where an organization's events go. Its secret is shown once and never listed. */
export interface Endpoint {
  id: EndpointId;
  organization: OrganizationId;
  world: World;
  kind: 'endpoint' | 'callback';
  family: Family;
  url: string;
  description: string;
  /** `<family>.<event>` */
  events: string[];
  signature: SignatureDialect;
  /** Header of the signature, if it differs from the dialect. */
  signatureHeader: string | undefined;
  /** Names of the custom headers; their values are not shown. */
  headers: string[];
  /** Whether its own CA or key is trusted. */
  trust: { is: 'system' } | { is: 'ca' } | { is: 'pin'; pin: string };
  state: { is: 'enabled' } | { is: 'disabled'; reason: string; at: number };
  /** A rotation under way: until then the old secret signs. */
  cutOverAt: number | undefined;
  failingSince: number | undefined;
  lineage: string | undefined;
  createdAt: number;
  createdBy: string;
  /** Another program wrote or changed its row in the database: nothing is sent there. */
  altered?: true;
}

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
