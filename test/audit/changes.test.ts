import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { issueLeaf, makeAuthority } from '../../service/certificate/issue.ts';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import type { OrganizationId, ReviewId, SubjectId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createControlServer } from '../../service/server/control-server.ts';
import { portrait } from '../cli/portraits.ts';
import { adminUrl } from '../support/admin-url.ts';
import { by } from '../support/audited.ts';
import { createLiveSession, holdLiveSession } from '../support/live-session.ts';
import { sparing } from '../support/sparing.ts';
import { enrollTwins } from '../support/twins.ts';

interface Sample {
  body?: Record<string, unknown>;
  query?: string;
  picture?: () => Promise<Buffer>;
  /** What has to be so already. */
  before?: () => Promise<unknown>;
  /** The line that it leaves. */
  action: string;
}

const email = 'ada.lovelace@example.com';
const consent = { textVersion: 'v3', purposes: ['verification'], method: 'form', legalBasis: 'GDPR 9(2)(a)' };
const place = () => join(folder, 'place');
const customerPair = { chain: '', key: '' };

/** Every route that changes something, a request that does, and the line that it leaves; what is in `:…` is filled in. */
const changes: Record<string, () => Sample> = {
  'POST /api/admin/organizations': () => ({ body: { name: 'Second' }, action: 'organization.create' }),
  'PATCH /api/admin/organization': () => ({
    body: { uniquenessPolicy: 'warn' },
    action: 'organization.set',
  }),
  'PUT /api/admin/organization/logo': () => ({ body: {}, picture: logo, action: 'organization.set' }),
  'DELETE /api/admin/organization/logo': () => ({
    before: async () => {
      const made = await gatehouse.readLogo(await logo());
      await gatehouse.organizations.setLogo(ids.organization as OrganizationId, made, by.actor);
    },
    action: 'organization.set',
  }),
  'POST /api/admin/organization/erase': () => ({
    body: { confirm: ids.organizationName },
    action: 'organization.erase',
  }),
  'POST /api/admin/sessions/:id/cancel': () => ({
    before: async () => {
      ids.session = await createLiveSession(gatehouse, testRealm());
    },
    action: 'session.decide',
  }),
  'POST /api/admin/sessions/:id/decide': () => ({
    before: async () => {
      ids.session = await holdLiveSession(gatehouse, testRealm(), join(folder, 'data'));
    },
    body: { decision: 'refuse' },
    action: 'session.decide',
  }),
  'POST /api/admin/administrators': () => ({
    body: { email: 'grace@example.com', name: 'Grace', role: 'operator' },
    action: 'administrator.create',
  }),
  'PATCH /api/admin/administrators/:id': () => ({
    body: { role: 'auditor' },
    action: 'administrator.change',
  }),
  'DELETE /api/admin/administrators/:id': () => ({ action: 'administrator.remove' }),
  'POST /api/admin/administrators/:id/reset': () => ({
    body: { password: true, factors: true },
    action: 'administrator.reset',
  }),
  'POST /api/admin/administrators/sign-out': () => ({ action: 'administrator.end-all' }),
  'POST /api/admin/administrators/:id/unlock': () => ({ action: 'administrator.unlock' }),
  'PUT /api/admin/organization/face-factor': () => ({
    body: { allowed: true },
    action: 'organization.set',
  }),
  'POST /api/admin/keys': () => ({
    body: { env: 'test', scopes: ['identity'] },
    action: 'key.create',
  }),
  'POST /api/admin/keys/:id/revoke': () => ({ action: 'key.revoke' }),
  'PATCH /api/admin/keys/:id': () => ({
    body: { cidrs: ['10.0.0.0/8'] },
    action: 'key.restrict',
  }),
  'POST /api/admin/keys/:id/rotate': () => ({
    body: { overlapSeconds: 0 },
    action: 'key.rotate',
  }),
  'POST /api/admin/sites': () => ({
    body: { name: 'Home', cidr: '10.1.0.0/16', country: 'CH', latitude: 47, longitude: 8, timeZone: 'UTC' },
    action: 'site.add',
  }),
  'DELETE /api/admin/sites/:id': () => ({ action: 'site.remove' }),
  'PUT /api/admin/behavior/layer': () => ({
    body: { layer: 'research', acceptLicenceDoubt: true },
    action: 'behavior.layer',
  }),
  'PUT /api/admin/profiles/:slug': () => ({
    body: profile,
    action: 'profile.set',
  }),
  'DELETE /api/admin/profiles/:slug': () => ({ action: 'profile.reset' }),
  'POST /api/admin/profiles/:slug/versions/:version/restore': () => ({
    before: () =>
      gatehouse.checks.setProfile(ids.organization as OrganizationId, 'own', profile as never, by.actor),
    action: 'profile.set',
  }),
  'PUT /api/admin/behavior/settings': () => ({ body: { tokenHours: 12 }, action: 'behavior.set' }),
  'POST /api/admin/flows': () => ({ body: flow, action: 'flow.create' }),
  'PUT /api/admin/flows/:id': () => ({ before: addFlow, body: flow, action: 'flow.change' }),
  'POST /api/admin/flows/:id/publish': () => ({ before: addFlow, action: 'flow.publish' }),
  'POST /api/admin/flows/:id/unpublish': () => ({ before: addFlow, action: 'flow.unpublish' }),
  'DELETE /api/admin/flows/:id': () => ({ before: addFlow, action: 'flow.remove' }),
  'PUT /api/admin/uniqueness/scopes': () => ({ body: { name: 'survey' }, action: 'uniqueness.set-up' }),
  'POST /api/admin/uniqueness/scopes/:id/rotate': () => ({
    before: addScope,
    body: { confirm: 'survey' },
    action: 'uniqueness.rotate',
  }),
  'POST /api/admin/uniqueness/scopes/:id/end': () => ({
    before: addScope,
    body: { confirm: 'survey' },
    action: 'uniqueness.end',
  }),
  'PUT /api/admin/review/:id/pictures/known': () => ({
    before: openReview,
    body: {},
    picture: () => portrait('ada'),
    action: 'review.add-picture',
  }),
  'POST /api/admin/review/:id/decide': () => ({
    before: openReview,
    body: { decision: 'same-person' },
    action: 'review.decide',
  }),
  'POST /api/admin/review/:id/undo': () => ({
    before: async () => {
      await openReview();
      await gatehouse.reviews.decide(testRealm(), ids.review as ReviewId, 'same-person', by.actor);
    },
    action: 'review.undo',
  }),
  'PATCH /api/admin/limits': () => ({ body: { burst: 10 }, action: 'limits.set' }),
  'POST /api/admin/grants': () => ({
    body: { to: 'hooks.example.org', note: 'ticket 7' },
    action: 'grant.add',
  }),
  'DELETE /api/admin/grants/:id': () => ({ action: 'grant.revoke' }),
  'POST /api/admin/audit/accepted-rows': () => {
    const body = { table: 'organization', id: ids.organization, seen: '' };
    const before = async () => {
      body.seen = (await gatehouse.recordIntegrity.contentOf('organization', ids.organization!)).digest;
    };
    return { before, body, action: 'rows.accept' };
  },
  'POST /api/admin/webhooks': () => ({
    body: { family: 'identity', url: 'http://127.0.0.1:2/other' },
    action: 'webhook.add',
  }),
  'PATCH /api/admin/webhooks/:id': () => ({
    body: { description: 'ERP' },
    action: 'webhook.change',
  }),
  'DELETE /api/admin/webhooks/:id': () => ({
    action: 'webhook.remove',
  }),
  'POST /api/admin/webhooks/:id/enable': () => ({
    before: () => gatehouse.webhooks.disable(testRealm(), ids.webhook!, 'maintenance', by.actor),
    action: 'webhook.enable',
  }),
  'POST /api/admin/webhooks/:id/disable': () => ({
    body: { reason: 'maintenance' },
    action: 'webhook.disable',
  }),
  'POST /api/admin/webhooks/:id/rotate': () => ({
    body: { overlapSeconds: 3600 },
    action: 'webhook.rotate',
  }),
  'POST /api/admin/webhooks/:id/test': () => ({
    action: 'webhook.test',
  }),
  'POST /api/admin/webhooks/:id/retry': () => ({
    action: 'webhook.try',
  }),
  'POST /api/admin/webhooks/:id/replay': () => ({
    body: { since: new Date(gatehouse.clock.now() - 3_600_000).toISOString() },
    action: 'webhook.replay',
  }),
  'POST /api/admin/deliveries/:id/resend': () => ({
    action: 'delivery.resend',
  }),
  'PUT /api/admin/organization/attestation': () => ({
    body: consent,
    action: 'consent.attest',
  }),
  'PUT /api/admin/consent-text': () => ({
    body: { contact: 'privacy@example.com' },
    action: 'consent.publish',
  }),
  'PATCH /api/admin/retention': () => ({
    body: { unusedDays: 365 },
    action: 'retention.set',
  }),
  'POST /api/admin/retention/sweeps': () => ({
    body: { confirm: 0 },
    action: 'retention.sweep',
  }),
  'POST /api/admin/retention/clock': () => ({
    body: { today: new Date().toISOString().slice(0, 10) },
    action: 'retention.confirm-clock',
  }),
  'POST /api/admin/subjects': () => ({
    body: { email: 'bea@example.com' },
    picture: () => portrait('bea'),
    action: 'subject.enroll',
  }),
  'POST /api/admin/verifications': () => ({
    body: {},
    picture: () => portrait('ada'),
    action: 'verification.decide',
  }),
  'PATCH /api/admin/subjects/:id': () => ({
    body: { email: 'ada@example.com' },
    action: 'subject.change',
  }),
  'POST /api/admin/subjects/:id/erase': () => ({
    body: { confirm: ids.subject },
    action: 'subject.erase',
  }),
  'POST /api/admin/subjects/erase': () => ({
    body: { confirm: 1 },
    action: 'subject.erase',
  }),
  'POST /api/admin/subjects/unlock': () => ({
    body: { person: email },
    before: () =>
      ask('POST', '/api/admin/verifications', {
        body: { email },
        picture: () => portrait('bea'),
        action: 'verification.decide',
      }),
    action: 'subject.unlock',
  }),
  'POST /api/admin/subjects/:id/disable': () => ({ action: 'subject.disable' }),
  'POST /api/admin/subjects/:id/enable': () => ({
    before: () => gatehouse.subjects.setDisabled(realmOf(), ids.subject!, true, by.actor),
    action: 'subject.enable',
  }),
  'POST /api/admin/subjects/:id/not-the-same': () => ({
    before: enrollBea,
    body: { other: 'bea@example.com' },
    action: 'subject.not-the-same',
  }),
  'POST /api/admin/subjects/:id/maybe-the-same': () => ({
    async before() {
      await enrollBea();
      const pair = { person: ids.subject!, other: 'bea@example.com', same: false };
      await gatehouse.subjects.markDistinct(realmOf(), pair, by.actor);
    },
    body: { other: 'bea@example.com' },
    action: 'subject.maybe-the-same',
  }),
  'PATCH /api/admin/subjects/:id/pictures/:picture': () => ({
    body: { confirmed: false },
    before: enrollAgain,
    action: 'subject.unconfirm',
  }),
  'DELETE /api/admin/subjects/:id/pictures/:picture': () => ({
    before: enrollAgain,
    action: 'subject.remove-picture',
  }),
  'POST /api/admin/subjects/:id/consent': () => ({
    body: consent,
    action: 'consent.record',
  }),
  'POST /api/admin/subjects/:id/consent/withdrawals': () => ({
    body: { purposes: ['verification'] },
    action: 'consent.withdraw',
  }),
  'POST /api/admin/subjects/:id/holds': () => ({
    body: { reason: 'case 7' },
    action: 'hold.place',
  }),
  'POST /api/admin/subjects/:id/holds/release': () => ({
    body: {},
    before: () => gatehouse.holds.place(person(), 'case 7', by.actor),
    action: 'hold.release',
  }),
  'POST /api/admin/organization/templates/renewal': () => ({
    body: { confirm: ids.organizationName },
    action: 'organization.renew-templates',
  }),
  'POST /api/admin/organization/key/rotation': () => ({ action: 'organization.rotate-key.begin' }),
  'POST /api/admin/key-store/places': () => ({ body: { folder: place() }, action: 'keystore.add-place' }),
  'POST /api/admin/key-store/places/remove': () => ({
    body: { folder: place(), wipe: false },
    before: () => gatehouse.keyCopyFolders.add(place(), by.actor),
    action: 'keystore.remove-place',
  }),
  'POST /api/admin/key-store/places/destroyed': () => ({
    body: { folder: place(), confirm: place() },
    before: async () => {
      await gatehouse.keyCopyFolders.add(place(), by.actor);
      rmSync(place(), { recursive: true });
    },
    action: 'keystore.attest-destroyed',
  }),
  'POST /api/admin/alert-rules': () => ({
    body: { metric: 'spoof-attempts' },
    action: 'alert-rule.add',
  }),
  'PATCH /api/admin/alert-rules/:id': () => ({
    body: { threshold: 9 },
    before: addRule,
    action: 'alert-rule.change',
  }),
  'DELETE /api/admin/alert-rules/:id': () => ({
    before: addRule,
    action: 'alert-rule.remove',
  }),
  'POST /api/admin/alerts/:id/acknowledge': () => ({
    before: fireAlert,
    action: 'alert.acknowledge',
  }),
  'POST /api/admin/mail-recipients/test': () => ({
    body: { address: 'ops@example.com' },
    before: () =>
      gatehouse.grants.add(ids.organization as OrganizationId, '127.0.0.1:9', 'no server there', by.actor),
    action: 'alert.test-mail',
  }),
  'POST /api/admin/organization/calibrations': () => ({
    before: enrollEnough,
    action: 'organization.calibrate',
  }),
  'POST /api/admin/mail-recipients': () => ({
    body: { address: 'ops@example.org' },
    action: 'mail-recipient.approve',
  }),
  'POST /api/admin/mail-recipients/withdraw': () => ({
    body: { address: 'it@example.org' },
    before: async () => {
      await gatehouse.alerts.approveRecipient(ids.organization as OrganizationId, 'it@example.org', by.actor);
    },
    action: 'mail-recipient.withdraw',
  }),
  'POST /api/admin/models/:id/enable': () => ({
    body: { acceptLicenceDoubt: true },
    action: 'models.enable',
  }),
  'POST /api/admin/models/:id/disable': () => ({ action: 'models.disable' }),
  'POST /api/admin/backups': () => ({ body: { folder: join(folder, 'backups') }, action: 'backup.create' }),
  'PUT /api/admin/backups/plans': () => ({
    body: { folder: join(folder, 'backups'), everyMinutes: 60, keep: 2 },
    action: 'backup.schedule',
  }),
  'DELETE /api/admin/backups/plans': () => ({
    query: `folder=${encodeURIComponent(place())}`,
    before: () => gatehouse.backups.schedule({ folder: place(), everyMinutes: 60, keep: 2 }, by.actor),
    action: 'backup.unschedule',
  }),
  'POST /api/admin/jobs/links': () => ({
    before: async () => gatehouse.boardLinks.serveAt('http://127.0.0.1:7300'),
    action: 'jobs.open',
  }),
  'POST /api/admin/jobs/:id/retry': () => ({ action: 'job.retry' }),
  'DELETE /api/admin/jobs/:id': () => ({ query: `confirm=${ids.job}`, action: 'job.remove' }),
  'POST /api/admin/master-key/rotate': () => ({ body: {}, action: 'master.rotate' }),
  'POST /api/admin/master-key/passphrase': () => ({
    body: { passphrase: 'correct horse battery staple' },
    action: 'master.set-passphrase',
  }),
  'POST /api/admin/master-key/passphrase/change': () => ({
    body: { current: 'correct horse battery staple', passphrase: 'staple battery horse correct' },
    before: () => gatehouse.custody.setPassphrase('correct horse battery staple', by.actor),
    action: 'master.change-passphrase',
  }),
  'POST /api/admin/master-key/file': () => ({
    body: { path: join(folder, 'other.key') },
    action: 'master.use-file',
  }),
  'POST /api/admin/certificate/request': () => ({ body: {}, action: 'certificate.request' }),
  'POST /api/admin/certificate/install': () => ({
    body: customerPair,
    before: async () => {
      const names = gatehouse.certificates.describe().names.filter((name) => name !== 'localhost');
      const authority = await makeAuthority({ names, networks: ['127.0.0.0/8'] }, Date.now());
      const { certificate, key } = await issueLeaf(authority, { names, addresses: [] }, Date.now());
      Object.assign(customerPair, { chain: certificate, key });
    },
    action: 'certificate.install',
  }),
  'POST /api/admin/certificate/renew': () => ({ body: {}, action: 'certificate.renew' }),
  'PUT /api/admin/box-name': () => ({
    body: { hostName: 'gatehouse.home.arpa', network: true },
    action: 'box.name',
  }),
  'POST /api/admin/organization/first-owner': () => ({
    body: { email: 'elin@example.com', name: 'Elin', password: 'wet gravel under pines' },
    action: 'administrator.create',
  }),
  'POST /api/admin/signing-keys/:purpose/rotate': () => ({ action: 'signing-key.rotate' }),
};

