import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compose, type Gatehouse } from '../../service/compose/compose.ts';
import { parseConfig } from '../../service/config.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { createControlServer } from '../../service/server/control-server.ts';
import { protectedNames } from '../../service/storage/keys/protected-tables.ts';
import { adminUrl } from '../support/admin-url.ts';
import { by } from '../support/audited.ts';
import { createLiveSession } from '../support/live-session.ts';
import { sealedPictures } from '../support/session-pictures.ts';
import { sparing } from '../support/sparing.ts';
import { enrollTwins } from '../support/twins.ts';

/** What gives out something personal, and the line that it leaves; `:organization` and `:subject` are filled in. */
const personal: Record<string, string> = {
  '/api/admin/subjects': 'subject.list',
  '/api/admin/subjects/doubtful': 'subject.list',
  '/api/admin/names': 'subject.list',
  '/api/admin/subjects/:id': 'subject.read',
  '/api/admin/subjects/:id/verifications': 'verification.list',
  '/api/admin/verifications/:id': 'verification.read',
  '/api/admin/subjects/:id/timeline': 'subject.read',
  '/api/admin/verifications/:id/timeline': 'verification.read',
  '/api/admin/sessions/:id': 'session.read',
  '/api/admin/sessions/:id/pictures/:index': 'session.picture',
  '/api/admin/consents': 'consent.list',
  '/api/admin/subjects/:id/consent': 'consent.read',
  '/api/admin/subjects/:id/consent/:consent/receipt': 'consent.read',
  '/api/admin/subjects/:id/export': 'subject.export',
  '/api/admin/holds': 'hold.list',
  '/api/admin/review/:id': 'review.read',
  '/api/admin/review/:id/pictures/:side': 'review.picture',
  '/api/admin/deliveries/:id': 'delivery.read',
  '/api/admin/audit': 'audit.read',
  '/api/admin/audit/export': 'audit.export',
};

/** Settings, counts, keys, states, who administers, and ids of people without anything about them. */
const nothingPersonal = [
  '/api/admin/status',
  '/api/admin/overview',
  '/api/admin/attention',
  '/api/admin/evidence',
  '/api/admin/release',
  '/api/admin/organizations',
  '/api/admin/organization',
  '/api/admin/keys',
  '/api/admin/sessions',
  '/api/admin/kiosks',
  '/api/admin/kiosk-pairings/:id',
  '/api/admin/setup-token',
  '/api/admin/box-name',
  '/api/admin/consent-text',
  '/api/admin/consent-text/versions/:version',
  '/api/admin/administrators',
  '/api/admin/administrators/:id',
  '/api/admin/limits',
  '/api/admin/alert-rules',
  '/api/admin/alert-rules/recommended',
  '/api/admin/alerts',
  '/api/admin/alerts/desktop',
  '/api/admin/mail-recipients',
  '/api/admin/organization/calibrations',
  '/api/admin/organization/logo',
  '/api/admin/grants',
  '/api/admin/deliveries',
  '/api/admin/events',
  '/api/admin/webhooks',
  '/api/admin/webhooks/:id',
  '/api/admin/webhooks/catalog',
  '/api/admin/webhooks/health',
  '/api/admin/webhooks/:id/health',
  '/api/admin/sites',
  '/api/admin/behavior/layer',
  '/api/admin/behavior/layer/weights',
  '/api/admin/verifications',
  '/api/admin/behavior/verdicts',
  '/api/admin/behavior/scores',
  '/api/admin/behavior/settings',
  '/api/admin/flows',
  '/api/admin/flows/:id',
  '/api/admin/flows/:id/preview',
  '/api/admin/uniqueness/scopes',
  '/api/admin/uniqueness/scopes/:id',
  '/api/admin/review',
  '/api/admin/review/count',
  '/api/admin/checks',
  '/api/admin/profiles',
  '/api/admin/profiles/:slug',
  '/api/admin/profiles/:slug/versions',
  '/api/admin/profiles/:slug/versions/:version',
  '/api/admin/profiles/:slug/calibration-curve',
  '/api/admin/erasures',
  '/api/admin/retention',
  '/api/admin/retention/sweeps',
  '/api/admin/retention/preview',
  '/api/admin/retention/waiting',
  '/api/admin/subjects/count',
  '/api/admin/template-upgrades',
  '/api/admin/organization/key/rotation',
  '/api/admin/organization/templates/renewal',
  '/api/admin/erasures/keys',
  '/api/admin/erasures/:id',
  '/api/admin/key-store/places',
  '/api/admin/keys-without-person',
  '/api/admin/audit/verification',
  '/api/admin/audit/chain',
  '/api/admin/audit/chains',
  '/api/admin/audit/integrity-faults',
  '/api/admin/audit/protected-row',
  '/api/admin/audit/keys',
  '/api/admin/jobs',
  '/api/admin/jobs/counts',
  '/api/admin/jobs/:id',
  '/api/admin/works',
  '/api/admin/works/:id',
  '/api/admin/models',
  '/api/admin/nodes',
  '/api/admin/models/verification',
  '/api/admin/backups',
  '/api/admin/backup-drills',
  '/api/admin/backup-drills/:id',
  '/api/admin/approvals',
  '/api/admin/seal',
  '/api/admin/backups/plans',
  '/api/admin/master-key',
  '/api/admin/signing-keys',
  '/api/admin/certificate',
  '/api/admin/certificate/fingerprints',
];
/** As `/api/admin/audit`, but it does not end: audit-log.test.ts. */
const endless = ['/api/admin/audit/follow'];

