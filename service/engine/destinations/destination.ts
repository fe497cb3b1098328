import type { GrantId, OrganizationId } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';

/** A granted destination of an organization. Nothing leaves the box without one. */
export interface Grant {
  id: GrantId;
  organization: OrganizationId;
  /**
   * `name`: this host name exactly, or `*.example.org` for any name below; it may resolve to public and private addresses.
   * `cidr`: URLs whose host is an address in it, or a name that resolves into it. Loopback only by a `cidr` inside it, or `localhost` and below. `preset`: `public-https`, any public address at https, port 443.
   */
  to: { is: 'name'; name: string } | { is: 'cidr'; cidr: string } | { is: 'preset'; preset: 'public-https' };
  /** Undefined: the scheme's own (443, or 80 where plain http is allowed), and no mail server's. */
  port: number | undefined;
  /** `public`: public addresses only, whatever `to` covers. */
  reach: 'any' | 'public';
  note: string;
  createdAt: number;
  createdBy: string;
  revoked: { at: number; by: string } | undefined;
  /** Another program wrote or changed its row in the database: it is not in force. */
  altered?: true;
}

export interface Grants {
  /** What is remembered of rows is read again. */
  forgetRead(): void;
  /** All of them, revoked ones too, the oldest first. */
  list(organization: OrganizationId): Promise<Grant[]>;
  /** At most `limit`, the newest first, of those older than the grant `before`; `revoked` picks those that were, or that hold now. */
  page(
    organization: OrganizationId,
    page: { revoked?: boolean; before?: string; limit: number },
  ): Promise<Grant[]>;
  /** `to` as an operator writes it: `hooks.example.org`, `*.example.org:8443`, `10.1.0.0/16:8080`, `[fd00::1]:443`, `public-https`. Reach `public`: names alone, or `public-https`. Throws INVALID_REQUEST, DESTINATION_FORBIDDEN, CONFLICT. */
  add(
    organization: OrganizationId,
    to: string,
    note: string,
    actor: Actor,
    reach?: Grant['reach'],
  ): Promise<Grant>;
  /** From the next attempt on. Throws NOT_FOUND. */
  revoke(organization: OrganizationId, grant: string, actor: Actor): Promise<Grant>;
}

/** A destination that was resolved and checked: dial `addresses` and nothing else. */
export interface CheckedDestination {
  host: string;
  port: number;
  secure: boolean;
  /** Every one allowed; in the order to try. */
  addresses: readonly string[];
  /** One of them is no public address. */
  isPrivate?: true;
}

export interface Destinations {
  /**
   * Of a URL to post to. Parses, resolves once, checks every address. Throws INVALID_REQUEST (how it is written), DESTINATION_FORBIDDEN (never,
   * granted or not), DESTINATION_NOT_GRANTED (403, names the operator's command that grants it); each names its rule. OutgoingError `unresolved`
   * where the name has no address.
   */
  check(organization: OrganizationId, url: string): Promise<CheckedDestination & { url: URL }>;
  /** The same for a mail server. */
  checkHost(
    organization: OrganizationId,
    server: { host: string; port: number; secure: boolean },
  ): Promise<CheckedDestination>;
}
