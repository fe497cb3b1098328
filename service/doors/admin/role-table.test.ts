import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordedAccess, recordedKeys } from '../../../test/support/recorded-access.ts';
import { type AdministratorCaller, type Organization, roles } from '../../engine/accounts/index.ts';
import { createServer } from '../../http/server.ts';
import type { AdministratorSessions } from '../../http/sign-in/administrator-sessions.ts';
import { systemClock } from '../../lib/clock.ts';
import { type AdministratorId, createIds, type OrganizationId } from '../../lib/id.ts';
import { silentLog } from '../../lib/log.ts';
import { Problem } from '../../lib/problem.ts';
import { type AdminDeps, adminRoutes, createAdminDoor, createControlAdminDoor } from './index.ts';

/**
 * Who may call each route: the operator (o), the roles owner, administrator, operator, reviewer and auditor (O A o r a), an
 * API key with the scope admin (k), an administrator marked appliance owner (B); whether administrators need a second
 * factor (s) or a fresh one (f). Then the effect, and whether a second administrator confirms it with four eyes on (approval), or it is
 * daily work. A new route stands here, or the test fails.
 */
const table: Record<string, `${'o' | '-'} ${string} ${'k' | '-'} ${'B' | '-'}${'f' | 's' | '-'}${string}`> = {
  'GET /api/admin/organizations': 'o ----- - B-',
  'POST /api/admin/organizations': 'o ----- - Bf',
  'GET /api/admin/organization': 'o OAo-a - --',
  'PATCH /api/admin/organization': 'o OA--- - -f weakens-protection approval',
  'GET /api/admin/organization/logo': 'o OAo-a - --',
  'PUT /api/admin/organization/logo': 'o OA--- - -s',
  'DELETE /api/admin/organization/logo': 'o OA--- - -s',
  'GET /api/admin/organization/calibrations': 'o OAo-a - --',
  'POST /api/admin/organization/calibrations': 'o OAo-- - -s',
  'POST /api/admin/organization/erase': 'o ----- - Bf destroys approval',
  'GET /api/admin/organization/key/rotation': 'o OAo-a - --',
  'POST /api/admin/organization/key/rotation': 'o OA--- - -f destroys daily',
  'GET /api/admin/organization/templates/renewal': 'o OAo-a - --',
  'POST /api/admin/organization/templates/renewal': 'o O---- - -f destroys approval',
  'GET /api/admin/behavior/layer': 'o OAo-a - --',
  'PUT /api/admin/behavior/layer': 'o OA--- - -f weakens-protection approval',
  'GET /api/admin/behavior/layer/weights': 'o OAo-a - --',
  'GET /api/admin/sites': 'o OAo-a - --',
  'POST /api/admin/sites': 'o OA--- - -f weakens-protection approval',
  'DELETE /api/admin/sites/:id': 'o OA--- - -f weakens-protection approval',
  'GET /api/admin/checks': 'o OAo-a - --',
  'GET /api/admin/profiles': 'o OAo-a - --',
  'GET /api/admin/profiles/:slug': 'o OAo-a - --',
  'PUT /api/admin/profiles/:slug': 'o OA--- - -f weakens-protection approval',
  'DELETE /api/admin/profiles/:slug': 'o OA--- - -f weakens-protection approval',
  'GET /api/admin/profiles/:slug/versions': 'o OAo-a - --',
  'GET /api/admin/profiles/:slug/versions/:version': 'o OAo-a - --',
  'POST /api/admin/profiles/:slug/versions/:version/restore': 'o OA--- - -f weakens-protection approval',
  'POST /api/admin/profiles/:slug/preview': 'o OAo-a - -s',
  'GET /api/admin/profiles/:slug/calibration-curve': 'o OAo-a - --',
  'GET /api/admin/uniqueness/scopes': 'o OAo-a - --',
  'GET /api/admin/uniqueness/scopes/:id': 'o OAo-a - --',
  'PUT /api/admin/uniqueness/scopes': 'o OA--- - -f weakens-protection approval',
  'POST /api/admin/uniqueness/scopes/:id/rotate': 'o OA--- - -f destroys approval',
  'POST /api/admin/uniqueness/scopes/:id/end': 'o OA--- - -f destroys approval',
  'GET /api/admin/review': 'o OA-ra - -s reads-personal',
  'GET /api/admin/review/count': 'o OA-ra - --',
  'GET /api/admin/review/:id': 'o OA-ra - -s reads-personal',
  'GET /api/admin/review/:id/pictures/:side': 'o OA-r- - -s reads-personal',
  'PUT /api/admin/review/:id/pictures/known': 'o OA-r- - -s reads-personal',
  'POST /api/admin/review/:id/decide': 'o OA-r- - -f changes-identity daily',
  'POST /api/admin/review/:id/undo': 'o OA-r- - -f changes-identity daily',
  'GET /api/admin/behavior/verdicts': 'o OAo-a - -s reads-personal',
  'GET /api/admin/behavior/scores': 'o OAo-a - --',
  'POST /api/admin/behavior/try': 'o OAo-a - -s',
  'GET /api/admin/behavior/settings': 'o OAo-a - --',
  'PUT /api/admin/behavior/settings': 'o OA--- - -f weakens-protection approval',
  'GET /api/admin/flows': 'o OAo-a - --',
  'GET /api/admin/flows/:id': 'o OAo-a - --',
  'GET /api/admin/flows/:id/preview': 'o OAo-a - --',
  'POST /api/admin/flows': 'o OA--- - -s',
  'PUT /api/admin/flows/:id': 'o OA--- - -f opens-the-box',
  'DELETE /api/admin/flows/:id': 'o OA--- - -s',
  'POST /api/admin/flows/:id/publish': 'o OA--- - -f opens-the-box',
  'POST /api/admin/flows/:id/unpublish': 'o OA--- - -s',
  'GET /api/admin/overview': 'o OAo-a - --',
  'GET /api/admin/evidence': 'o OAo-a - --',
  'GET /api/admin/status': 'o ----- - B-',
  'GET /api/admin/setup-token': 'o ----- - --',
  'POST /api/admin/setup-token': 'o ----- - -s',
  'POST /api/admin/organization/first-owner': 'o ----- - -f weakens-protection approval',
  'GET /api/admin/alerts': 'o OAo-a k --',
  'POST /api/admin/alerts/:id/acknowledge': 'o OAo-- k -s',
  'GET /api/admin/alerts/desktop': 'o ----- - B-',
  'GET /api/admin/approvals': 'o OAo-a - --',
  'GET /api/admin/attention': 'o OAo-a - --',
  'POST /api/admin/approvals': 'o OAo-- - -s',
  'POST /api/admin/approvals/:id/confirm': 'o OA--- - -f',
  'POST /api/admin/approvals/:id/decline': 'o OA--- - -s',
  'PUT /api/admin/organization/four-eyes': 'o O---- - -f weakens-protection',
  'PUT /api/admin/organization/face-factor': 'o O---- - -f weakens-protection approval',
  'GET /api/admin/alert-rules': 'o OAo-a k -s reads-personal',
  'GET /api/admin/alert-rules/recommended': 'o OAo-a - --',
  'POST /api/admin/alert-rules': 'o OA--- k -s',
  'PATCH /api/admin/alert-rules/:id': 'o OA--- k -f weakens-protection approval',
  'DELETE /api/admin/alert-rules/:id': 'o OA--- k -f weakens-protection approval',
  'GET /api/admin/mail-recipients': 'o OAo-a - -s reads-personal',
  'POST /api/admin/mail-recipients': 'o OA--- - -f opens-the-box',
  'POST /api/admin/mail-recipients/withdraw': 'o OA--- - -f weakens-protection approval',
  'POST /api/admin/mail-recipients/test': 'o OA--- - -s',
  'GET /api/admin/limits': 'o OAo-a - --',
  'PATCH /api/admin/limits': 'o ----- - Bf weakens-protection approval',
  'GET /api/admin/keys': 'o OAo-a - --',
  'POST /api/admin/keys': 'o OA--- - -f opens-the-box',
  'PATCH /api/admin/keys/:id': 'o OA--- - -s',
  'POST /api/admin/keys/:id/rotate': 'o OA--- - -f opens-the-box',
  'POST /api/admin/keys/:id/revoke': 'o OA--- - -s',
  'GET /api/admin/subjects': 'o OAo-a - -s reads-personal',
  'GET /api/admin/subjects/doubtful': 'o OAo-a - -s reads-personal',
  'GET /api/admin/subjects/count': 'o OAo-a - --',
  'GET /api/admin/template-upgrades': 'o OAo-a - -s reads-personal',
  'GET /api/admin/subjects/:id': 'o OAo-a - -s reads-personal',
  'POST /api/admin/subjects': 'o OAo-- - -f changes-identity approval',
  'PATCH /api/admin/subjects/:id': 'o OAo-- - -f changes-identity approval',
  'PATCH /api/admin/subjects/:id/pictures/:picture': 'o OAo-- - -f changes-identity approval',
  'DELETE /api/admin/subjects/:id/pictures/:picture': 'o OAo-- - -f changes-identity approval',
  'POST /api/admin/subjects/unlock': 'o OAo-- - -f weakens-protection daily',
  'POST /api/admin/subjects/:id/erase': 'o OA--- - -f destroys approval',
  'POST /api/admin/subjects/erase': 'o O---- - -f destroys approval',
  'GET /api/admin/subjects/:id/export': 'o OA--- - -f reads-personal approval',
  'GET /api/admin/consents': 'o OAo-a - -s reads-personal',
  'GET /api/admin/subjects/:id/consent': 'o OAo-a - -s reads-personal',
  'GET /api/admin/subjects/:id/consent/:consent/receipt': 'o OAo-a - -s reads-personal',
  'POST /api/admin/subjects/:id/consent': 'o OAo-- - -f weakens-protection approval',
  'POST /api/admin/subjects/:id/consent/withdrawals': 'o OAo-- - -f destroys approval',
  'PUT /api/admin/organization/attestation': 'o OA--- - -f weakens-protection approval',
  'GET /api/admin/consent-text': 'o OAo-a - --',
  'GET /api/admin/consent-text/versions/:version': 'o OAo-a - --',
  'POST /api/admin/consent-text/preview': 'o OA--- - -s',
  'PUT /api/admin/consent-text': 'o OA--- - -f weakens-protection approval',
  'POST /api/admin/subjects/:id/holds': 'o OA--- - -s',
  'POST /api/admin/subjects/:id/holds/release': 'o OA--- - -f destroys approval',
  'GET /api/admin/holds': 'o OAo-a - -s reads-personal',
  'GET /api/admin/keys-without-person': 'o ----- - B-',
  'GET /api/admin/subjects/:id/timeline': 'o OAo-a - -s reads-personal',
  'GET /api/admin/verifications/:id/timeline': 'o OAo-a - -s reads-personal',
  'GET /api/admin/release': 'o OAo-a - --',
  'GET /api/admin/names': 'o OAo-a - -s reads-personal',
  'POST /api/admin/verifications': 'o OAo-- - -s reads-personal',
  'GET /api/admin/verifications': 'o OAo-a - -s reads-personal',
  'GET /api/admin/verifications/:id': 'o OAo-a - -s reads-personal',
  'GET /api/admin/subjects/:id/verifications': 'o OAo-a - -s reads-personal',
  'GET /api/admin/erasures': 'o OAo-a - --',
  'GET /api/admin/erasures/keys': 'o OAo-a - --',
  'GET /api/admin/erasures/:id': 'o ----- - B-',
  'GET /api/admin/retention': 'o OAo-a - --',
  'PATCH /api/admin/retention': 'o OA--- - -f destroys approval',
  'GET /api/admin/retention/preview': 'o OAo-a - --',
  'GET /api/admin/retention/sweeps': 'o OAo-a - --',
  'POST /api/admin/retention/sweeps': 'o OA--- - -f destroys approval',
  'GET /api/admin/retention/waiting': 'o ----- - B-',
  'POST /api/admin/retention/clock': 'o ----- - Bf destroys approval',
  'GET /api/admin/webhooks': 'o OAo-a k --',
  'GET /api/admin/webhooks/catalog': 'o OAo-a k --',
  'GET /api/admin/webhooks/health': 'o OAo-a k --',
  'GET /api/admin/webhooks/:id': 'o OAo-a k --',
  'GET /api/admin/webhooks/:id/health': 'o OAo-a k --',
  'POST /api/admin/webhooks': 'o OA--- k -f opens-the-box',
  'PATCH /api/admin/webhooks/:id': 'o OA--- k -f opens-the-box',
  'DELETE /api/admin/webhooks/:id': 'o OA--- k -f weakens-protection',
  'POST /api/admin/webhooks/:id/rotate': 'o OA--- k -f opens-the-box',
  'POST /api/admin/webhooks/:id/disable': 'o OAo-- k -f weakens-protection',
  'POST /api/admin/webhooks/:id/enable': 'o OAo-- k -f opens-the-box',
  'POST /api/admin/webhooks/:id/test': 'o OAo-- k -s',
  'POST /api/admin/webhooks/:id/retry': 'o OAo-- k -s',
  'POST /api/admin/webhooks/:id/replay': 'o OAo-- k -s',
  'GET /api/admin/deliveries': 'o OAo-a k --',
  'GET /api/admin/deliveries/:id': 'o OAo-a k -s reads-personal',
  'POST /api/admin/deliveries/:id/resend': 'o OAo-- k -s',
  'GET /api/admin/events': 'o OAo-a k -s reads-personal',
  'GET /api/admin/grants': 'o OAo-a k --',
  'POST /api/admin/grants': 'o OA--- - -f opens-the-box',
  'DELETE /api/admin/grants/:id': 'o OA--- - -f weakens-protection',
  'GET /api/admin/works': 'o ----- - B-',
  'GET /api/admin/works/:id': 'o ----- - --',
  'GET /api/admin/jobs': 'o ----- - B-',
  'GET /api/admin/jobs/counts': 'o ----- - B-',
  'GET /api/admin/jobs/:id': 'o ----- - B-',
  'POST /api/admin/jobs/:id/retry': 'o ----- - Bf',
  'DELETE /api/admin/jobs/:id': 'o ----- - Bf destroys approval',
  'POST /api/admin/jobs/links': 'o ----- - Bf opens-the-box',
  'GET /api/admin/key-store/places': 'o ----- - B-',
  'POST /api/admin/key-store/places': 'o ----- - Bf opens-the-box',
  'POST /api/admin/key-store/places/remove': 'o ----- - Bf weakens-protection approval',
  'POST /api/admin/key-store/places/destroyed': 'o ----- - Bf weakens-protection approval',
  'POST /api/admin/key-store/sync': 'o ----- - Bf',
  'GET /api/admin/master-key': 'o ----- - B-',
  'POST /api/admin/master-key/rotate': 'o ----- - Bf',
  'POST /api/admin/master-key/passphrase': 'o ----- - Bf',
  'POST /api/admin/master-key/passphrase/change': 'o ----- - Bf',
  'POST /api/admin/master-key/file': 'o ----- - Bf weakens-protection approval',
  'GET /api/admin/signing-keys': 'o ----- - B-',
  'POST /api/admin/signing-keys/:purpose/rotate': 'o ----- - Bf',
  'GET /api/admin/nodes': 'o ----- - B-',
  'POST /api/admin/nodes/tokens': 'o ----- - Bf opens-the-box',
  'DELETE /api/admin/nodes/:id': 'o ----- - Bf weakens-protection approval',
  'POST /api/admin/nodes/:id/drain': 'o ----- - Bf',
  'DELETE /api/admin/nodes/:id/drain': 'o ----- - Bf',
  'GET /api/admin/models': 'o ----- - B-',
  'GET /api/admin/models/verification': 'o ----- - B-',
  'POST /api/admin/models': 'o ----- - Bf weakens-protection approval',
  'POST /api/admin/models/files': 'o ----- - Bf',
  'POST /api/admin/models/files/:file/import': 'o ----- - Bf weakens-protection approval',
  'POST /api/admin/models/dry-run': 'o ----- - Bf',
  'POST /api/admin/models/:id/enable': 'o ----- - Bf weakens-protection approval',
  'POST /api/admin/models/:id/disable': 'o ----- - Bf weakens-protection approval',
  'DELETE /api/admin/models/:id': 'o ----- - Bf weakens-protection approval',
  'GET /api/admin/audit': 'o OA--a - -s reads-personal',
  'GET /api/admin/audit/follow': 'o OA--a - -s reads-personal',
  'GET /api/admin/audit/export': 'o OA--a - -f reads-personal',
  'GET /api/admin/audit/verification': 'o ----- - B-',
  'GET /api/admin/audit/chain': 'o OA--a - --',
  'GET /api/admin/audit/chains': 'o OA--a - --',
  'GET /api/admin/audit/integrity-faults': 'o ----- - B-',
  'GET /api/admin/audit/protected-row': 'o ----- - B-',
  'POST /api/admin/audit/accepted-losses': 'o ----- - Bf opens-the-box',
  'POST /api/admin/audit/accepted-rows': 'o ----- - Bf opens-the-box',
  'GET /api/admin/audit/keys': 'o OA--a - --',
  'GET /api/admin/backups': 'o ----- - B-',
  'POST /api/admin/backups': 'o ----- - Bf',
  'POST /api/admin/backups/verified': 'o ----- - Bf',
  'POST /api/admin/backups/:id/drill': 'o ----- - Bf',
  'GET /api/admin/backup-drills': 'o ----- - B-',
  'GET /api/admin/backup-drills/:id': 'o ----- - B-',
  'GET /api/admin/backups/plans': 'o ----- - B-',
  'PUT /api/admin/backups/plans': 'o ----- - Bf weakens-protection approval',
  'DELETE /api/admin/backups/plans': 'o ----- - Bf weakens-protection approval',
  'GET /api/admin/certificate': 'o ----- - B-',
  'GET /api/admin/certificate/fingerprints': 'o ----- - --',
  'GET /api/admin/box-name': 'o ----- - B-',
  'PUT /api/admin/box-name': 'o ----- - Bf',
  'POST /api/admin/certificate/request': 'o ----- - Bf',
  'POST /api/admin/certificate/install': 'o ----- - Bf weakens-protection approval',
  'POST /api/admin/certificate/renew': 'o ----- - Bf',
  'GET /api/admin/seal': 'o ----- - --',
  'POST /api/admin/unseal': 'o ----- - -s',
  'GET /api/admin/administrators': 'o O---a - -s reads-personal',
  'POST /api/admin/administrators': 'o O---- - -f weakens-protection approval',
  'GET /api/admin/administrators/:id': 'o O---a - -s reads-personal',
  'PATCH /api/admin/administrators/:id': 'o O---- - -f weakens-protection approval',
  'DELETE /api/admin/administrators/:id': 'o O---- - -f weakens-protection approval',
  'POST /api/admin/administrators/:id/reset': 'o O---- - -f weakens-protection approval',
  'POST /api/admin/administrators/:id/unlock': 'o O---- - -f weakens-protection approval',
  'POST /api/admin/administrators/sign-out': 'o O---- - -f',
  'POST /api/admin/captures': 'o OAor- - -s',
  'GET /api/admin/sessions': 'o OAora - -s reads-personal',
  'GET /api/admin/sessions/:id': 'o OAora - -s reads-personal',
  'GET /api/admin/sessions/:id/pictures/:index': 'o OAor- - -s reads-personal',
  'POST /api/admin/sessions/:id/cancel': 'o OAo-- - -s',
  'POST /api/admin/sessions/:id/decide': 'o OAor- - -f changes-identity daily',
  'GET /api/admin/kiosks': 'o OAo-a - --',
  'POST /api/admin/kiosks/:id/revoke': 'o OA--- - -s',
  'POST /api/admin/kiosks/:id/unlock': 'o OAo-- - -f weakens-protection daily',
  'POST /api/admin/kiosk-pairings': 'o OA--- - -s',
  'GET /api/admin/kiosk-pairings/:id': 'o OA--- - --',
  'DELETE /api/admin/kiosk-pairings/:id': 'o OA--- - -s',
  'POST /api/admin/kiosk-pairings/:id/confirm': 'o OA--- - -f opens-the-box',
  'GET /api/admin/operator-pin': '- OAo-- - --',
  'PUT /api/admin/operator-pin': '- OAo-- - -f weakens-protection daily',
  'DELETE /api/admin/operator-pin': '- OAo-- - -f weakens-protection daily',
  'POST /api/admin/subjects/:id/disable': 'o OAo-- - -s',
  'POST /api/admin/subjects/:id/enable': 'o OAo-- - -f weakens-protection daily',
  'POST /api/admin/subjects/:id/not-the-same': 'o OAo-- - -f changes-identity daily',
  'POST /api/admin/subjects/:id/maybe-the-same': 'o OAo-- - -f changes-identity daily',
};

