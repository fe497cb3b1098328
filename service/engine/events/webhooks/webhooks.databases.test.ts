import { afterEach, beforeEach, describe as describeBoth, expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { certificate } from '../../../../test/support/certificate.ts';
import { type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { flipBit } from '../../../../test/support/flip-bit.ts';
import { openDestinations, openWebhooks } from '../../../../test/support/webhooks.ts';
import type { EndpointId, OrganizationId, World } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { NewEndpoint } from './endpoint.ts';
import type { OpenEndpoint } from './endpoint-book.ts';
import type { EndpointWebhooks } from './webhooks.ts';

const HOUR = 3_600_000;
const NAME = 'identity.verification.success';
const pin = Buffer.alloc(32, 1).toString('base64');

let engine: Engine;
let webhooks: EndpointWebhooks;
let destinations: ReturnType<typeof openDestinations>;

const realm = (world: World = 'live', organization = engine.organization) => ({ organization, world });
const wanted = (more: Partial<NewEndpoint> = {}): NewEndpoint => ({
  family: 'identity',
  url: 'https://hooks.example.org/in?token=urlsecret',
  ...more,
});
const add = (more: Partial<NewEndpoint> = {}, world: World = 'live') =>
  webhooks.add(realm(world), wanted(more), operator);
const receivers = (world: World = 'live', name = NAME) =>
  webhooks.endpointsFor(realm(world), name).map(({ id }) => id);
const lines = async () =>
  (await engine.db.selectFrom('audit').selectAll().orderBy('seq').execute())
    .filter(({ action }) => action.startsWith('webhook.'))
    .map(({ action, target, actor, details }) => ({
      action,
      target,
      actor,
      details: JSON.parse(details) as object,
    }));
const row = (id: string) =>
  engine.db.selectFrom('webhook_endpoint').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

mostlyOnSqlite('webhook endpoints', (newLocation, _, { test, describe }) => {
  beforeEach(async () => {
    engine = await startEngine({ location: await newLocation() });
    destinations = openDestinations();
    webhooks = openWebhooks(engine, destinations);
  });
  afterEach(() => engine.stop());

  test('a new endpoint is shown without its secret, found by its events, and audited', async () => {
    const { endpoint, secret } = await add({
      headers: { Authorization: 'Bearer hunter2' },
      description: 'ERP',
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{40}$/);
    expect(endpoint).toEqual({
      id: expect.stringMatching(/^wh_/),
      organization: engine.organization,
      world: 'live',
      kind: 'endpoint',
      family: 'identity',
      url: 'https://hooks.example.org/in?token=urlsecret',
      description: 'ERP',
      events: expect.arrayContaining([NAME, 'identity.alert.triggered']),
      signature: 'hex',
      signatureHeader: undefined,
      headers: ['Authorization'],
      trust: { is: 'system' },
      state: { is: 'enabled' },
      cutOverAt: undefined,
      failingSince: undefined,
      lineage: undefined,
      createdAt: engine.clock.now(),
      createdBy: 'operator:ada',
    });
    expect(await webhooks.list(realm())).toEqual([endpoint]);
    expect(await webhooks.get(realm(), endpoint.id)).toEqual(endpoint);
    expect(destinations.asked).toEqual([endpoint.url]);
    expect(receivers()).toEqual([endpoint.id]);
    expect(await webhooks.open(endpoint.id)).toEqual({
      endpoint,
      secret,
      nextSecret: undefined,
      headers: { Authorization: 'Bearer hunter2' },
      ca: undefined,
      pin: undefined,
    });
    const [line] = await lines();
    expect(line).toMatchObject({ action: 'webhook.add', target: endpoint.id, actor: 'operator:ada' });
    const stored = JSON.stringify([
      line,
      Buffer.from((await row(endpoint.id)).headers_sealed!).toString('latin1'),
    ]);
    for (const hidden of [secret.slice(6), 'hunter2', 'urlsecret']) expect(stored).not.toContain(hidden);
  });

  test('another world and organization see, change and get nothing of it', async () => {
    const { endpoint } = await add();
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    for (const theirs of [realm('test'), realm('live', other)]) {
      expect(await webhooks.list(theirs)).toEqual([]);
      expect(webhooks.endpointsFor(theirs, NAME)).toEqual([]);
      for (const refused of [
        () => webhooks.get(theirs, endpoint.id),
        () => webhooks.change(theirs, endpoint.id, { description: 'x' }, operator),
        () => webhooks.enable(theirs, endpoint.id, operator),
        () => webhooks.disable(theirs, endpoint.id, 'x', operator),
        () => webhooks.rotate(theirs, endpoint.id, 0, operator),
        () => webhooks.remove(theirs, endpoint.id, operator),
      ])
        await expect(refused()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(await webhooks.get(realm(), endpoint.id)).toEqual(endpoint);
  });

  test('pages go on after the last webhook of the page before, the newest first, of one family where asked', async () => {
    const made: string[] = [];
    for (let i = 0; i < 3; i++) {
      engine.clock.advance(1);
      made.unshift((await add()).endpoint.id);
    }
    const page = async (of: { before?: string; limit: number; family?: 'identity' | 'hosted' }) =>
      (await webhooks.page(realm(), of)).map(({ id }) => id);
    expect(await page({ limit: 2 })).toEqual(made.slice(0, 2));
    expect(await page({ limit: 2, before: made[1]! })).toEqual(made.slice(2));
    expect(await page({ limit: 9, family: 'identity' })).toEqual(made);
    expect(await page({ limit: 9, family: 'hosted' })).toEqual([]);
    expect(await webhooks.page(realm('test'), { limit: 9 })).toEqual([]);
  });

  test('a destination that is refused leaves nothing, neither at first nor at a change', async () => {
    const { endpoint } = await add();
    const check = async () => {
      throw new Problem('DESTINATION_NOT_GRANTED', 'Ask Ada.');
    };
    const strict = openWebhooks(engine, { check });
    await expect(strict.add(realm(), wanted(), operator)).rejects.toMatchObject({
      code: 'DESTINATION_NOT_GRANTED',
    });
    await expect(
      strict.change(realm(), endpoint.id, { url: 'https://elsewhere.example' }, operator),
    ).rejects.toMatchObject({ code: 'DESTINATION_NOT_GRANTED' });
    expect(await webhooks.list(realm())).toEqual([endpoint]);
    expect((await lines()).map(({ action }) => action)).toEqual(['webhook.add']);
  });

  test('a name without an address is reported as a wrong field', async () => {
    const check = async () => {
      throw Object.assign(new Error('nowhere.example has no address.'), { failure: 'unresolved' });
    };
    await expect(openWebhooks(engine, { check }).add(realm(), wanted(), operator)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      extra: { details: [{ path: 'url', message: 'nowhere.example has no address.' }] },
    });
  });

  test('a change touches what it names, and nothing leaves no line', async () => {
    const { endpoint } = await add({ ca: certificate });
    const change = (one: Parameters<EndpointWebhooks['change']>[2]) =>
      webhooks.change(realm(), endpoint.id, one, operator);
    expect(await change({})).toEqual(endpoint);
    expect(
      await change({ url: endpoint.url, description: '', signatureHeader: 'X-Proof-Signature' }),
    ).toEqual(endpoint);
    expect(await change({ events: ['user.enrolled'], pin, headers: { 'x-a': '1' } })).toEqual({
      ...endpoint,
      events: ['identity.user.enrolled'],
      headers: ['x-a'],
      trust: { is: 'pin', pin },
    });
    expect(receivers()).toEqual([]);
    expect(receivers('live', 'identity.user.enrolled')).toEqual([endpoint.id]);
    expect((await change({ pin: null, headers: {}, signatureHeader: 'X-Ours' })).trust).toEqual({
      is: 'system',
    });
    await expect(change({ headers: { 'x-ours-NEXT': '1' } })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    await expect(change({ ca: certificate, pin })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await lines()).slice(1)).toMatchObject([
      {
        action: 'webhook.change',
        details: { events: ['identity.user.enrolled'], pin, ca: false, headers: ['x-a'] },
      },
      { action: 'webhook.change', details: { pin: null, headers: [], signature_header: 'X-Ours' } },
    ]);
  });

  test('a CA or pin is not kept with a new address that uses no TLS', async () => {
    const plain = 'http://10.1.2.3/in';
    await expect(add({ url: plain, pin })).rejects.toMatchObject({ extra: { details: [{ path: 'pin' }] } });
    const { endpoint } = await add({ ca: certificate });
    const change = (one: Parameters<EndpointWebhooks['change']>[2]) =>
      webhooks.change(realm(), endpoint.id, one, operator);
    await expect(change({ url: plain })).rejects.toMatchObject({ extra: { details: [{ path: 'ca' }] } });
    expect(await change({ url: plain, ca: null })).toMatchObject({ url: plain, trust: { is: 'system' } });
    await expect(change({ pin })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  test('one with a damaged header or secret is shown and gets nothing until it is given again, and can be removed', async () => {
    const { endpoint } = await add({ headers: { Authorization: 'Bearer hunter2' } });
    const { id } = endpoint;
    const sound = (await add()).endpoint.id;
    const damaged = { is: 'disabled', reasonCode: 'webhook-damaged' };
    const flip = async (column: 'headers_sealed' | 'secret_sealed') => {
      await flipBit(engine.db, 'webhook_endpoint', column, id);
      await webhooks.refresh(id);
    };
    await flip('headers_sealed');
    expect(await webhooks.list(realm())).toMatchObject([{ id, state: damaged, headers: [] }, { id: sound }]);
    expect([await webhooks.get(realm(), id)]).toMatchObject([{ state: damaged }]);
    expect(receivers()).toEqual([sound]);
    expect(await engine.recordIntegrity.check()).toMatchObject([{ table: 'webhook_endpoint', id }]);
    const unusable = { endpoint: { state: damaged }, reason: expect.stringContaining('damaged') };
    expect(await webhooks.open(id)).toMatchObject(unusable);
    expect(await webhooks.open(id)).not.toHaveProperty('secret');
    expect(webhooks.altered()).toEqual([id]);
    const change = (to: Parameters<typeof webhooks.change>[2]) => webhooks.change(realm(), id, to, operator);
    await expect(change({ description: 'ERP' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(webhooks.rotate(realm(), id, HOUR, operator)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await change({ headers: {} })).toMatchObject({ state: { is: 'enabled' } });
    expect(receivers()).toEqual([id, sound]);
    await flip('secret_sealed');
    expect(receivers()).toEqual([sound]);
    await webhooks.rotate(realm(), id, 0, operator);
    expect(receivers()).toEqual([id, sound]);
    await webhooks.change(realm(), id, { headers: { 'x-a': '1' } }, operator);
    await flip('headers_sealed');
    await webhooks.remove(realm(), id, operator);
    expect(await webhooks.list(realm())).toMatchObject([{ id: sound }]);
  });

  test('values of custom headers follow it to no other server unless they are given again', async () => {
    const { endpoint } = await add({ headers: { Authorization: 'Bearer hunter2' } });
    const change = (one: Parameters<EndpointWebhooks['change']>[2]) =>
      webhooks.change(realm(), endpoint.id, one, operator);
    for (const url of ['https://elsewhere.example/in', 'https://hooks.example.org:8443/in'])
      await expect(change({ url })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        extra: { details: [{ path: 'headers' }] },
      });
    expect((await change({ url: 'https://hooks.example.org/other' })).headers).toEqual(['Authorization']);
    const url = 'https://elsewhere.example/in';
    expect(await change({ url, headers: {} })).toMatchObject({ url, headers: [] });
    expect(await change({ url: endpoint.url })).toMatchObject({ url: endpoint.url });
  });

  test('disabled it gets nothing new and can still be opened; enabled it has a clean record', async () => {
    const { endpoint } = await add();
    const disable = () => webhooks.disable(realm(), endpoint.id, 'maintenance', operator);
    expect(await webhooks.troubles()).toEqual({ failing: 0, granted: [engine.organization] });
    const off = await disable();
    expect(await webhooks.troubles()).toEqual({ failing: 1, granted: [] });
    expect(off.state).toEqual({ is: 'disabled', reason: 'maintenance', at: engine.clock.now() });
    engine.advance(1000);
    expect(await disable()).toEqual(off);
    expect(receivers()).toEqual([]);
    expect((await webhooks.open(endpoint.id))?.endpoint).toEqual(off);
    await engine.inTransaction((tx) => webhooks.noteOutcome(tx, endpoint.id, { accepted: false, at: 5 }));
    expect((await webhooks.troubles()).failing).toBe(1);
    expect(await webhooks.enable(realm(), endpoint.id, operator)).toEqual(endpoint);
    expect(receivers()).toEqual([endpoint.id]);
    expect((await lines()).map(({ action }) => action)).toEqual([
      'webhook.add',
      'webhook.disable',
      'webhook.enable',
    ]);
  });

  test('removed it is gone, and its row holds no secret any more', async () => {
    const { endpoint } = await add({ headers: { 'x-key': 'hunter2' }, ca: certificate });
    await webhooks.rotate(realm(), endpoint.id, HOUR, operator);
    await webhooks.remove(realm(), endpoint.id, operator);
    expect(receivers()).toEqual([]);
    expect(await webhooks.open(endpoint.id)).toBeUndefined();
    expect(await webhooks.list(realm())).toEqual([]);
    await expect(webhooks.remove(realm(), endpoint.id, operator)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const left = await row(endpoint.id);
    expect({ ...left, secret_sealed: left.secret_sealed.length }).toMatchObject({
      url: 'https://hooks.example.org',
      secret_sealed: 0,
      next_secret_sealed: null,
      headers_sealed: null,
      ca: null,
      state: 'removed',
    });
  });

  test('a removal of all of an organization leaves others alone', async () => {
    const other = (await engine.organizations.create({ name: 'Other' }, operator)).id;
    await add();
    await add({}, 'test');
    const { endpoint } = await webhooks.add(realm('live', other), wanted(), operator);
    expect(await webhooks.removeAll(engine.organization, operator)).toBe(2);
    expect([...(await webhooks.list(realm())), ...(await webhooks.list(realm('test')))]).toEqual([]);
    expect(await webhooks.list(realm('live', other))).toEqual([endpoint]);
  });

  describe('a rotation', () => {
    const secrets = async (id: EndpointId) => {
      const { secret, nextSecret } = (await webhooks.open(id)) as OpenEndpoint;
      return [secret, nextSecret];
    };

    test('has both secrets until its cut-over, then the new one, without a timer', async () => {
      const { endpoint, secret: old } = await add();
      const { endpoint: rotating, secret: next } = await webhooks.rotate(
        realm(),
        endpoint.id,
        24 * HOUR,
        operator,
      );
      const end = engine.clock.now() + 24 * HOUR;
      expect(next).not.toBe(old);
      expect(rotating.cutOverAt).toBe(end);
      expect(await secrets(endpoint.id)).toEqual([old, next]);
      await expect(webhooks.rotate(realm(), endpoint.id, 0, operator)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining(new Date(end).toISOString()),
      });
      engine.advance(24 * HOUR - 1);
      expect(await secrets(endpoint.id)).toEqual([old, next]);
      engine.advance(1);
      expect(await secrets(endpoint.id)).toEqual([next, undefined]);
      expect((await webhooks.get(realm(), endpoint.id)).cutOverAt).toBeUndefined();
      const { secret: third } = await webhooks.rotate(realm(), endpoint.id, HOUR, operator);
      expect(await secrets(endpoint.id)).toEqual([next, third]);
    });

    test('without an overlap replaces the secret at once', async () => {
      const { endpoint } = await add({ family: 'behavior' });
      const { secret } = await webhooks.rotate(realm(), endpoint.id, 0, operator);
      expect(secret).toMatch(/^huma_whsec_/);
      expect(await secrets(endpoint.id)).toEqual([secret, undefined]);
      expect((await row(endpoint.id)).cut_over_at).toBeNull();
    });

    test.each([-1, 0.5, Number.NaN, 31 * 24 * HOUR])('of %d milliseconds is refused', async (overlap) => {
      const { endpoint } = await add();
      await expect(webhooks.rotate(realm(), endpoint.id, overlap, operator)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    });
  });

  describeBoth('limits', () => {
    it('five of a key and its successors, also when asked at once; those of others and removed ones do not count', async () => {
      const order = () => webhooks.add(realm(), wanted({ family: 'behavior', lineage: 'key_1' }), key);
      const made = await Promise.allSettled(Array.from({ length: 8 }, order));
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
      await expect(order()).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('5 are the most'),
      });
      await webhooks.add(realm(), wanted({ family: 'behavior', lineage: 'key_2' }), key);
      const listed = await webhooks.list(realm(), { lineage: 'key_1' });
      expect(listed.map(({ signature }) => signature)).toEqual(Array(5).fill('timestamped'));
      await webhooks.remove(realm(), listed[0]!.id, key);
      expect((await order()).secret).toMatch(/^huma_whsec_/);
    });

    test('fifty of an organization and world', async () => {
      for (let i = 0; i < 50; i++) await add();
      await expect(add()).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('50') });
      await add({}, 'test');
    });

    test.each<[string, Partial<NewEndpoint>, string]>([
      ['plain http of a key', { family: 'behavior', lineage: 'key_1', url: 'http://10.0.0.1/' }, 'url'],
      ['another signature of a key', { family: 'behavior', lineage: 'key_1', signature: 'hex' }, 'signature'],
      ['a URL without an end', { url: `https://a.example/${'a'.repeat(2048)}` }, 'url'],
      ['a family without events', { family: 'presence' as never }, 'family'],
      ['two kinds of trust', { ca: certificate, pin }, 'pin'],
    ])('%s is refused', async (_, more, path) => {
      await expect(add(more)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        extra: { details: [{ path }] },
      });
      expect(destinations.asked).toEqual([]);
    });

    test('an organization that is erased or unknown gets none', async () => {
      const order = (organization: string) =>
        webhooks.add({ organization: organization as OrganizationId, world: 'live' }, wanted(), operator);
      await expect(order('org_none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await engine.inTransaction((tx) => engine.organizations.markErased(tx, engine.organization));
      await expect(order(engine.organization)).rejects.toMatchObject({ code: 'CONFLICT' });
    });
  });

  describe('callbacks', () => {
    const callback = () => engine.inTransaction((tx) => webhooks.callbackEndpoint(tx, realm(), 'sessions'));

    test('have one endpoint per family, made at the first need, whose secret a rotation shows', async () => {
      const id = await callback();
      expect(await callback()).toBe(id);
      expect(await webhooks.list(realm())).toMatchObject([
        { id, kind: 'callback', family: 'sessions', url: '' },
      ]);
      expect(receivers('live', 'sessions.verification.completed')).toEqual([]);
      const { secret } = await webhooks.rotate(realm(), id, 0, operator);
      expect((await webhooks.open(id))?.secret).toBe(secret);
      await expect(
        webhooks.change(realm(), id, { url: 'https://a.example' }, operator),
      ).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      expect((await webhooks.change(realm(), id, { headers: { 'x-a': '1' } }, operator)).headers).toEqual([
        'x-a',
      ]);
    });

    test('of a transaction that failed are not there', async () => {
      let id: EndpointId | undefined;
      const failed = engine.inTransaction(async (tx) => {
        id = await webhooks.callbackEndpoint(tx, realm(), 'sessions');
        throw new Error('the disk is full');
      });
      await expect(failed).rejects.toThrow('the disk is full');
      expect(await webhooks.open(id!)).toBeUndefined();
      expect(await webhooks.list(realm())).toEqual([]);
    });
  });

  test('failures are counted from the first until an attempt is accepted', async () => {
    const { id } = (await add()).endpoint;
    const note = (accepted: boolean, at: number) =>
      engine.inTransaction((tx) => webhooks.noteOutcome(tx, id, { accepted, at }));
    expect(await note(true, 1)).toEqual({ failingSince: undefined, changed: false });
    expect(await note(false, 2)).toEqual({ failingSince: 2, changed: true });
    expect(await note(false, 3)).toEqual({ failingSince: 2, changed: false });
    expect((await webhooks.get(realm(), id)).failingSince).toBe(2);
    expect(await note(true, 4)).toEqual({ failingSince: undefined, changed: true });
  });

  test('an endpoint that failed for too long is switched off once, automatically', async () => {
    const { id } = (await add()).endpoint;
    const off = () => engine.inTransaction((tx) => webhooks.switchOff(tx, id, 'five days'));
    expect(await off()).toBe(true);
    expect(receivers()).toEqual([id]);
    await webhooks.refresh(id);
    expect(receivers()).toEqual([]);
    expect(await off()).toBe(false);
    expect((await lines()).at(-1)).toMatchObject({ action: 'webhook.disable', actor: 'appliance:webhooks' });
  });

  test('a second start knows what the first one made', async () => {
    const { endpoint, secret } = await add();
    const { endpoint: gone } = await add();
    await webhooks.remove(realm(), gone.id, operator);
    const again = openWebhooks(engine);
    expect(again.endpointsFor(realm(), NAME)).toEqual([]);
    await again.load();
    expect(again.endpointsFor(realm(), NAME)).toEqual([endpoint]);
    expect((await again.open(endpoint.id))?.secret).toBe(secret);
  });

  test('events that cannot be read stop that endpoint alone: it is shown as altered, and is removed', async () => {
    const [{ endpoint: one }, { endpoint: two }] = [await add(), await add()];
    await engine.db.updateTable('webhook_endpoint').set({ events: 'Y]' }).where('id', '=', one.id).execute();
    const again = openWebhooks(engine);
    await again.load();
    expect(again.endpointsFor(realm(), NAME)).toEqual([two]);
    const shown = await again.list(realm());
    expect(shown.map(({ id, altered, events }) => [id, altered, events])).toEqual(
      expect.arrayContaining([[one.id, true, []]]),
    );
    await again.remove(realm(), one.id, operator);
    expect(await again.list(realm())).toEqual([two]);
  });

  test('without its audit line no change happens', async () => {
    const { endpoint } = await add();
    const audit = {
      add: async () => {
        throw new Error('mute');
      },
    };
    const mute = openWebhooks({ ...engine, audit });
    await mute.load();
    for (const change of [
      () => mute.add(realm(), wanted(), operator),
      () => mute.change(realm(), endpoint.id, { description: 'x' }, operator),
      () => mute.disable(realm(), endpoint.id, 'x', operator),
      () => mute.rotate(realm(), endpoint.id, 0, operator),
      () => mute.remove(realm(), endpoint.id, operator),
    ])
      await expect(change()).rejects.toThrow('mute');
    expect(await webhooks.list(realm())).toEqual([endpoint]);
    expect(mute.endpointsFor(realm(), NAME)).toEqual([endpoint]);
  });
});