/**
 * Tried where models and backups are: they need a file of another model, and a backup. `sync` changes no decision; `unseal` is
 * refused by a service that serves; `preview` and `try` store nothing.
 */
const elsewhere = [
  // Guidance lives in memory and leaves no line; `service/engine/accounts/kiosks` and `service/engine/accounts/setup` test the lines of theirs.
  'POST /api/admin/captures',
  'POST /api/admin/kiosk-pairings',
  'POST /api/admin/kiosk-pairings/:id/confirm',
  'DELETE /api/admin/kiosk-pairings/:id',
  'POST /api/admin/kiosks/:id/revoke',
  'POST /api/admin/kiosks/:id/unlock',
  'POST /api/admin/setup-token',
  // Of several nodes on PostgreSQL: `test/cluster/node-joins.databases.test.ts`.
  'POST /api/admin/nodes/tokens',
  'DELETE /api/admin/nodes/:id',
  // The same: `test/cluster/drained.databases.test.ts`.
  'POST /api/admin/nodes/:id/drain',
  'DELETE /api/admin/nodes/:id/drain',
  // Of a record on another machine: `test/cluster/older-log.databases.test.ts`.
  'POST /api/admin/audit/accepted-losses',
  // Not for the operator of the box: engine/approvals tests their lines.
  'POST /api/admin/approvals',
  'POST /api/admin/approvals/:id/confirm',
  'POST /api/admin/approvals/:id/decline',
  'PUT /api/admin/organization/four-eyes',
  'POST /api/admin/profiles/:slug/preview',
  'POST /api/admin/consent-text/preview',
  'POST /api/admin/behavior/try',
  'POST /api/admin/models',
  'POST /api/admin/models/files',
  'POST /api/admin/models/files/:file/import',
  'POST /api/admin/models/dry-run',
  'DELETE /api/admin/models/:id',
  'POST /api/admin/backups/verified',
  'POST /api/admin/backups/:id/drill',
  'POST /api/admin/key-store/sync',
  'POST /api/admin/unseal',
];