/** Everything that an API key may do. It erases, exports, mints, grants and administers nothing: add no such route. */
const forKeys = [
  'GET /api/admin/webhooks',
  'GET /api/admin/webhooks/catalog',
  'GET /api/admin/webhooks/health',
  'GET /api/admin/webhooks/:id',
  'GET /api/admin/webhooks/:id/health',
  'POST /api/admin/webhooks',
  'PATCH /api/admin/webhooks/:id',
  'DELETE /api/admin/webhooks/:id',
  'POST /api/admin/webhooks/:id/rotate',
  'POST /api/admin/webhooks/:id/disable',
  'POST /api/admin/webhooks/:id/enable',
  'POST /api/admin/webhooks/:id/test',
  'POST /api/admin/webhooks/:id/retry',
  'POST /api/admin/webhooks/:id/replay',
  'GET /api/admin/deliveries',
  'GET /api/admin/deliveries/:id',
  'POST /api/admin/deliveries/:id/resend',
  'GET /api/admin/events',
  'GET /api/admin/grants',
  'GET /api/admin/alerts',
  'POST /api/admin/alerts/:id/acknowledge',
  'GET /api/admin/alert-rules',
  'POST /api/admin/alert-rules',
  'PATCH /api/admin/alert-rules/:id',
  'DELETE /api/admin/alert-rules/:id',
];