const email = 'ada.lovelace@example.com';

let folder: string;
let data: string;
let gatehouse: Gatehouse;
let app: FastifyInstance;
let ids: Record<string, string>;

const open = () => compose(parseConfig({ data, ...sparing }, {}), { log: silentLog, workers: 'when-needed' });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-reads-'));
  data = join(folder, 'data');
  gatehouse = await open();
  ids = await fill();
  app = await createControlServer(gatehouse, { log: silentLog });
  await app.ready();
});
afterAll(async () => {
  await app.close();
  await gatehouse.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A person with a verification, a delivery and an account of the console. */
async function fill(): Promise<Record<string, string>> {
  const organization = (await gatehouse.organizations.create({ name: 'Acme' }, by.actor)).id;
  const [embedder] = gatehouse.models.current().embedders;
  const embedding = new Float32Array(256);
  embedding[0] = 1;
  const realm = { organization, world: 'test' } as const;
  await gatehouse.grants.add(organization, '127.0.0.1:9', '', by.actor);
  const webhook = { family: 'identity', url: 'http://127.0.0.1:9/' } as const;
  await gatehouse.webhooks.add(realm, webhook, by.actor);
  const { subject } = await gatehouse.subjects.enroll(
    realm,
    { email, embeddings: { [embedder!]: embedding }, quality: 0.9 },
    by.actor,
  );
  const consent = {
    textVersion: 'v1',
    purposes: ['verification' as const],
    method: 'form',
    legalBasis: 'consent',
  };
  const person = { ...realm, subject: subject.id };
  const { consents } = await gatehouse.consents.give(person, consent, by.actor);
  await gatehouse.relay.relay();
  const [delivery] = await gatehouse.deliveries.list(realm, { limit: 1 });
  const verification = `ver_${'0'.repeat(26)}`;
  inDatabase((database) =>
    database
      .prepare(
        `insert into verification (id, organization, world, subject, kind, profile, profile_version, verified, confidence, composite,
          assurance, checks, models, timing, actor, created_at, outcome)
         values (?, ?, 'test', ?, '1:1', 'builtin:default', 2, 1, 0.9, 0.9, 'match-only', '[]', '{}', '{}', 'key:key_1', 1, 'VERIFIED')`,
      )
      .run(verification, organization, subject.id),
  );
  const { administrator } = await gatehouse.administrators.create(
    { organization, email: 'rear@example.com', name: 'Grace Hopper', role: 'operator' },
    by.actor,
  );
  return {
    organization,
    subject: subject.id,
    consent: consents[0]!.id,
    delivery: delivery!.id,
    verification,
    administrator: administrator.id,
  };
}

const inDatabase = <T>(work: (database: Sqlite.Database) => T): T => {
  const database = new Sqlite(join(data, 'gatehouse.db'));
  try {
    return work(database);
  } finally {
    database.close();
  }
};
/** What only one route needs takes inference. */
async function prepare(route: string): Promise<void> {
  const needed = /\/(review|session)s?\//.exec(route)?.[1];
  if (needed === undefined || ids[needed] !== undefined) return;
  const realm = { organization: ids.organization as OrganizationId, world: 'test' } as const;
  if (needed === 'session') {
    const session = await createLiveSession(gatehouse, realm);
    Object.assign(ids, { session, index: '0' });
    const jpeg = Buffer.from('jpeg');
    const kept = await sealedPictures(data, { organization: realm.organization, session, jpeg });
    inDatabase((database) => database.prepare('update live_session set pictures_sealed = ?').run(kept));
    return;
  }
  ids.review = await enrollTwins(gatehouse, realm);
  ids.side = 'new';
}
const ask = (route: string) => {
  const admin = app.published.find(({ url }) => url === route && url.startsWith('/api/admin/'));
  const named = route === '/api/admin/names' ? `ids=${ids.subject}` : '';
  if (admin) return app.inject({ url: adminUrl(admin, ids, named) });
  return app.inject({
    url: `${route.replaceAll(/:(\w+)/g, (_, name: string) => String(ids[name]))}?world=test`,
  });
};

test('every route that reads is known to give out nothing personal, or is audited', () => {
  const all = app.published.filter(({ methods }) => methods.includes('GET')).map(({ url }) => url);
  // The CSV of a list is the list; doors/admin/csv has its own line of the log.
  const isCsv = (url: string) => url.endsWith('.csv') && all.includes(url.slice(0, -'.csv'.length));
  const reading = all.filter((url) => !isCsv(url));
  expect([...new Set(reading)].sort()).toEqual(
    [...Object.keys(personal), ...nothingPersonal, ...endless].sort(),
  );
});

test.each(Object.entries(personal))('%s leaves the line %s with its request', async (route, action) => {
  await prepare(route);
  const reply = await ask(route);
  expect(reply.statusCode).toBe(200);
  const lines = inDatabase((database) =>
    database
      .prepare('select action, outcome from audit where request = ?')
      .all(reply.headers['x-request-id']),
  );
  expect(lines).toContainEqual({ action, outcome: 'done' });
});

test.each(Object.keys(personal))('%s gives out nothing when it cannot be written down', async (route) => {
  await prepare(route);
  inDatabase((database) =>
    database.exec("create trigger mute before insert on audit begin select raise(abort, 'mute'); end"),
  );
  const reply = await ask(route);
  inDatabase((database) => database.exec('drop trigger mute'));
  expect(reply.statusCode).toBe(500);
  expect(reply.body).not.toContain(email);
  expect(reply.body).not.toContain(ids.subject);
});

// Last, because it leaves them changed.
test('rows that another program changed break no route that reads', async () => {
  const organization = ids.organization as OrganizationId;
  const realm = { organization, world: 'test' } as const;
  await gatehouse.grants.add(organization, '127.0.0.1:7459', '', by.actor);
  const order = { family: 'identity', url: 'http://127.0.0.1:7459/' } as const;
  const { endpoint } = await gatehouse.webhooks.add(realm, order, by.actor);
  const profile = `/api/admin/profiles/default?organization=${organization}`;
  const { definition } = (await app.inject(profile)).json();
  const copy = { method: 'PUT', url: profile.replace('default', 'desk'), payload: definition } as const;
  expect((await app.inject(copy)).statusCode).toBeLessThan(300);
  await app.close();
  await gatehouse.close();
  inDatabase((database) => {
    for (const name of protectedNames) database.exec(`update ${name} set mac = 'changed'`);
  });
  gatehouse = await open();
  app = await createControlServer(gatehouse, { log: silentLog });
  await app.ready();
  Object.assign(ids, { webhook: endpoint.id, slug: 'desk', version: '1' });
  const broken: string[] = [];
  for (const route of [...Object.keys(personal), ...nothingPersonal]) {
    const reply = await ask(route);
    if (reply.statusCode === 500) broken.push(`${route}: ${reply.body}`);
  }
  expect(broken).toEqual([]);
});