/** A service with its server, on a directory of its own. */
interface Box {
  folder: string;
  gatehouse: Gatehouse;
  app: FastifyInstance;
}

let root: string;
let filled: Record<string, string>;
/** So many were made: no two of a box have the same name. */
let organizations = 0;
/** Of tests that change one organization each. */
let shared: Box | undefined;
/** Of one test, which changes more than an organization. */
let own: Box | undefined;
// Of the box that the test entered.
let folder: string;
let gatehouse: Gatehouse;
let app: FastifyInstance;
let profile: Record<string, unknown>;
/** Of each test, which adds its own to those that are there. */
let ids: Record<string, string>;

const mail = { smtpUrl: 'smtp://127.0.0.1:9', smtpFrom: 'box@example.com' };
const open = (folder: string) =>
  compose(parseConfig({ data: join(folder, 'data'), ...sparing, ...mail }), {
    log: silentLog,
    workers: 'when-needed',
  });

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-changes-'));
  folder = root;
  gatehouse = await open(root);
  filled = { ...(await fill()), job: addMail() };
  leaveDatabase();
  await gatehouse.close();
  renameSync(join(root, 'data'), join(root, 'filled'));
});
afterEach(async ({ task }) => {
  leaveDatabase();
  await closeBox(own);
  own = undefined;
  if (task.result?.state === 'fail') await closeShared();
});
afterAll(async () => {
  await closeShared();
  rmSync(root, { recursive: true, force: true });
});