const letters = { owner: 'O', administrator: 'A', operator: 'o', reviewer: 'r', auditor: 'a' } as const;

const refuse = (): never => {
  throw new Problem('CONFLICT', 'The engine was asked.');
};
const refusing = new Proxy(refuse, { get: () => refuse });
const organization: Organization = {
  id: 'org_recorded' as OrganizationId,
  name: 'Recorded',
  createdAt: 0,
  matchOnly: false,
  uniquenessPolicy: 'off',
  consentPolicy: 'attested',
};
const organizations = new Proxy(refuse, {
  get: (_, name) => (name === 'get' ? async () => organization : refuse),
});
/** The engine refuses all other calls: only whether a route reached it matters here. */
const engine = new Proxy(
  {},
  { get: (_, room) => (room === 'organizations' ? organizations : refusing) },
) as unknown as AdminDeps;
const routes = adminRoutes(engine);
const ids = createIds(systemClock);
const log = silentLog;

const prefixes: Record<string, string> = {
  keys: 'key',
  sites: 'site',
  webhooks: 'wh',
  grants: 'grt',
  deliveries: 'dlv',
  jobs: 'dlv',
  subjects: 'sub',
  verifications: 'ver',
  erasures: 'ers',
  models: 'model',
  review: 'rev',
  flows: 'flw',
  scopes: 'scp',
  administrators: 'adm',
  alerts: 'alr',
  'alert-rules': 'rule',
};

