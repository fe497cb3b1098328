import type { OrganizationId, SiteId } from '../../lib/id.ts';
import type { Attestation } from '../consent/index.ts';
import type { RetentionSettings } from './retention-settings.ts';

export type UniquenessPolicy = 'off' | 'warn' | 'block';

/** What the assistant asks once the organization has an owner, in this order. */
export const setupSteps = ['name', 'factor', 'attack-detection', 'consent', 'destinations', 'keys'] as const;
export type SetupStep = (typeof setupSteps)[number];
/** `later`: put off, and named on the overview. */
export const setupStates = ['open', 'later', 'done'] as const;
export type SetupState = (typeof setupStates)[number];
export type SetupSteps = { [Step in SetupStep]?: SetupState | undefined };

/** Languages of the consent text. */
export const consentLanguages = ['en', 'de'] as const;
export type ConsentLanguage = (typeof consentLanguages)[number];

/** What is known of a logo without its bytes. */
export interface LogoFacts {
  width: number;
  height: number;
  /** Hex. */
  sha256: string;
}

export interface Organization {
  id: OrganizationId;
  name: string;
  createdAt: number;
  /** Live verifications may run without PAD (`org set --match-only`, audited). */
  matchOnly: boolean;
  uniquenessPolicy: UniquenessPolicy;
  consentPolicy: 'attested' | 'with-call';
  /** What the organization attests for people without a consent of their own; absent until it has. */
  attestation?: Attestation;
  /** Slugs of the profiles that callers may name; absent: its own, and built-in ones it has not replaced. */
  allowedProfiles?: string[];
  /** Two administrators have to agree on a review. */
  twoPersonReview?: boolean;
  /** Administrators may enroll a face as a second factor beside a passkey. */
  faceFactor?: boolean;
  /** A second administrator has to confirm what erases or exports (engine/approvals). */
  fourEyes?: boolean;
  /** What people read before they sign in. */
  signInNotice?: string;
  /** Where hosted flows may lead back to: hosts, local origins, schemes of apps; absent: nowhere. */
  redirectTargets?: string[];
  /** How far the assistant has come; absent: the organization was made without it. */
  setupSteps?: SetupSteps;
  /** In which the consent text is shown first; absent: the language of the reader. */
  consentLanguage?: ConsentLanguage;
  /** `#rrggbb`, on the pages of people who are verified. */
  color?: string;
  /** Of the logo on these pages (`Organizations.logoOf`). */
  logo?: LogoFacts;
  /** Terms that differ from the defaults (`retentionPolicy`); absent when none does. */
  retention?: RetentionSettings;
  /** All its people and secrets were erased: nothing is made in it any more. Absent while it is in use. */
  erasedAt?: number;
  /** Another program wrote or changed its row in the database: the strictest settings hold, and none can be set. */
  altered?: true;
}

/** A place of the organization, known by its network: what the context checks use when a request names no location. */
export interface Site {
  id: SiteId;
  organization: OrganizationId;
  name: string;
  /** IPv4 or IPv6, "10.20.0.0/16". */
  cidr: string;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** Degrees, WGS 84. */
  latitude: number;
  longitude: number;
  /** IANA, "Europe/Zurich". */
  timeZone: string;
}