async function openBox(): Promise<Box> {
  const folder = mkdtempSync(join(root, 'box-'));
  for (const name of ['place', 'backups']) mkdirSync(join(folder, name));
  cpSync(join(root, 'filled'), join(folder, 'data'), { recursive: true });
  const gatehouse = await open(folder);
  const app = await createControlServer(gatehouse, { log: silentLog });
  await app.ready();
  return { folder, gatehouse, app };
}

async function closeBox(box: Box | undefined): Promise<void> {
  if (!box) return;
  await box.app.close();
  await box.gatehouse.close();
  rmSync(box.folder, { recursive: true, force: true });
}

/** A test that fails leaves nothing to the others: the next one opens a new box. */
async function closeShared(): Promise<void> {
  const left = shared;
  shared = undefined;
  await closeBox(left);
}

/** The box of many tests, with an organization for this one. */
async function enterShared(): Promise<void> {
  shared ??= await openBox();
  ({ folder, gatehouse, app } = shared);
  ids = await fill();
}

/** A box for this test alone. */
async function enterOwn(): Promise<void> {
  own = await openBox();
  ({ folder, gatehouse, app } = own);
  ids = { ...filled };
}

/** They take an organization, but need something that is done to the whole box: gauges are checked. */
const needOwn = ['POST /api/admin/alerts/:id/acknowledge'];