/** An address of the route, with an id that fits. */
const addressOf = (url: string) =>
  url
    .replace(':slug', 'default')
    .replace(':version', '1')
    .replace(':side', 'new')
    .replace(':purpose', 'audit')
    .replace(':picture', `enr_${'0'.repeat(26)}`)
    .replace(/([\w-]+)\/:id/, (_, list: string) => `${list}/${prefixes[list]}_${'0'.repeat(26)}`);

test('the table of roles and routes is whole', () => {
  const actual = Object.fromEntries(
    routes.map(({ method, url, may, effect, daily, guarded }) => [
      `${method} ${url}`,
      `${may.operator ? 'o' : '-'} ${roles.map((role) => (may.administrator.includes(role) ? letters[role] : '-')).join('')} ${may.key ? 'k' : '-'} ${may.applianceOwner ? 'B' : '-'}${may.fresh ? 'f' : may.factor ? 's' : '-'}${effect === 'none' ? '' : ` ${effect}`}${daily ? ' daily' : guarded ? ' approval' : ''}`,
    ]),
  );
  expect(actual).toEqual(table);
});

test('what destroys, changes an identity or weakens a protection takes a fresh factor and, but for daily work, an approval', () => {
  const heavy = routes.filter(({ effect }) =>
    ['changes-identity', 'weakens-protection', 'destroys'].includes(effect),
  );
  const without = heavy.filter(({ guarded, daily, may }) => !may.fresh || (!guarded && !daily));
  // The engine asks for the approval of switching four eyes off. What stops data from leaving waits for no second administrator.
  const stops = ['removeWebhook', 'disableWebhook', 'revokeGrant'];
  expect(without.map(({ operationId }) => operationId)).toEqual(['setFourEyes', ...stops]);
  // Each administrator who reads data of people or changes something has a second factor.
  const open = routes.filter(
    ({ method, effect, may }) => (method !== 'GET' || effect !== 'none') && !may.fresh && !may.factor,
  );
  expect(open).toEqual([]);
});

