import type { Organization, UniquenessPolicy } from '../../engine/accounts/index.ts';
import type { TextOwner } from '../../engine/consent/index.ts';
import type { Callbacks, Webhooks } from '../../engine/events/index.ts';
import { type NewSession, pageConsent, redirectRefusal, uniqueConsent } from '../../engine/live/index.ts';
import type { Uniqueness } from '../../engine/uniqueness/index.ts';
import { type RelyingParty, toRealm } from '../../http/sign-in/relying-party.ts';
import { invalidField } from '../../http/validation.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { NewSession as Wanted } from './wire.ts';

export interface NewSessionDeps {
  callbacks: Pick<Callbacks, 'accept'>;
  webhooks: Pick<Webhooks, 'list'>;
  uniqueness: Pick<Uniqueness, 'termsOf'>;
  clock: { now(): number };
}

/** Milliseconds in which the person has to begin and finish. */
const LIFE = 30 * 60_000;
/** The whole organization. */
const SCOPE = '';
const strictness: Record<UniquenessPolicy, number> = { off: 0, warn: 1, block: 2 };

/** The session that a relying party asks for. A browser key is public: it chooses nothing that the organization has not allowed to every page. */
export async function toNewSession(
  deps: NewSessionDeps,
  wanted: Wanted,
  caller: RelyingParty,
  organization: Organization & TextOwner,
  request: string,
): Promise<NewSession> {
  const { profile, callbackUrl, redirectUrl, subjectRef, metadata, testOutcome } = wanted;
  const policy = wanted.uniquenessPolicy ?? organization.uniquenessPolicy;
  if (caller.browser && strictness[policy] < strictness[organization.uniquenessPolicy])
    throw invalidField(
      'uniquenessPolicy',
      `It must not be laxer than that of the organization (${organization.uniquenessPolicy}): a browser key can only make it stricter.`,
    );
  if (redirectUrl !== undefined) checkRedirect(redirectUrl, caller, organization);
  if (callbackUrl !== undefined) await checkCallback(deps, callbackUrl, caller);
  const consent =
    policy === 'off'
      ? pageConsent(organization, 'none')
      : uniqueConsent(organization, await deps.uniqueness.termsOf(toRealm(caller), SCOPE), policy);
  return {
    flow: 'api',
    realm: toRealm(caller),
    actor: caller.actor,
    match: 'none',
    expiresAt: deps.clock.now() + LIFE,
    page: {
      consent,
      ...(redirectUrl !== undefined && { redirect: { success: redirectUrl, failure: redirectUrl } }),
    },
    ...(policy === 'off'
      ? {}
      : { uniqueness: { policy, scope: SCOPE, ...(caller.browser && { unnamed: true as const }) } }),
    ...(callbackUrl !== undefined && { callback: { url: callbackUrl } }),
    ...defined({
      profile,
      subjectRef,
      metadata,
      testOutcome,
      profiles: caller.profiles,
      browserOrigins: caller.origins,
    }),
    request,
  };
}

/** To what the organization allows, and back to an origin that the key is bound to. */
function checkRedirect(
  url: string,
  { origins = [] }: RelyingParty,
  { redirectTargets = [] }: Organization,
): void {
  const own = origins.map((origin) => (origin.startsWith('https://') ? new URL(origin).host : origin));
  const refusal = redirectRefusal(url, [...redirectTargets, ...own]);
  if (refusal !== undefined) throw invalidField('redirectUrl', refusal);
}

async function checkCallback(
  { callbacks, webhooks }: NewSessionDeps,
  url: string,
  caller: RelyingParty,
): Promise<void> {
  const { browser } = caller;
  const known = browser ? await webhooks.list(toRealm(caller), { family: 'sessions' }) : [];
  if (browser && !known.some((endpoint) => endpoint.url === url && endpoint.state.is === 'enabled'))
    throw new Problem(
      'DESTINATION_NOT_GRANTED',
      'A browser key may name the URL of a webhook of the family sessions only: add it (“gatehouse webhook add URL --family sessions”), or create the session on your server.',
    );
  await callbacks.accept(toRealm(caller), { family: 'sessions', url });
}