/** A route that takes no organization changes what all of them have. */
async function enterFor(route: string): Promise<void> {
  shared ??= await openBox();
  const query = publishedAs(shared.app, route)?.schema.querystring;
  const ofOrganization = query instanceof z.ZodObject && 'organization' in query.shape;
  await (ofOrganization && !needOwn.includes(route) ? enterShared() : enterOwn());
}

const publishedAs = ({ published }: FastifyInstance, route: string) =>
  published.find(({ methods, url }) => methods.some((method) => `${method} ${url}` === route));

const realmOf = () => ({ organization: ids.organization as OrganizationId, world: 'test' }) as const;

function enrollBea() {
  const [embedder = ''] = gatehouse.models.current().embedders;
  const embedding = new Float32Array(256);
  embedding[1] = 1;
  return gatehouse.subjects.enroll(
    realmOf(),
    { email: 'bea@example.com', embeddings: { [embedder]: embedding }, quality: 0.9 },
    by.actor,
  );
}

/** An organization with a person, a key, a site and whatever else the routes name. */
async function fill(): Promise<Record<string, string>> {
  const organizationName = `Acme ${++organizations}`;
  const organization = (await gatehouse.organizations.create({ name: organizationName }, by.actor)).id;
  const realm = { organization, world: 'test' } as const;
  // No server listens there.
  await gatehouse.grants.add(organization, '127.0.0.1:2', '', by.actor);
  const hook = { family: 'identity', url: 'http://127.0.0.1:2/' } as const;
  const webhook = await gatehouse.webhooks.add(realm, hook, by.actor);
  const [embedder = ''] = gatehouse.models.current().embedders;
  const embedding = new Float32Array(256);
  embedding[0] = 1;
  const { subject } = await gatehouse.subjects.enroll(
    realm,
    { email, embeddings: { [embedder]: embedding }, quality: 0.9 },
    by.actor,
  );
  await gatehouse.relay.relay();
  const [delivery] = await gatehouse.deliveries.list(realm, { limit: 1 });
  const key = await gatehouse.access.createKey(
    { organization, world: 'test', scopes: ['identity'] },
    by.actor,
  );
  const site = await gatehouse.organizations.addSite(
    organization,
    { name: 'Bern', cidr: '10.0.0.0/16', country: 'CH', latitude: 47, longitude: 8, timeZone: 'UTC' },
    by.actor,
  );
  const grant = await gatehouse.grants.add(organization, 'public-https', '', by.actor);
  const { definition } = await gatehouse.checks.getProfile(organization, 'default');
  profile = { ...definition };
  await gatehouse.checks.setProfile(organization, 'own', definition, by.actor);
  return {
    organization,
    organizationName,
    subject: subject.id,
    key: key.id,
    site: site.id,
    grant: grant.id,
    webhook: webhook.endpoint.id,
    delivery: delivery!.id,
    slug: 'own',
    version: '1',
    model: 'face-recognition',
    purpose: 'audit',
    administrator: await addAdministrator(organization),
  };
}

