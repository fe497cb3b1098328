import { afterEach, expect, test } from 'vitest';
import { createOrganizations, type Organizations } from '../../service/engine/accounts/index.ts';
import { createIds, type OrganizationId, type SiteId } from '../../service/lib/id.ts';
import { silentLog } from '../../service/lib/log.ts';
import { type Database, openDatabase } from '../../service/storage/connection.ts';
import { createTestAudit } from '../support/audit.ts';
import { testIntegrity } from '../support/integrity.ts';
import { onSqlite } from './databases.ts';

const operator = { is: 'operator', name: 'root' } as const;
const site = {
  name: 'Zürich',
  cidr: '10.20.0.0/16',
  country: 'CH',
  latitude: 47.37,
  longitude: 8.54,
  timeZone: 'Europe/Zurich',
};

onSqlite('organizations', (newLocation) => {
  let now = 1_000;
  const clock = { now: () => now };
  const ids = createIds(clock);
  let database: Database;
  afterEach(() => database.close());

  /** What happened, in order: key made, or row seen. */
  async function open(): Promise<Organizations & { keysMade: string[] }> {
    now = 1_000;
    database = await openDatabase(await newLocation(), { clock, log: silentLog });
    const { db, inTransaction } = database;
    const keysMade: string[] = [];
    const sealer = {
      async createOrganization(id: string) {
        const rows = await db.selectFrom('organization').select('id').where('id', '=', id).execute();
        expect(rows).toEqual([]);
        keysMade.push(id);
      },
    };
    const audit = createTestAudit({ ids, clock });
    return Object.assign(
      createOrganizations({ db, inTransaction, sealer, audit, ids, clock, integrity: testIntegrity }),
      { keysMade },
    );
  }

  const auditLines = async () =>
    (
      await database.db
        .selectFrom('audit')
        .select(['organization', 'actor', 'action', 'target', 'outcome', 'request', 'details', 'at'])
        .orderBy('at')
        .execute()
    ).map((line) => ({ ...line, details: JSON.parse(line.details) }));

  test('one is made with its key first, listed, changed, and every change is audited', async () => {
    const organizations = await open();
    const made = await organizations.create({ name: ' Acme ' }, operator);
    expect(made).toEqual({
      id: expect.stringMatching(/^org_[0-9a-z]{26}$/),
      name: 'Acme',
      createdAt: 1_000,
      matchOnly: false,
      uniquenessPolicy: 'off',
      consentPolicy: 'attested',
    });
    expect(organizations.keysMade).toEqual([made.id]);
    now = 2_000;
    const changed = await organizations.set(
      made.id,
      { matchOnly: true, uniquenessPolicy: 'block' },
      operator,
    );
    expect(changed).toEqual({ ...made, matchOnly: true, uniquenessPolicy: 'block' });
    now = 3_000;
    expect(await organizations.set(made.id, { matchOnly: true, name: 'Acme' }, operator)).toEqual(changed);
    expect([await organizations.get(made.id), await organizations.list()]).toEqual([changed, [changed]]);

    const line = {
      organization: made.id,
      actor: 'operator:root',
      target: made.id,
      outcome: 'done',
      request: null,
    };
    expect(await auditLines()).toEqual([
      { ...line, action: 'organization.create', details: {}, at: 1_000 },
      {
        ...line,
        action: 'organization.set',
        details: { matchOnly: { from: false, to: true }, uniquenessPolicy: { from: 'off', to: 'block' } },
        at: 2_000,
      },
    ]);
  });

  test('a logo is kept apart, shown to people, audited without its bytes, and goes with the organization', async () => {
    const organizations = await open();
    const { id, name } = await organizations.create({ name: 'Acme' }, operator);
    expect(await organizations.brandingOf(id)).toEqual({ name });
    await expect(organizations.set(id, { color: 'red' }, operator)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      extra: { details: [{ path: 'color' }] },
    });
    await organizations.set(id, { color: '#1F4E3D' }, operator);
    const png = Buffer.from('first');
    const set = await organizations.setLogo(id, { png, width: 120, height: 40 }, operator);
    expect(set.logo).toEqual({ width: 120, height: 40, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const image = `data:image/png;base64,${png.toString('base64')}`;
    expect(await organizations.brandingOf(id)).toEqual({ name, color: '#1f4e3d', logo: image });
    await organizations.setLogo(id, { png, width: 120, height: 40 }, operator);
    await organizations.setLogo(id, { png: Buffer.from('second'), width: 60, height: 20 }, operator);
    expect(await organizations.setLogo(id, null, operator)).not.toHaveProperty('logo');
    expect(await organizations.logoOf(id)).toBeUndefined();
    const details = (await auditLines()).slice(2).map(({ details: { logo } }) => logo);
    expect(details).toMatchObject([
      { from: null, to: { width: 120 } },
      { from: { width: 120 }, to: { width: 60 } },
      { from: { width: 60 }, to: null },
    ]);
    expect(JSON.stringify(await auditLines())).not.toContain(png.toString('base64'));
    await organizations.set(id, { consentLanguage: 'de' }, operator);
    expect(await organizations.brandingOf(id)).toMatchObject({ language: 'de' });
    await organizations.set(id, { consentLanguage: null }, operator);
    await organizations.setLogo(id, { png, width: 120, height: 40 }, operator);
    await database.inTransaction((tx) => organizations.markErased(tx, id));
    expect(await organizations.brandingOf(id)).toEqual({ name });
    await expect(organizations.setLogo(id, { png, width: 120, height: 40 }, operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await database.db.selectFrom('organization_logo').selectAll().execute()).toEqual([]);
  });

  test('a name that is none, an organization that is not there', async () => {
    const organizations = await open();
    const refusal = {
      code: 'INVALID_REQUEST',
      extra: { details: [expect.objectContaining({ path: 'name' })] },
    };
    await expect(organizations.create({ name: '  ' }, operator)).rejects.toMatchObject(refusal);
    await expect(organizations.create({ name: 'x'.repeat(121) }, operator)).rejects.toMatchObject(refusal);
    expect(organizations.keysMade).toEqual([]);
    const noOrganization = 'org_none' as OrganizationId;
    const missing = { code: 'NOT_FOUND' };
    await expect(organizations.get(noOrganization)).rejects.toMatchObject(missing);
    await expect(organizations.set(noOrganization, { name: 'x' }, operator)).rejects.toMatchObject(missing);
    await expect(organizations.addSite(noOrganization, site, operator)).rejects.toMatchObject(missing);
    await expect(organizations.listSites(noOrganization)).rejects.toMatchObject(missing);
    expect(await auditLines()).toEqual([]);
  });

  test('a name that another organization has is refused, and no key is made for it', async () => {
    const organizations = await open();
    const acme = await organizations.create({ name: 'Acme' }, operator);
    now = 2_000;
    const other = await organizations.create({ name: 'Other' }, operator);
    const refusal = { code: 'CONFLICT', message: expect.stringContaining(acme.id) };
    await expect(organizations.create({ name: ' acme ' }, operator)).rejects.toMatchObject(refusal);
    await expect(organizations.set(other.id, { name: 'ACME' }, operator)).rejects.toMatchObject(refusal);
    expect(organizations.keysMade).toEqual([acme.id, other.id]);
    expect(await organizations.list()).toEqual([acme, other]);
    expect(await organizations.set(acme.id, { name: 'ACME' }, operator)).toMatchObject({ name: 'ACME' });
  });

  test('without its audit line nothing is changed', async () => {
    const organizations = await open();
    const { id } = await organizations.create({ name: 'Acme' }, operator);
    const { db, inTransaction } = database;
    const mute = createOrganizations({
      db,
      inTransaction,
      ids,
      clock,
      integrity: testIntegrity,
      sealer: { createOrganization: async () => {} },
      audit: { add: () => Promise.reject(new Error('no audit')) },
    });
    await expect(mute.set(id, { matchOnly: true }, operator)).rejects.toThrow('no audit');
    await expect(mute.create({ name: 'Other' }, operator)).rejects.toThrow('no audit');
    await expect(mute.addSite(id, site, operator)).rejects.toThrow('no audit');
    expect((await organizations.list()).map(({ name, matchOnly }) => [name, matchOnly])).toEqual([
      ['Acme', false],
    ]);
    expect(await organizations.listSites(id)).toEqual([]);
  });

  test('sites: added, found by address, removed; another organization sees none of them', async () => {
    const organizations = await open();
    const one = await organizations.create({ name: 'One' }, operator);
    // Pages are in the order of ids, which contain the millisecond.
    now = 1_500;
    const two = await organizations.create({ name: 'Two' }, operator);
    now = 2_000;
    const campus = await organizations.addSite(one.id, { ...site, cidr: '10.20.9.9/16' }, operator);
    now = 3_000;
    const house = await organizations.addSite(
      one.id,
      { ...site, name: 'House', cidr: '10.20.30.0/24' },
      operator,
    );
    expect(campus).toEqual({ ...site, id: expect.stringMatching(/^site_/), organization: one.id });
    expect(await organizations.listSites(one.id)).toEqual([campus, house]);
    expect(await organizations.siteOf(one.id, '::ffff:10.20.30.1')).toEqual(house);
    expect(await organizations.siteOf(one.id, '10.20.1.1')).toEqual(campus);
    expect(await organizations.siteOf(one.id, '10.21.1.1')).toBeUndefined();
    expect(await organizations.listSites(two.id)).toEqual([]);
    expect(await organizations.pageSites(one.id, { limit: 1 })).toEqual([house]);
    expect(await organizations.pageSites(one.id, { limit: 5, before: house.id })).toEqual([campus]);
    expect(await organizations.pageSites(two.id, { limit: 5 })).toEqual([]);
    expect(await organizations.page({ limit: 1 })).toEqual([two]);
    expect(await organizations.page({ limit: 5, before: two.id })).toEqual([one]);
    expect(await organizations.siteOf(two.id, '10.20.1.1')).toBeUndefined();

    now = 4_000;
    const missing = { code: 'NOT_FOUND' };
    await expect(organizations.removeSite(two.id, campus.id, operator)).rejects.toMatchObject(missing);
    await expect(organizations.removeSite(one.id, 'site_x' as SiteId, operator)).rejects.toMatchObject(
      missing,
    );
    await organizations.removeSite(one.id, campus.id, operator);
    expect(await organizations.listSites(one.id)).toEqual([house]);
    expect((await auditLines()).slice(2)).toEqual([
      expect.objectContaining({
        action: 'site.add',
        target: campus.id,
        details: { cidr: '10.20.0.0/16', country: 'CH', timeZone: 'Europe/Zurich' },
      }),
      expect.objectContaining({ action: 'site.add', target: house.id }),
      expect.objectContaining({ action: 'site.remove', target: campus.id, at: 4_000 }),
    ]);
  });
});
