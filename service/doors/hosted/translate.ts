import type { Completed, HostedLink, LinkAsker, NewLink } from '../../engine/live/index.ts';
import type { RelyingParty } from '../../http/sign-in/relying-party.ts';
import { defined } from '../../lib/defined.ts';
import type { CompleteReply, GenerateReply, GenerateRequest, StatusReply } from './wire.ts';

const HOUR = 3_600_000;

export const toAsker = ({ who, profiles }: RelyingParty, request: string): LinkAsker => ({
  actor: who,
  request,
  ...defined({ profiles }),
});

export const toNewLink = (body: GenerateRequest): NewLink => ({
  product: body.product,
  redirects: defined({ success: body.redirect_url, failure: body.failure_redirect_url }),
  life: Math.round(body.expires_in_hours * HOUR),
  texts: defined({
    title: body.page_title,
    success: body.success_message,
    failure: body.failure_message,
  }),
  ...defined({
    language: body.language,
    profile: body.profile,
    minimumAge: body.minimum_age,
    email: body.email,
    metadata: body.metadata,
    testOutcome: body.test_outcome,
  }),
});

export const fromNewLink = (
  { link, token }: { link: HostedLink; token: string },
  origin: string,
): GenerateReply => ({
  hosted_url: `${origin}/hosted/v/${token}`,
  token,
  expires_at: toSeconds(link.expiresAt),
  verification_id: link.id,
  ...defined({ metadata: link.metadata }),
});

export const fromCompleted = ({ id, status, redirect }: Completed): CompleteReply => ({
  verification_id: id,
  status,
  redirect_url: redirect ?? null,
});

export const fromLink = ({
  id,
  product,
  realm,
  status,
  reasons,
  completedAt,
  metadata,
  testOutcome,
}: HostedLink): StatusReply => ({
  id,
  product,
  status,
  environment: realm.world,
  completed_at: completedAt === undefined ? null : toSeconds(completedAt),
  reasons: [...reasons],
  ...defined({ metadata, test_outcome: testOutcome }),
});

/** The family's times have no milliseconds. */
export const toSeconds = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