async function addAdministrator(organization: OrganizationId): Promise<string> {
  const { administrator } = await gatehouse.administrators.create(
    { organization, email: `${organization}@example.com`, name: 'Grace Hopper', role: 'operator' },
    by.actor,
  );
  return administrator.id;
}

const testRealm = () => ({
  organization: ids.organization as OrganizationId,
  world: 'test' as const,
});

/** One that waits for its next attempt. */
function addMail(): string {
  const id = `dlv_${'0'.repeat(26)}`;
  inDatabase((database) =>
    database.exec(
      `insert into delivery (id, seq, kind, organization, world, event_name, origin, lane, state, attempts, tries, next_at, created_at)
       values ('${id}', 100000, 'mail', (select id from organization limit 1), 'test', 'mail.0', 'alert', 'mail', 'waiting', 1, 1, 9e15, 0)`,
    ),
  );
  return id;
}

/** One more confirmed picture of the person. */
async function enrollAgain(): Promise<void> {
  const picture = await portrait('ada');
  const insisting = {
    overrideMismatch: true,
    confirmed: true,
    actor: { is: 'operator', name: 'ada' } as const,
  };
  await gatehouse.checks.enroll({ ...testRealm(), email, picture, ...insisting });
  ids.picture = (await gatehouse.subjects.pictures(ids.subject as SubjectId)).at(-1)!.enrollment;
}

