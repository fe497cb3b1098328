import { createRoute, redirect } from '@tanstack/react-router';
import { z } from 'zod';
import {
  approvalStates,
  consentChannels,
  consentStates,
  families,
  purposes,
  roles,
} from '../../sdk/admin/values.ts';
import { BehaviorSearch } from './features/behavior/search.ts';
import { kioskStates } from './features/kiosks/kiosk-state.ts';
import { SessionSearch } from './features/sessions/search.ts';
import { assistantSteps } from './features/setup/steps.ts';
import { VerificationSearch } from './features/verifications/search.ts';
import { DeliverySearch } from './features/webhooks/deliveries/delivery-search.ts';
import { firstScreenOf } from './frame/navigation.ts';
import { rootRoute } from './root-route.ts';
import { screen } from './screen.ts';
import { auditors, managers, operators, readers, reviewers, sessionReaders } from './screen-data.ts';
import { lenient, textInAddress } from './search-values.ts';
import { sessionQuery } from './session/session-query.ts';

const pages = z.object({ after: textInAddress });
/** Of a list that comes at once: what is searched in the names. */
const names = z.object({ find: textInAddress });
const signInSearch = z.object({
  /** Where the reader wanted to go; only a place of the console. */
  to: lenient(z.string().regex(/^\/(?![/\\])/)),
});
/** A version by its number, or `builtin`. */
const version = lenient(z.union([z.int().min(1), z.literal('builtin')]));
const day = lenient(z.string().regex(/^\d{4}-\d\d-\d\d$/));

const home = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: ({ context }) => {
    const user = context.queryClient.getQueryData(sessionQuery.queryKey)?.user;
    throw redirect({ href: user ? firstScreenOf(user) : '/overview' });
  },
});

