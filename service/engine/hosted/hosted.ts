import type { OrganizationId } from '../../lib/id.ts';
import { hashLinkToken } from '../../lib/link-token.ts';
import { Problem } from '../../lib/problem.ts';
import { allowedRedirects, type FlowProduct } from '../flows/index.ts';
import { endUnopened, type FlowEnd, type LinkResolver } from '../sessions/index.ts';
import type { Realm } from '../subjects/index.ts';
import { createHostedEnd } from './flow-end.ts';
import { createFlowResolver } from './flow-resolver.ts';
import { type HostedLink, type HostedStatus, statusAt } from './hosted-link.ts';
import type { HostedDeps } from './hosted-parts.ts';
import { createLinkResolver } from './link-resolver.ts';
import { createLinkStore } from './link-store.ts';
import { createNewLink, type LinkAsker, type NewLink } from './new-link.ts';
import { createWriteResult } from './write-result.ts';

export interface Completed {
  id: HostedLink['id'];
  status: Exclude<HostedStatus, 'PENDING'>;
  /** Where the page leads; absent: the person stays on the result page. */
  redirect?: string;
}

/** Verifications on a page of ours: links for one use, and visits of published flows. */
export interface Hosted {
  /** As `createNewLink`. The token is shown this once. */
  generate(realm: Realm, order: NewLink, who: LinkAsker): Promise<{ link: HostedLink; token: string }>;
  /** Throws NOT_FOUND, also for an id of another product. */
  status(realm: Realm, product: FlowProduct, id: string): Promise<HostedLink>;
  /** The result for the page that holds the link. Throws NOT_FOUND; CONFLICT while there is no result. */
  complete(token: string, order: { denied: boolean; request?: string }): Promise<Completed>;
  links: LinkResolver;
  flowPages: LinkResolver;
  end: FlowEnd;
  /** Decides links that were not opened in time; how many. */
  expireDue(): Promise<number>;
  /** The organization is erased. May be called again. */
  forget(organization: OrganizationId): Promise<void>;
}

export function createHosted(deps: HostedDeps): Hosted {
  const { inTransaction, organizations, clock } = deps;
  const store = createLinkStore(deps);
  const parts = { ...deps, store };
  const writeResult = createWriteResult(parts);
  const links = createLinkResolver(parts, writeResult);
  const now = (link: HostedLink): HostedLink => {
    const status = statusAt(link, clock.now());
    return status === link.status ? link : { ...link, status, reasons: ['EXPIRED'] };
  };

  return {
    generate: createNewLink(parts),
    async status(realm, product, id) {
      const link = await store.find(realm, id);
      if (link?.product === product) return now(link);
      throw new Problem('NOT_FOUND', `No ${product} verification has the id ${id}.`);
    },
    async complete(token, { denied, ...request }) {
      if (denied) await links.deny(token, { test: false, ...request });
      const link = await store.byToken(hashLinkToken(token));
      if (!link) throw new Problem('NOT_FOUND', 'There is no such link.');
      const { status } = now(link);
      if (status === 'PENDING')
        throw new Problem('CONFLICT', 'The verification of this link is not finished.');
      const { redirectTargets } = await organizations.get(link.realm.organization);
      const { success, failure } = allowedRedirects(link.page.redirects, redirectTargets);
      const redirect = status === 'PASS' ? success : failure;
      return { id: link.id, status, ...(redirect !== undefined && { redirect }) };
    },
    links,
    flowPages: createFlowResolver(parts),
    end: createHostedEnd(parts, writeResult),
    expireDue: () =>
      endUnopened({
        inTransaction,
        due: (limit) => store.due(clock.now(), limit),
        end: (tx, link) => writeResult(tx, link, { status: 'EXPIRED', reasons: ['EXPIRED'], unopened: true }),
      }),
    forget: (organization) => inTransaction((tx) => store.removeOf(tx, organization)),
  };
}
