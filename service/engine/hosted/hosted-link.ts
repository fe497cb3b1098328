import { z } from 'zod';
import type { FlowId, SessionId, VerificationId } from '../../lib/id.ts';
import type { FlowProduct } from '../flows/index.ts';

import type { Realm } from '../subjects/index.ts';

export type HostedStatus = 'PENDING' | 'PASS' | 'FAIL' | 'EXPIRED';

/** Why a hosted verification did not pass. */
export const hostedReasons = [
  'LIVENESS_FAILED',
  'NOT_RECOGNIZED',
  'CHECK_FAILED',
  'AGE_NOT_RECORDED',
  'UNDER_AGE',
  'CONSENT_DENIED',
  'CANCELLED',
  'EXPIRED',
] as const;
export type HostedReason = (typeof hostedReasons)[number];

/** Years, where a link or a flow names none. */
export const DEFAULT_AGE = 18;

const text = z.string().max(2000).optional();
const texts = z.strictObject({
  title: text,
  intro: text,
  consent: text,
  button: text,
  success: text,
  failure: text,
});

/** What the page of one verification shows and asks for, as it was when the link was made; stored sealed. */
export const HostedPage = z.strictObject({
  /** In one language where the caller gave the texts, in each where a flow did. */
  texts: z.strictObject({ en: texts, de: texts }),
  language: z.enum(['en', 'de']).optional(),
  redirects: z.strictObject({ success: z.string().optional(), failure: z.string().optional() }),
  profile: z.string().optional(),
  /** Slugs that the key was restricted to. */
  profiles: z.array(z.string()).optional(),
  minimumAge: z.int().optional(),
  /** The person who has to be matched; absent: any enrolled person. */
  email: z.string().optional(),
});
export type HostedPage = z.infer<typeof HostedPage>;

/** One hosted verification: a link that a key made, or a visit of a flow. */
export interface HostedLink {
  /** `ver_…`: what webhooks and the status paths name. */
  id: VerificationId;
  realm: Realm;
  product: FlowProduct;
  flow?: FlowId;
  createdAt: number;
  /** As `describeActor` wrote it. */
  createdBy: string;
  /** Until when it can be opened, ms since 1970. */
  expiresAt: number;
  session?: SessionId;
  openedAt?: number;
  status: HostedStatus;
  reasons: HostedReason[];
  completedAt?: number;
}

/** With what is sealed. */
export interface WholeLink extends HostedLink {
  page: HostedPage;
}

/** The status now: a link that was not opened in time has expired, also before its row says so. */
export const statusAt = (link: HostedLink, now: number): HostedStatus =>
  link.status === 'PENDING' && link.session === undefined && link.expiresAt <= now ? 'EXPIRED' : link.status;