test('what gives addresses of people says that it reads personal data', () => {
  type Schema = Record<string, unknown>;
  const { paths, components } = JSON.parse(readFileSync('docs/openapi-admin.json', 'utf8')) as {
    paths: Record<string, Record<string, Schema>>;
    components: { schemas: Record<string, Schema> };
  };
  const namesEmail = (schema: unknown, seen = new Set<string>()): boolean => {
    if (typeof schema !== 'object' || schema === null) return false;
    const { $ref, properties } = schema as { $ref?: string; properties?: object };
    if ($ref !== undefined) {
      const name = $ref.split('/').at(-1)!;
      return !seen.has(name) && namesEmail(components.schemas[name], seen.add(name));
    }
    if (properties && 'email' in properties) return true;
    return Object.values(schema).some((part) => namesEmail(part, seen));
  };
  const plain = routes.filter(({ effect, url, method }) => {
    const operation = paths[url.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    return method === 'GET' && effect === 'none' && namesEmail((operation?.responses as Schema)?.['200']);
  });
  // What is recommended mails to no one.
  expect(plain.map(({ operationId }) => operationId)).toEqual(['listRecommendedAlertRules']);
});

test('an operation has one route', () => {
  const names = routes.map(({ operationId }) => operationId);
  expect(names).toEqual([...new Set(names)]);
});

test('API keys do what is listed here and nothing else', () => {
  const open = routes.filter(({ may }) => may.key !== false).map(({ method, url }) => `${method} ${url}`);
  expect(open.toSorted()).toEqual(forKeys.toSorted());
});

const isOnNetwork = ({ may }: (typeof routes)[number]) =>
  may.key !== false || may.administrator.length > 0 || may.applianceOwner === true;

/** An access token that says who the administrator is. */
const tokenOf = (caller: Pick<AdministratorCaller, 'role' | 'applianceOwner'> & { fresh: boolean }) =>
  `eyJ.${Buffer.from(JSON.stringify(caller)).toString('base64url')}.s`;
const sessions: AdministratorSessions = {
  byCookie: async () => undefined,
  byToken: async (token) => {
    const { fresh, ...caller } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
    return {
      is: 'administrator',
      administrator: 'adm_1' as AdministratorId,
      session: 'ses_1',
      organization: organization.id,
      ...(fresh && { factorAt: 1 }),
      ...caller,
    };
  },
  checkCsrf: () => false,
  hasFreshFactor: ({ factorAt }) => factorAt !== undefined,
  goesOn: async () => true,
};
const administrators = roles.flatMap((role) => [
  { role, applianceOwner: false, fresh: false },
  { role, applianceOwner: false, fresh: true },
  { role, applianceOwner: true, fresh: false },
  { role, applianceOwner: true, fresh: true },
  { role, applianceOwner: false, fresh: false, withoutFactor: true },
]);

describe('each route admits the callers in the table', () => {
  let control: ReturnType<typeof createServer>;
  let network: ReturnType<typeof createServer>;
  beforeAll(async () => {
    control = createServer({ ids, log });
    await control.register(createControlAdminDoor(engine));
    network = createServer({ ids, log, access: recordedAccess(), sessions });
    await network.register(createAdminDoor(engine));
  });
  afterAll(async () => {
    await control.close();
    await network.close();
  });

  test.each(routes)('$method $url', async (route) => {
    const { method, url, may, within } = route;
    const send = (app: typeof control, headers: Record<string, string> = {}, query = '') =>
      app.inject({ method: method as 'GET', url: addressOf(url) + query, headers });
    const ask = async (...sent: Parameters<typeof send>) => (await send(...sent)).statusCode;
    const place = {
      appliance: '',
      'appliance-or-organization': '',
      organization: '?organization=o',
      world: '?organization=o&env=test',
    }[within];
    // Admitted: refused for missing input, or by the engine. Not admitted: 404 on the socket, 401 or 403 on the LAN.
    const letIn = expect.toSatisfy((status: number) => [400, 409, 415].includes(status) || status < 300);
    expect(await ask(control, {}, place)).toEqual(may.operator ? letIn : 404);
    // A path that takes other methods there says so.
    const absent = routes.some((one) => one.url === url && isOnNetwork(one)) ? 405 : 404;
    expect(await ask(network)).toBe(isOnNetwork(route) ? 401 : absent);
    const refused = isOnNetwork(route) ? 403 : absent;
    expect(await ask(network, { 'x-api-key': recordedKeys.admin })).toEqual(may.key ? letIn : refused);
    expect(await ask(network, { 'x-api-key': recordedKeys.live })).toBe(refused);

    const answers: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const caller of administrators) {
      const name = JSON.stringify(caller);
      const authorization = `Bearer ${tokenOf(caller)}`;
      const reply = await send(network, { authorization }, within === 'world' ? '?env=test' : '');
      answers[name] = reply.statusCode === 403 ? reply.json().code : reply.statusCode;
      const allowed =
        may.administrator.includes(caller.role) || (may.applianceOwner && caller.applianceOwner);
      if (!isOnNetwork(route)) expected[name] = absent;
      else if (!allowed) expected[name] = 'INSUFFICIENT_SCOPE';
      else if (caller.withoutFactor && may.factor) expected[name] = 'SECOND_FACTOR_REQUIRED';
      else expected[name] = may.fresh && !caller.fresh ? 'FRESH_FACTOR_REQUIRED' : letIn;
    }
    expect(answers).toEqual(expected);
  });
});