const person = () => ({
  organization: ids.organization as OrganizationId,
  world: 'test' as const,
  subject: ids.subject as SubjectId,
});

const flow = { name: 'Visitors', product: 'verifyhuman', texts: {}, redirects: {} } as const;
async function addFlow(): Promise<void> {
  ids.flow = (await gatehouse.flows.create(ids.organization as OrganizationId, flow, by.actor)).id;
}

async function addScope(): Promise<void> {
  ids.scope = (await gatehouse.uniqueness.scopes.configure(testRealm(), 'survey', {}, by.actor)).id;
}

/** Two people with one face. */
async function openReview(): Promise<void> {
  ids.review = await enrollTwins(gatehouse, testRealm());
}

async function addRule(): Promise<void> {
  const { id } = await gatehouse.alerts.addRule(
    person(),
    { metric: 'disk-free', threshold: 1_000_000_000, windowMinutes: 1 },
    by.actor,
  );
  ids.rule = id;
}
/** As many people as a calibration of the own gallery compares. */
async function enrollEnough(): Promise<void> {
  const realm = { organization: ids.organization as OrganizationId, world: 'test' } as const;
  const [embedder = ''] = gatehouse.models.current().embedders;
  for (let i = 0; i < 30; i++) {
    const embedding = new Float32Array(256);
    embedding[i + 1] = 1;
    await gatehouse.subjects.enroll(
      realm,
      { email: `person${i}@example.com`, embeddings: { [embedder]: embedding }, quality: 0.9 },
      by.actor,
    );
  }
}
async function fireAlert(): Promise<void> {
  await gatehouse.alerts.load();
  await addRule();
  await gatehouse.alerts.checkGauges();
  ids.alert = (await gatehouse.alerts.list(person(), { limit: 1 }))[0]!.id;
}

async function ask(method: string, route: string, { body, query = '', picture }: Partial<Sample>) {
  const admin = publishedAs(app, `${method} ${route}`);
  const url = route.startsWith('/api/admin/')
    ? adminUrl(admin!, ids, query)
    : `${route.replaceAll(/:(\w+)/g, (_, name: string) => ids[name] ?? name)}${query}`;
  if (!picture) return app.inject({ method: method as 'POST', url, ...(body && { payload: body }) });
  const form = new FormData();
  form.append('request', JSON.stringify(body));
  form.append('file', new Blob([new Uint8Array(await picture())]), 'face.jpg');
  const encoded = new Response(form);
  return app.inject({
    method: method as 'POST',
    url,
    headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
    payload: Buffer.from(await encoded.arrayBuffer()),
  });
}

let database: Sqlite.Database | undefined;

