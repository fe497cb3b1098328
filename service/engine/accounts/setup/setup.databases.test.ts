import { expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { createAuthenticator } from '../../../../test/support/authenticator.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction, near } from '../../../../test/support/faces.ts';
import { desk, password, refusal, site } from '../../../../test/support/staff.ts';

const owner = { email: 'Elin@nordlys.example', name: 'Elin Sandström', password };
const realm = (engine: Engine, world: 'live' | 'test' = 'test') => ({
  organization: engine.organization,
  world,
});
let pictures = 0;
const enroll = (engine: Engine, world?: 'live' | 'test') =>
  engine.checks.enroll({
    ...realm(engine, world),
    picture: engine.analyzer.show(
      `setup-${++pictures}`,
      analysisOf(`setup-${pictures}`, {
        embeddings: { 'a-net': near(direction(`person-${pictures}`), 0.97, `setup-${pictures}`) },
      }),
    ),
    email: `person-${pictures}@example.com`,
    actor: operator,
  });

/** The token of a box without an owner. */
async function begun(engine: Engine): Promise<string> {
  const { is, token } = await engine.setup.begin();
  expect(is).toBe('open');
  return token!;
}
const setupLines = async ({ db }: Engine) =>
  (await db.selectFrom('audit').select(['actor', 'action', 'outcome']).orderBy('seq').execute())
    .filter(({ action }) => action.startsWith('setup-token') || action === 'administrator.create')
    .map(({ actor, action, outcome }) => `${actor} ${action} ${outcome}`);

mostlyOnSqlite('the setup of a box', (newLocation, _, { test }) => {
  test('without a browser: the owner has seven days for a second factor, and people are enrolled at once', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const token = await begun(engine);
    const made = await engine.setup.makeOwnerUnattended(engine.organization, owner, operator);
    expect(made).toMatchObject({
      email: 'elin@nordlys.example',
      role: 'owner',
      applianceOwner: true,
      passkeys: 0,
      factorDueAt: made.createdAt + 7 * 24 * 3_600_000,
    });
    expect(engine.setupTokens).toEqual([]);
    await expect(engine.setup.claim(token, desk)).rejects.toMatchObject({ code: 'SETUP_CLOSED' });
    await expect(
      engine.setup.makeOwnerUnattended(engine.organization, { ...owner, email: 'eve@example.com' }, operator),
    ).rejects.toMatchObject({ code: 'SETUP_CLOSED' });
    await enroll(engine);
    // The assistant was not there: nothing is left of it.
    expect(await engine.organizations.get(engine.organization)).not.toHaveProperty('setupSteps');
    await engine.stop();
  });

  test('one browser brings the token, names the organization, makes the owner; then it is closed', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const { setup } = engine;
    const token = await begun(engine);
    // 32 random bytes.
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(engine.setupTokens).toEqual([token]);
    // A second start leaves a token that can be used as it is.
    expect(await setup.begin()).toMatchObject({ is: 'open', token });
    expect(await setup.view(undefined)).toMatchObject({ is: 'open' });

    const claim = await setup.claim(` ${token}\n`, desk);
    expect(engine.setupTokens).toEqual([]);
    expect(await setup.view(undefined)).toEqual({ is: 'claimed', expiresAt: expect.any(Number) });
    expect(await setup.view(claim)).toMatchObject({
      is: 'mine',
      organization: { id: engine.organization, name: 'Acme', mayRename: true },
    });
    expect(await setup.begin()).toEqual({ is: 'claimed', expiresAt: expect.any(Number) });

    await setup.nameOrganization(claim, 'Nordlys Bank');
    expect((await engine.organizations.get(engine.organization)).name).toBe('Nordlys Bank');
    const weak = setup.makeOwner(claim, { ...owner, password: 'nordlys' }, desk);
    expect(await refusal(weak)).toBe('PASSWORD_TOO_WEAK');
    const opened = await setup.makeOwner(claim, owner, desk);
    expect(opened.session.administrator).toMatchObject({
      email: 'elin@nordlys.example',
      role: 'owner',
      applianceOwner: true,
      organization: engine.organization,
    });
    expect((await engine.administrators.sessionOf(opened.secret))?.session).toMatchObject({
      id: opened.session.id,
      administrator: { email: 'elin@nordlys.example' },
    });

    expect(await setup.view(claim)).toEqual({ is: 'closed' });
    expect(await setup.begin()).toEqual({ is: 'closed' });
    for (const late of [
      setup.claim(token, desk),
      setup.nameOrganization(claim, 'Mine'),
      setup.makeOwner(claim, { ...owner, email: 'eve@example.com' }, desk),
      setup.renew(operator),
    ])
      expect(await refusal(late)).toBe('SETUP_CLOSED');
    expect(await setupLines(engine)).toEqual([
      'appliance:start setup-token.make done',
      'appliance:setup setup-token.use done',
      'appliance:setup administrator.create done',
    ]);
    await engine.stop();
  });

  test('the owner has a second factor before the first person', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const { setup, administrators } = engine;
    const claim = await setup.claim(await begun(engine), desk);
    const { session } = await setup.makeOwner(claim, owner, desk);
    for (const world of ['live', 'test'] as const)
      expect(await refusal(enroll(engine, world))).toBe('SECOND_FACTOR_REQUIRED');
    await setup.begin();
    expect(await refusal(enroll(engine))).toBe('SECOND_FACTOR_REQUIRED');
    const actor = { is: 'administrator', administrator: session.administrator.id } as const;
    const options = await administrators.passkeyCreationOptions(session.id, site);
    await administrators.addPasskey(session.id, createAuthenticator().create(options), 'Key', site, actor);
    expect(await refusal(enroll(engine))).toBe('none');
    await engine.stop();
  });

  test('people of the test world do not keep the name of the organization, and nothing is owed', async () => {
    const engine = await startEngine({ location: await newLocation() });
    expect(await refusal(enroll(engine, 'test'))).toBe('none');
    const claim = await engine.setup.claim(await begun(engine), desk);
    expect(await engine.setup.view(claim)).toMatchObject({ organization: { mayRename: true } });
    await engine.setup.nameOrganization(claim, 'Nordlys Bank');
    expect((await engine.organizations.get(engine.organization)).name).toBe('Nordlys Bank');
    await engine.setup.makeOwner(claim, owner, desk);
    expect(await refusal(enroll(engine))).toBe('none');
    await engine.stop();
  });

  test('the first live key ends the step that asks for keys; a test key does not', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const claim = await engine.setup.claim(await begun(engine), desk);
    await engine.setup.makeOwner(claim, owner, desk);
    const make = (world: 'live' | 'test') =>
      engine.access.createKey(
        { organization: engine.organization, name: world, world, scopes: ['identity'] },
        operator,
      );
    const keysStep = async () => (await engine.organizations.get(engine.organization)).setupSteps?.keys;
    await make('test');
    expect(await keysStep()).toBe('open');
    await make('live');
    expect(await keysStep()).toBe('done');
    await make('live');
    const lines = await engine.db
      .selectFrom('audit')
      .select('details')
      .where('action', '=', 'organization.set')
      .execute();
    expect(lines.filter(({ details }) => JSON.stringify(details).includes('keys'))).toHaveLength(2);
    await engine.stop();
  });

  test('a box that has real people goes on as it was: nothing is renamed, nothing is owed', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const { organizations, organization } = engine;
    await organizations.set(organization, { matchOnly: true }, operator);
    const given = { textVersion: '1', method: 'signed form', legalBasis: 'explicit consent' };
    await organizations.attestConsent(organization, { ...given, purposes: ['verification'] }, operator);
    expect(await refusal(enroll(engine, 'live'))).toBe('none');
    const claim = await engine.setup.claim(await begun(engine), desk);
    expect(await engine.setup.view(claim)).toMatchObject({ organization: { mayRename: false } });
    expect(await refusal(engine.setup.nameOrganization(claim, 'Other'))).toBe('CONFLICT');
    await engine.setup.nameOrganization(claim, 'Acme');
    await engine.setup.makeOwner(claim, owner, desk);
    expect(await refusal(enroll(engine))).toBe('none');
    await engine.stop();
  });

  it('refuses a wrong token, one that was used, one that ended, one that was replaced', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const { setup } = engine;
    const token = await begun(engine);
    expect(await refusal(setup.claim(`${token}x`, desk))).toBe('SETUP_TOKEN_REFUSED');
    expect(await refusal(setup.claim('', desk))).toBe('SETUP_TOKEN_REFUSED');
    const raced = await Promise.all([1, 2].map(() => refusal(setup.claim(token, desk))));
    expect(raced.toSorted()).toEqual(['SETUP_TOKEN_REFUSED', 'none']);
    for (const claim of [undefined, '', token, 'a'.repeat(43)]) {
      expect(await setup.view(claim)).toMatchObject({ is: 'claimed' });
      expect(await refusal(setup.nameOrganization(claim, 'Mine'))).toBe('SETUP_TOKEN_REFUSED');
      expect(await refusal(setup.makeOwner(claim, owner, desk))).toBe('SETUP_TOKEN_REFUSED');
    }

    const { token: second } = await setup.renew(operator);
    expect(await refusal(setup.claim(token, desk))).toBe('SETUP_TOKEN_REFUSED');
    engine.advance(24 * 3_600_000);
    expect(await setup.view(undefined)).toEqual({ is: 'expired' });
    expect(await refusal(setup.claim(second!, desk))).toBe('SETUP_TOKEN_REFUSED');

    // Just before its end it still gives an hour.
    const third = await begun(engine);
    engine.advance(24 * 3_600_000 - 1);
    const claim = await setup.claim(third, desk);
    engine.advance(3_600_000 - 1);
    expect(await setup.view(claim)).toMatchObject({ is: 'mine' });
    engine.advance(1);
    expect(await refusal(setup.makeOwner(claim, owner, desk))).toBe('SETUP_TOKEN_REFUSED');
    await engine.stop();
  });

  test('delays the guesses of one source, and of no other', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const token = await begun(engine);
    const guess = (source: string, what = 'guess') => refusal(engine.setup.claim(what, { source }));
    for (let i = 0; i < 5; i++) expect(await guess('10.0.0.9')).toBe('SETUP_TOKEN_REFUSED');
    expect(await guess('10.0.0.9', token)).toBe('SIGN_IN_DELAYED');
    engine.advance(1000);
    expect(await guess('10.0.0.9')).toBe('SETUP_TOKEN_REFUSED');
    engine.advance(1000);
    expect(await guess('10.0.0.9')).toBe('SIGN_IN_DELAYED');
    expect(await guess('10.0.0.1', token)).toBe('none');
    await engine.stop();
  });

  test('a token written into the database without the keys is invalid', async () => {
    const engine = await startEngine({ location: await newLocation() });
    const token = await begun(engine);
    await engine.db.updateTable('setup').set({ expires_at: Number.MAX_SAFE_INTEGER }).execute();
    expect(await refusal(engine.setup.claim(token, desk))).toBe('SETUP_TOKEN_REFUSED');
    await engine.stop();
  });
});
