import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { mostlyOnSqlite } from '../../../../test/storage/databases.ts';
import { organization as none, own } from '../../../../test/support/destinations.ts';
import { operator, startEngine } from '../../../../test/support/engine.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import { createDestinations } from './destination-rules.ts';
import { createGrants } from './grants.ts';

mostlyOnSqlite('grants', (newLocation, kind, { test }) => {
  async function start(transaction?: (real: InTransaction) => InTransaction) {
    const engine = await startEngine({ location: await newLocation() });
    const inTransaction = transaction?.(engine.inTransaction) ?? engine.inTransaction;
    const grants = createGrants({ ...engine, inTransaction, own: () => own });
    const destinations = createDestinations({
      grants,
      outgoing: { resolve: async () => ['10.1.2.3'] },
      own: () => own,
    });
    const reaches = (url: string, organization: OrganizationId = engine.organization) =>
      destinations.check(organization, url).then(
        () => true,
        ({ code }) => code as string,
      );
    const lines = () =>
      engine.db
        .selectFrom('audit')
        .select(['actor', 'action', 'organization', 'target', 'request', 'details'])
        .where('action', 'like', 'grant.%')
        .orderBy('seq')
        .execute();
    return { ...engine, grants, reaches, lines };
  }

  test('hold from the moment they are given until they are revoked, for their organization alone', async () => {
    const { grants, organization, organizations, reaches, advance, lines, stop } = await start();
    const other = (await organizations.create({ name: 'Other' }, operator)).id;
    expect(await reaches('http://lan.example.org:8080/')).toBe('DESTINATION_NOT_GRANTED');
    const actor = { ...operator, request: 'req_1' };
    const made = await grants.add(organization, 'lan.example.org:8080', 'doors', actor);
    const at = made.createdAt;
    expect(made).toEqual({
      id: made.id,
      organization,
      to: { is: 'name', name: 'lan.example.org' },
      port: 8080,
      reach: 'any',
      note: 'doors',
      createdAt: at,
      createdBy: 'operator:ada',
      revoked: undefined,
    });
    expect(await reaches('http://lan.example.org:8080/')).toBe(true);
    expect(await reaches('http://lan.example.org:8080/', other)).toBe('DESTINATION_NOT_GRANTED');
    expect([await grants.list(organization), await grants.list(other)]).toEqual([[made], []]);

    await expect(grants.revoke(other, made.id, actor)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    advance(1000);
    const revoked = { ...made, revoked: { at: at + 1000, by: 'operator:ada' } };
    expect(await grants.revoke(organization, made.id, actor)).toEqual(revoked);
    expect(await reaches('http://lan.example.org:8080/')).toBe('DESTINATION_NOT_GRANTED');
    expect(await grants.list(organization)).toEqual([revoked]);
    await expect(grants.revoke(organization, made.id, actor)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const line = { actor: 'operator:ada', organization, target: made.id, request: 'req_1' };
    expect(await lines()).toEqual([
      { ...line, action: 'grant.add', details: '{"to":"lan.example.org:8080","note":"doors"}' },
      { ...line, action: 'grant.revoke', details: '{"to":"lan.example.org:8080"}' },
    ]);
    await stop();
  });

  test('come back from the database as they were given', async () => {
    const { grants, organization, stop } = await start();
    const made = [];
    for (const to of ['*.example.org', '10.1.0.0/16:8080', '[fd00::1]:443', 'public-https', '127.0.0.1'])
      made.push(await grants.add(organization, to, '', operator));
    expect(await grants.list(organization)).toEqual(made);
    await stop();
  });

  test('one whose kind is damaged opens nothing and stops no other; it is listed and can be revoked', async () => {
    const { db, grants, organization, reaches, stop } = await start();
    const { id } = await grants.add(organization, '10.1.0.0/16:8080', '', operator);
    await grants.add(organization, 'lan.example.org:8080', '', operator);
    if (kind === 'sqlite') await sql`pragma ignore_check_constraints = on`.execute(db);
    else await sql`alter table destination_grant drop constraint destination_grant_kind_check`.execute(db);
    await sql`update destination_grant set kind = 'cier' where id = ${id}`.execute(db);
    expect(await reaches('http://lan.example.org:8080/')).toBe(true);
    expect(await reaches('http://10.1.2.3:8080/')).toBe('DESTINATION_NOT_GRANTED');
    expect(await grants.list(organization)).toMatchObject([{ id, altered: true }, {}]);
    expect(await grants.revoke(organization, id, operator)).toMatchObject({ id });
    expect(await grants.page(organization, { revoked: false, limit: 9 })).toHaveLength(1);
    await stop();
  });

  test('pages go on after the last grant of the page before, the newest first, revoked or holding where asked', async () => {
    const { grants, organization, organizations, advance, stop } = await start();
    const made: string[] = [];
    for (const to of ['a.example.org', 'b.example.org', 'c.example.org']) {
      advance(1);
      made.unshift((await grants.add(organization, to, '', operator)).id);
    }
    const [newest = '', middle = '', oldest = ''] = made;
    await grants.revoke(organization, middle, operator);
    const page = async (of: { revoked?: boolean; before?: string; limit: number }) =>
      (await grants.page(organization, of)).map(({ id }) => id);
    expect(await page({ limit: 2 })).toEqual([newest, middle]);
    expect(await page({ limit: 2, before: middle })).toEqual([oldest]);
    expect(await page({ limit: 9, revoked: true })).toEqual([middle]);
    expect(await page({ limit: 9, revoked: false })).toEqual([newest, oldest]);
    const other = (await organizations.create({ name: 'Other' }, operator)).id;
    expect(await grants.page(other, { limit: 9 })).toEqual([]);
    await stop();
  });

  test('an existing grant, and one for no organization, no destination or our own address leave no line', async () => {
    const { grants, organization, inTransaction, lines, stop } = await start();
    const first = await grants.add(organization, 'hooks.example.org', '', operator);
    const refused: [string, string, OrganizationId?][] = [
      ['HOOKS.example.org', 'CONFLICT'],
      ['https://hooks.example.org', 'INVALID_REQUEST'],
      ['169.254.169.254', 'DESTINATION_FORBIDDEN'],
      ['127.0.0.1:7300', 'DESTINATION_FORBIDDEN'],
      ['[::1]:5432', 'DESTINATION_FORBIDDEN'],
      ['10.0.0.5:7300', 'DESTINATION_FORBIDDEN'],
      ['10.0.0.9:5433', 'DESTINATION_FORBIDDEN'],
      ['a.example.org', 'CONFLICT', none],
    ];
    for (const [to, code, of = organization] of refused)
      await expect(grants.add(of, to, '', operator)).rejects.toMatchObject({ code });
    await inTransaction((tx) =>
      tx.updateTable('organization').set({ erased_at: 1 }).where('id', '=', organization).execute(),
    );
    await expect(grants.add(organization, 'b.example.org', '', operator)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect((await grants.list(organization)).map(({ id }) => id)).toEqual([first.id]);
    expect((await lines()).length).toBe(1);
    await stop();
  });

  it('of the same destination, asked for at once, one is given', async () => {
    const { grants, organization, stop } = await start();
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => grants.add(organization, 'hooks.example.org', '', operator)),
    );
    expect(results.map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      ...Array.from({ length: 4 }, () => 'rejected'),
    ]);
    expect(await grants.list(organization)).toHaveLength(1);
    await stop();
  });

  test('memory follows the commit: not before it, not one that is undone, and also where its answer was lost', async () => {
    let after: 'answer' | 'undo' | 'lose-answer' = 'answer';
    let during: () => Promise<unknown> = async () => {};
    const { grants, organization, reaches, stop } = await start((real) => async (work) => {
      const result = await real(async (tx) => {
        const made = await work(tx);
        if (after === 'undo') throw new Error('the disk is full');
        return made;
      });
      await during();
      if (after === 'lose-answer') throw new Error('the connection was lost');
      return result;
    });
    const url = 'https://hooks.example.org/';
    await reaches(url);
    after = 'undo';
    await expect(grants.add(organization, 'hooks.example.org', '', operator)).rejects.toThrow('full');
    expect(await reaches(url)).toBe('DESTINATION_NOT_GRANTED');
    after = 'lose-answer';
    await expect(grants.add(organization, 'hooks.example.org', '', operator)).rejects.toThrow('lost');
    expect(await reaches(url)).toBe(true);
    after = 'answer';
    const [grant] = await grants.list(organization);
    // Read again between the commit and its answer.
    during = () => reaches(url);
    await grants.revoke(organization, grant!.id, operator);
    expect(await reaches(url)).toBe('DESTINATION_NOT_GRANTED');
    await stop();
  });
});
