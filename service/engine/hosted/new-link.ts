import { defined } from '../../lib/defined.ts';
import type { VerificationId } from '../../lib/id.ts';
import { hashLinkToken, newLinkToken } from '../../lib/link-token.ts';
import { Problem, type ProblemDetail } from '../../lib/problem.ts';
import { type Actor, describeActor } from '../audit/index.ts';
import { type FlowProduct, redirectProblems } from '../flows/index.ts';
import { refuseErased } from '../organizations/index.ts';
import { requireAllowed } from '../profiles/index.ts';
import type { Realm } from '../subjects/index.ts';
import type { HostedLink, WholeLink } from './hosted-link.ts';
import type { HostedParts } from './hosted-parts.ts';

/** What a key asks for; the texts are in one language, the caller's. */
export interface NewLink {
  product: FlowProduct;
  redirects: { success?: string; failure?: string };
  /** Milliseconds from now until which it can be opened. */
  life: number;
  texts: { title?: string; success?: string; failure?: string };
  language?: 'en' | 'de';
  profile?: string;
  /** Years; `verifyage` alone. */
  minimumAge?: number;
  /** The person who has to be matched; not for `verifyhuman`. */
  email?: string;
}

export interface LinkAsker {
  actor: Actor;
  /** Slugs that the key is restricted to. */
  profiles?: readonly string[];
  request?: string;
}

/** Makes a link for one use. Throws INVALID_REQUEST, naming each field that is wrong, PROFILE_NOT_FOUND, PROFILE_NOT_ALLOWED and KIOSK_REQUIRED. */
export function createNewLink(parts: HostedParts) {
  const { inTransaction, organizations, profiles, sessions, store, audit, ids, clock, random } = parts;

  async function requireProfile(realm: Realm, named: string, { actor, profiles: key = [] }: LinkAsker) {
    const { allowedProfiles: organization } = await organizations.get(realm.organization);
    const profile = await profiles.get(realm.organization, named);
    requireAllowed(profile, actor, { inUse: await profiles.list(realm.organization), organization, key });
  }

  return async (
    realm: Realm,
    order: NewLink,
    who: LinkAsker,
  ): Promise<{ link: HostedLink; token: string }> => {
    const organization = await organizations.get(realm.organization);
    refuseErased(organization);
    requireValid(order, organization.redirectTargets ?? []);
    if (order.profile !== undefined) await requireProfile(realm, order.profile, who);
    await sessions.requireBrowser(realm, defined({ profile: order.profile, profiles: who.profiles }));
    const token = newLinkToken(random);
    const link = toLink(realm, order, who, { id: ids.next('verification'), now: clock.now() });
    await inTransaction(async (tx) => {
      await store.insert(tx, link, hashLinkToken(token));
      await audit.add(tx, {
        ...defined({ request: who.request }),
        actor: who.actor,
        action: 'hosted.generate',
        organization: realm.organization,
        target: link.id,
        details: { world: realm.world, product: order.product, expiresAt: link.expiresAt },
      });
    });
    return { link, token };
  };
}

const toLink = (
  realm: Realm,
  { product, redirects, life, texts, language, profile, minimumAge, email }: NewLink,
  { actor, profiles }: LinkAsker,
  { id, now }: { id: VerificationId; now: number },
): WholeLink => ({
  id,
  realm,
  product,
  createdAt: now,
  createdBy: describeActor(actor),
  expiresAt: now + life,
  status: 'PENDING',
  reasons: [],
  page: {
    texts: { en: texts, de: texts },
    redirects,
    ...defined({ language, profile, minimumAge, email }),
    ...(profiles && profiles.length > 0 && { profiles: [...profiles] }),
  },
});

function requireValid({ product, redirects, minimumAge, email }: NewLink, allowed: readonly string[]): void {
  const details: ProblemDetail[] = redirectProblems(redirects, allowed);
  if (minimumAge !== undefined && product !== 'verifyage')
    details.push({ path: 'minimumAge', message: 'Only verifyage takes an age.' });
  if (email !== undefined && product === 'verifyhuman')
    details.push({ path: 'email', message: 'verifyhuman matches no person: leave the address out.' });
  if (details.length === 0) return;
  throw new Problem('INVALID_REQUEST', `The link is not valid: ${details[0]!.message}`, { details });
}
