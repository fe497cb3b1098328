import { afterEach, beforeEach, expect, test } from 'vitest';
import { onSqlite } from '../../../../test/storage/databases.ts';
import { type Engine, operator, startEngine } from '../../../../test/support/engine.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { FlowDefinition } from './flow.ts';

let engine: Engine;
let organization: OrganizationId;
const bea = { is: 'administrator', administrator: 'adm_bea' } as const;
const visitors = FlowDefinition.parse({ name: 'Visitors & guests', product: 'verifyhuman' });

onSqlite('flows', (newLocation) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    ({ organization } = engine);
  });
  afterEach(() => engine.stop());

  const create = (more: Partial<FlowDefinition> = {}) =>
    engine.flows.create(organization, { ...visitors, ...more }, operator);

  test('one is made, changed, published as it then is, and published no longer', async () => {
    const made = await create();
    const at = engine.clock.now();
    expect(made).toMatchObject({
      slug: expect.stringMatching(/^visitors-guests-[0-9a-z]{10}$/),
      draft: visitors,
      createdAt: at,
      createdBy: 'operator:ada',
      changedBy: 'operator:ada',
    });
    expect(made).not.toHaveProperty('published');
    expect((await engine.flows.publish(organization, made.id, bea)).published).toEqual({
      definition: visitors,
      at,
      by: 'administrator:adm_bea',
    });
    engine.advance(1000);
    const other = { ...visitors, name: 'Guests', texts: { title: 'Hello' } };
    const changed = await engine.flows.change(organization, made.id, other, bea);
    expect(changed).toMatchObject({ slug: made.slug, draft: other, changedAt: at + 1000 });
    expect(changed.published!.definition).toEqual(visitors);
    expect(await engine.flows.get(organization, made.id)).toEqual(changed);
    await expect(engine.flows.remove(organization, made.id, bea)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await engine.flows.unpublish(organization, made.id, bea)).not.toHaveProperty('published');
    await engine.flows.remove(organization, made.id, bea);
    await expect(engine.flows.get(organization, made.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const lines = await engine.db
      .selectFrom('audit')
      .select('action')
      .where('target', '=', made.id)
      .orderBy('seq')
      .execute();
    expect(lines.map(({ action }) => action)).toEqual([
      ...['flow.create', 'flow.publish', 'flow.change', 'flow.unpublish', 'flow.remove'],
    ]);
  });

  test('one whose draft cannot be read is published only once it is saved again', async () => {
    const { id } = await create();
    await engine.flows.publish(organization, id, bea);
    await engine.db.updateTable('flow').set({ definition: '{"name' }).where('id', '=', id).execute();
    const lost = async () => (await engine.flows.problems(await engine.flows.get(organization, id)))[0];
    const notRead = { path: 'name', message: expect.stringContaining('cannot be read') };
    expect(await lost()).toMatchObject(notRead);
    await engine.flows.unpublish(organization, id, bea);
    await expect(engine.flows.publish(organization, id, bea)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      extra: { details: [notRead] },
    });
    await engine.flows.change(organization, id, visitors, bea);
    expect(await lost()).toBeUndefined();
    expect((await engine.flows.publish(organization, id, bea)).published!.definition).toEqual(visitors);
  });

  test('one leads only where the organization allows it, also once that changes', async () => {
    const redirects = { success: 'https://app.example.com/done' };
    await expect(create({ redirects })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      extra: {
        details: [{ path: 'redirects.success', message: expect.stringContaining('app.example.com') }],
      },
    });
    const allow = (redirectTargets: string[]) =>
      engine.organizations.set(organization, { redirectTargets }, operator);
    await allow(['app.example.com']);
    const made = await create({ redirects });
    expect(await engine.flows.problems(made)).toEqual([]);
    await allow([]);
    expect(await engine.flows.problems(made)).toMatchObject([{ path: 'redirects.success' }]);
    await expect(engine.flows.publish(organization, made.id, bea)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });

  test('the profile has to be there and allowed', async () => {
    await expect(create({ profile: 'nowhere' })).rejects.toMatchObject({
      extra: { details: [{ path: 'profile' }] },
    });
    await engine.organizations.set(organization, { allowedProfiles: ['default'] }, operator);
    await expect(create({ profile: 'argus' })).rejects.toMatchObject({
      extra: { details: [{ path: 'profile' }] },
    });
  });

  test('a preview has every text, and what the profile checks', async () => {
    const preview = await engine.flows.preview(await create({ texts: { title: 'Hello' } }));
    expect(preview).toMatchObject({
      product: 'verifyhuman',
      redirects: {},
      texts: {
        en: { title: 'Hello', button: 'I agree, start', consent: expect.stringContaining('picture') },
      },
      profile: { slug: 'default', checks: expect.arrayContaining(['liveness']) },
    });
  });

  test('another organization has flows of its own, and may use the same name; an erased one has none', async () => {
    const mine = await create();
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    const theirs = await engine.flows.create(other, visitors, operator);
    expect(theirs.slug).not.toBe(mine.slug);
    await expect(engine.flows.get(organization, theirs.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(engine.flows.publish(organization, theirs.id, bea)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const second = await create();
    const first = await engine.flows.page(organization, { limit: 1 });
    expect(first.map(({ id }) => id)).toEqual([second.id]);
    const rest = await engine.flows.page(organization, { limit: 10, before: second.id });
    expect(rest.map(({ id }) => id)).toEqual([mine.id]);
    await engine.flows.forget(organization);
    expect(await engine.flows.page(organization, { limit: 10 })).toEqual([]);
    expect(await engine.flows.page(other, { limit: 10 })).toEqual([theirs]);
  });
});