/** Every screen of the console. */
export const screens = [
  home,
  screen('/overview', () => import('./features/overview/overview-screen.tsx'), {
    roles: readers,
    search: z.object({ span: lenient(z.literal('week')) }),
  }),
  screen('/people', () => import('./features/people/people-screen.tsx'), {
    roles: readers,
    search: z.object({ search: textInAddress, after: textInAddress }),
  }),
  screen('/people/$id', () => import('./features/people/person-screen.tsx'), { roles: readers }),
  screen('/people/doubtful', () => import('./features/people/doubtful-screen.tsx'), { roles: readers }),
  screen('/people/upgrades', () => import('./features/people/upgrades-screen.tsx'), {
    roles: readers,
    search: pages,
  }),
  screen('/people/import', () => import('./features/import/import-screen.tsx'), { roles: operators }),
  screen('/consents', () => import('./features/people/consents-screen.tsx'), {
    roles: readers,
    search: z.object({
      person: textInAddress,
      state: lenient(z.enum(consentStates)),
      purpose: lenient(z.enum(purposes)),
      through: lenient(z.enum(consentChannels)),
      textVersion: textInAddress,
      from: day,
      until: day,
      after: textInAddress,
    }),
  }),
  screen('/receipts', () => import('./features/people/receipts-screen.tsx'), {
    roles: readers,
    search: z.object({ search: textInAddress, after: textInAddress }),
  }),
  screen('/receipts/$id', () => import('./features/people/receipt-screen.tsx'), { roles: readers }),
  screen('/enroll', () => import('./features/enroll/enroll-screen.tsx'), {
    roles: operators,
    /** `person`: id of an enrolled person who gets more pictures. */
    search: z.object({ person: textInAddress }),
  }),
  screen('/verify', () => import('./features/verify/verify-screen.tsx'), {
    roles: operators,
    /** `person`: id of the one to compare with. */
    search: z.object({ person: textInAddress }),
  }),
  screen('/verifications', () => import('./features/verifications/verifications-screen.tsx'), {
    roles: readers,
    search: VerificationSearch,
  }),
  screen('/verifications/$id', () => import('./features/verifications/verification-screen.tsx'), {
    roles: readers,
  }),
  screen('/review', () => import('./features/review/reviews-screen.tsx'), {
    roles: reviewers,
    /** `state`: absent, what waits. */
    search: z.object({
      state: lenient(z.enum(['decided', 'expired'])),
      kind: lenient(z.enum(['duplicate', 'uniqueness'])),
      after: textInAddress,
    }),
  }),
  screen('/review/$id', () => import('./features/review/review-screen.tsx'), { roles: reviewers }),
  screen('/sessions', () => import('./features/sessions/sessions-screen.tsx'), {
    roles: sessionReaders,
    search: SessionSearch,
  }),
  screen('/sessions/$id', () => import('./features/sessions/session-screen.tsx'), { roles: sessionReaders }),
  screen('/profiles', () => import('./features/profiles/profiles-screen.tsx'), {
    roles: readers,
    search: names,
  }),
  screen('/profiles/new', () => import('./features/profiles/new-profile-screen.tsx'), {
    roles: managers,
    search: z.object({ from: textInAddress }),
  }),
  screen('/profiles/$slug', () => import('./features/profiles/profile-screen.tsx'), { roles: readers }),
  screen('/profiles/$slug/versions', () => import('./features/profiles/versions-screen.tsx'), {
    roles: readers,
    search: z.object({ from: version, to: version, after: textInAddress }),
  }),
  screen('/consent-text', () => import('./features/consent/consent-text-screen.tsx'), { roles: readers }),
  screen('/flows', () => import('./features/flows/flows-screen.tsx'), { roles: readers, search: names }),
  screen('/flows/new', () => import('./features/flows/new-flow-screen.tsx'), { roles: managers }),
  screen('/flows/targets', () => import('./features/flows/targets-screen.tsx'), { roles: readers }),
  screen('/flows/$id', () => import('./features/flows/flow-screen.tsx'), { roles: readers }),
  screen('/uniqueness', () => import('./features/uniqueness/scopes-screen.tsx'), {
    roles: readers,
    search: pages,
  }),
  screen('/uniqueness/new', () => import('./features/uniqueness/new-scope-screen.tsx'), { roles: managers }),
  screen('/uniqueness/$id', () => import('./features/uniqueness/scope-screen.tsx'), { roles: readers }),
  screen('/behavior', () => import('./features/behavior/behavior-screen.tsx'), {
    roles: readers,
    search: BehaviorSearch,
  }),
  screen('/behavior/try', () => import('./features/behavior/try-screen.tsx'), { roles: readers }),
  screen('/behavior/settings', () => import('./features/behavior/behavior-settings-screen.tsx'), {
    roles: readers,
  }),
  screen('/models', () => import('./features/models/models-screen.tsx'), { appliance: true }),
  screen('/models/$id', () => import('./features/models/model-screen.tsx'), { appliance: true }),
  screen('/sites', () => import('./features/sites/sites-screen.tsx'), { roles: readers, search: names }),
  screen('/sites/new', () => import('./features/sites/new-site-screen.tsx'), { roles: managers }),
  screen('/keys', () => import('./features/keys/keys-screen.tsx'), { roles: readers, search: names }),
  screen('/keys/new', () => import('./features/keys/new-key-screen.tsx'), { roles: managers }),
  screen('/webhooks', () => import('./features/webhooks/webhooks-screen.tsx'), {
    roles: readers,
    search: names.extend({ product: lenient(z.enum(families)) }),
  }),
  screen('/webhooks/new', () => import('./features/webhooks/form/new-webhook-screen.tsx'), {
    roles: managers,
  }),
  screen('/webhooks/verify', () => import('./features/webhooks/verify-screen.tsx'), { roles: readers }),
  screen('/webhooks/$id', () => import('./features/webhooks/webhook-screen.tsx'), {
    roles: readers,
    search: DeliverySearch,
  }),
  screen('/webhooks/$id/change', () => import('./features/webhooks/form/change-webhook-screen.tsx'), {
    roles: managers,
  }),
  screen(
    '/webhooks/$id/deliveries/$delivery',
    () => import('./features/webhooks/deliveries/delivery-screen.tsx'),
    { roles: readers },
  ),
  screen('/destinations', () => import('./features/destinations/destinations-screen.tsx'), {
    roles: readers,
    /** `state` absent: those that hold now. */
    search: z.object({ state: lenient(z.enum(['revoked', 'all'])), after: textInAddress }),
  }),
  screen('/kiosks', () => import('./features/kiosks/kiosks-screen.tsx'), {
    roles: readers,
    search: names.extend({ state: lenient(z.enum(kioskStates)) }),
  }),
  screen('/kiosks/pair', () => import('./features/kiosks/pair-kiosk-screen.tsx'), { roles: managers }),
  screen('/alerts', () => import('./features/alerts/alerts-screen.tsx'), {
    roles: readers,
    /** `alert`: the one that a notification of the desktop opens. */
    search: z.object({
      state: lenient(z.enum(['open', 'acknowledged'])),
      alert: textInAddress,
      after: textInAddress,
    }),
  }),
  screen('/alerts/rules', () => import('./features/alerts/rules-screen.tsx'), {
    roles: readers,
    search: pages,
  }),
  screen('/alerts/recipients', () => import('./features/alerts/recipients-screen.tsx'), {
    roles: readers,
    search: pages,
  }),
  screen('/jobs', () => import('./features/jobs/jobs-screen.tsx'), { appliance: true }),
  screen('/audit', () => import('./features/audit/audit-screen.tsx'), {
    roles: auditors,
    search: z.object({
      action: lenient(z.string().regex(/^[a-z-]{1,40}(\.[a-z-]{1,40}){1,2}$/)),
      person: lenient(z.string().regex(/^sub_[0-9a-z]{26}$/)),
      actor: lenient(
        z.string().regex(/^(administrator|appliance|key|kiosk|operator)(:[A-Za-z0-9_.\\/-]{1,120})?$/),
      ),
      request: lenient(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:=+/-]{0,127}$/)),
      node: lenient(z.string().regex(/^node_[a-z0-9_]{1,40}$/)),
      from: day,
      until: day,
      after: textInAddress,
    }),
  }),
  screen('/nodes', () => import('./features/nodes/nodes-screen.tsx'), { appliance: true }),
  screen('/backups', () => import('./features/backups/backups-screen.tsx'), {
    appliance: true,
    search: pages,
  }),
  screen('/administrators', () => import('./features/administrators/administrators-screen.tsx'), {
    roles: ['owner', 'auditor'],
    search: z.object({
      role: lenient(z.enum(roles)),
      state: lenient(z.enum(['active', 'disabled', 'no-factor', 'never'])),
      find: textInAddress,
    }),
  }),
  screen('/administrators/new', () => import('./features/administrators/new-administrator-screen.tsx'), {
    roles: ['owner'],
  }),
  screen('/approvals', () => import('./features/approvals/approvals-screen.tsx'), {
    roles: readers,
    search: z.object({ state: lenient(z.enum(approvalStates)), after: textInAddress }),
  }),
  screen('/evidence', () => import('./features/evidence/evidence-screen.tsx'), { roles: readers }),
  screen('/evidence/$id', () => import('./features/evidence/figure-screen.tsx'), { roles: readers }),
  screen('/settings', () => import('./features/settings/settings-screen.tsx'), { roles: readers }),
  screen('/security', () => import('./features/security/security-screen.tsx')),
  screen('/setup', () => import('./features/setup/setup-screen.tsx'), {
    open: true,
    /** A step after the owner was made; absent: where the assistant was left. */
    search: z.object({ step: lenient(z.enum(assistantSteps)) }),
  }),
  screen('/sign-in', () => import('./features/sign-in/sign-in-screen.tsx'), {
    open: true,
    search: signInSearch,
  }),
  screen('/add-passkey', () => import('./features/sign-in/add-passkey-screen.tsx'), { search: signInSearch }),
] as const;