/** One connection for a test: each that is opened reads the whole schema. */
function inDatabase<T>(work: (database: Sqlite.Database) => T): T {
  database ??= new Sqlite(join(folder, 'data', 'gatehouse.db'));
  return work(database);
}

function leaveDatabase(): void {
  database?.close();
  database = undefined;
}

const mute = "create trigger mute before insert on audit begin select raise(abort, 'mute'); end";

/**
 * The number of SQLite moves with every commit of the service, and not with those of this connection: while it stays, so does every row
 * (https://sqlite.org/pragma.html#pragma_data_version). To read and sort all rows before and after took longer than the requests.
 */
const kept = () => ({
  rows: inDatabase((database) => database.pragma('data_version', { simple: true })),
  masterKey: ['master.key', 'master-passphrase.json']
    .map((name) => join(folder, 'data', name))
    .map((path) => existsSync(path) && readFileSync(path, 'hex')),
});

const changing = () =>
  app.published
    .flatMap(({ methods, url }) => methods.map((method) => `${method} ${url}`))
    .filter((route) => !/^(GET|HEAD|OPTIONS) /.test(route));

test('every route that changes something is known', async () => {
  await enterShared();
  expect(changing().toSorted()).toEqual([...Object.keys(changes), ...elsewhere].toSorted());
});

test.each(Object.entries(changes))(
  '%s leaves its line, with its request, and changes nothing without',
  async (route, sample) => {
    await enterFor(route);
    const { before, action, ...order } = sample();
    await before?.();
    const [method = '', url = ''] = route.split(' ');
    const untouched = kept();
    inDatabase((database) => database.exec(mute));
    expect((await ask(method, url, order)).statusCode).toBe(500);
    inDatabase((database) => database.exec('drop trigger mute'));
    expect(kept()).toEqual(untouched);
    const reply = await ask(method, url, order);
    expect([reply.statusCode < 300, reply.body]).toEqual([true, expect.any(String)]);
    const lines = inDatabase((database) =>
      database
        .prepare('select action, outcome from audit where request = ?')
        .all(reply.headers['x-request-id']),
    );
    expect(lines).toContainEqual({ action, outcome: expect.stringMatching(/^(done|refused)$/) });
  },
);

/** What can be dropped by its name: not a person. */
const counts = () =>
  inDatabase((database) => {
    const tables = database.prepare("select name from sqlite_schema where type = 'table'").pluck().all();
    const each = tables.map((name) => `select '${name}' as name, count(*) as n from "${name}"`);
    const rows = database.prepare(each.join(' union all ')).all() as { name: string; n: number }[];
    return new Map(rows.map(({ name, n }) => [name, n]));
  });

test('no call without parameters deletes anything', async () => {
  await enterOwn();
  const lost: string[] = [];
  for (const route of changing().filter(
    (route) =>
      !/:slug\b|\/(keys|webhooks|grants|sites|models|administrators)\/:id\b|\/organization\/logo$/.test(
        route,
      ),
  )) {
    const [method = '', url = ''] = route.split(' ');
    for (const body of [undefined, {}]) {
      const before = counts();
      const reply = await ask(method, url, { ...(body && { body }) });
      const after = counts();
      for (const [table, n] of before) if (after.get(table)! < n) lost.push(`${route} ${table}`);
      if (method === 'DELETE' || /\/(renewal|erase)$/.test(url))
        expect([route, reply.statusCode >= 400]).toEqual([route, true]);
    }
  }
  expect(lost).toEqual([]);
});

test('a sweep says what it would erase, and erases when that is confirmed', async () => {
  await enterShared();
  const path = '/api/admin/retention/sweeps';
  const refused = await ask('POST', path, { body: {} });
  expect(refused.json()).toMatchObject({ code: 'CONFIRMATION_REQUIRED' });
  expect((await ask('POST', path, { body: { confirm: 1 } })).json()).toMatchObject({
    code: 'CONFIRMATION_REQUIRED',
  });
  expect((await ask('POST', path, { body: { confirm: 0 } })).statusCode).toBe(201);
});

/** A PNG of 40 by 20 pixels. */
const logo = (): Promise<Buffer> =>
  sharp({ create: { width: 40, height: 20, channels: 3, background: '#1f4e3d' } })
    .png()
    .toBuffer();
