import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { verifyChain, verifyExport } from '../../service/engine/audit/index.ts';
import { report as reportFigure } from '../cluster/report.ts';
import { onBothDatabases } from '../storage/databases.ts';
import { type Audited, by, startAudited } from '../support/audited.ts';

const MINUTE = 60_000;
const names = ['node_a', 'node_b', 'node_c', 'node_d'] as const;
type Name = (typeof names)[number];
type Log = ReturnType<Audited['ofNode']>;

onBothDatabases('an audit log with several writers', (newLocation) => {
  let audited: Audited;
  let nodes: Record<Name, Log>;
  beforeEach(async () => {
    audited = await startAudited({ location: await newLocation() });
    nodes = Object.fromEntries(names.map((name) => [name, audited.ofNode(name)])) as typeof nodes;
  });
  afterEach(() => audited.close());

  const add = async (name: Name, count: number) => {
    for (let i = 0; i < count; i++) await nodes[name].record(audited.line({ target: `${name}/${i}` }));
  };
  /** Ten minutes in which each writes two lines and signs. */
  async function work(who: readonly Name[]): Promise<void> {
    for (const name of who) await add(name, 2);
    audited.advance(10 * MINUTE);
    for (const name of who) await nodes[name].maintain();
  }
  const begin = async (who: readonly Name[]) => {
    for (const name of who) await nodes[name].begin();
    for (let i = 0; i < 3; i++) await work(who);
  };
  const rowsOf = (chain: string) =>
    audited.db.selectFrom('audit').selectAll().where('chain', '=', chain).orderBy('seq').execute();
  async function exported(log: Log, filter = {}): Promise<Buffer[]> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of log.export(filter, by)) chunks.push(chunk);
    return [Buffer.concat(chunks)];
  }
  /** With public keys alone, as a person has them who was given the database. */
  const withoutKey = () =>
    verifyChain({
      db: audited.db,
      keys: nodes.node_a.publicKeys(),
      appliance: 'apl_test',
      note: 'not-compared',
    });
  async function cut(chain: string, after: number): Promise<void> {
    await audited.db.deleteFrom('audit').where('chain', '=', chain).where('seq', '>', after).execute();
    await audited.db
      .deleteFrom('audit_checkpoint')
      .where('chain', '=', chain)
      .where('seq', '>', after)
      .execute();
  }

  /** The newest checkpoint that is there, as if no later one had been noted. */
  async function putNoteBack(chain: string): Promise<void> {
    const noted = JSON.parse(audited.safe.notes.get('audit/checkpoint')!);
    const newest = (await audited.checkpoints()).findLast((one) => one.chain === chain);
    noted.chains[chain] = newest;
    audited.safe.notes.set('audit/checkpoint', JSON.stringify(noted));
  }

  test('each node numbers its own lines, names the ends of all others, and all is whole', async () => {
    await begin(['node_a', 'node_b', 'node_c']);
    const lines = await rowsOf('node_b');
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
    expect(lines[0]).toMatchObject({ action: 'node.join', target: 'node_b' });
    const heads = JSON.parse(lines.findLast(({ action }) => action === 'audit.heads')!.details).heads;
    expect(heads.map(([chain]: [string]) => chain)).toEqual(['node_a', 'node_c']);
    const report = await nodes.node_a.verify();
    expect(report).toMatchObject({ valid: true, silent: [] });
    expect(report.chains?.map(({ node }) => node)).toEqual(['node_a', 'node_b', 'node_c']);
    expect(await withoutKey()).toMatchObject({ valid: true });
    expect(await verifyExport(await exported(nodes.node_c))).toMatchObject({
      valid: true,
      chains: [{ node: 'node_a' }, { node: 'node_b' }, { node: 'node_c' }],
    });
  });

  test('three writers, one cut, one rolled back, one silent: all found, without a key', async () => {
    await begin(names);
    const [a, b] = [await rowsOf('node_a'), await rowsOf('node_b')];
    await cut('node_a', a.length - 4);
    // To where it signed last but one, with the note of it, and on from there.
    const signed = b.filter(({ action }) => action === 'audit.heads');
    await cut('node_b', signed.at(-2)!.seq!);
    await putNoteBack('node_b');
    for (let i = 0; i < 5; i++) await work(['node_b', 'node_d']);
    const expected = [
      { node: 'node_a', damage: { is: 'truncated', seq: a.length - 3 } },
      { node: 'node_b', damage: { is: 'rolled-back' } },
      { node: 'node_c' },
      { node: 'node_d' },
    ];
    const report = await withoutKey();
    expect(report).toMatchObject({ valid: false, chains: expected });
    // The one that was cut signs nothing on top.
    expect(report.silent?.map(({ node }) => node)).toEqual(['node_a', 'node_c']);
    expect(report.chains?.[2]).not.toHaveProperty('damage');
    const file = await verifyExport(await exported(nodes.node_d));
    expect(file).toMatchObject({ valid: false, damage: { node: 'node_a' }, chains: expected });
    expect(file.silent?.map(({ node }) => node)).toEqual(['node_a', 'node_c']);
    reportFigure({
      what: 'log of three writers: a cut, a roll-back and a silence are found without a key',
      found: 'all three',
    });
    const pinned = await verifyExport(await exported(nodes.node_d), { pinned: nodes.node_d.publicKeys() });
    expect(pinned.chains).toMatchObject(expected);
  });

  test('with the key store, also what no other node has named yet', async () => {
    await begin(['node_a', 'node_b']);
    await add('node_b', 3);
    await nodes.node_b.checkpoint('lines');
    await cut('node_b', (await rowsOf('node_b')).length - 2);
    expect(await withoutKey()).toMatchObject({ valid: true });
    expect((await nodes.node_a.verify()).damage).toMatchObject({ node: 'node_b', is: 'truncated' });
    await expect(nodes.node_b.checkpoint('time')).rejects.toMatchObject({ code: 'CONFLICT' });
    await nodes.node_a.checkpoint('time');
  });

  test('a chain that is gone, and lines under the name of another node, are found', async () => {
    await begin(['node_a', 'node_b', 'node_c']);
    await audited.db.updateTable('audit').set({ chain: 'node_x' }).where('chain', '=', 'node_b').execute();
    await audited.db
      .updateTable('audit_checkpoint')
      .set({ chain: 'node_x' })
      .where('chain', '=', 'node_b')
      .execute();
    const report = await withoutKey();
    expect(report.chains?.find(({ node }) => node === 'node_x')?.damage).toMatchObject({ is: 'changed' });
    await cut('node_x', 0);
    expect((await withoutKey()).damage).toMatchObject({ node: 'node_b', is: 'truncated' });
  });

  describe('silence', () => {
    test('is none of a node that left, and is over when it joins again', async () => {
      await begin(['node_a', 'node_b', 'node_c']);
      await nodes.node_b.end();
      for (let i = 0; i < 4; i++) await work(['node_a', 'node_c']);
      expect(await withoutKey()).toMatchObject({ valid: true, silent: [] });
      for (let i = 0; i < 4; i++) await work(['node_a']);
      expect(await withoutKey()).toMatchObject({ valid: false, silent: [{ node: 'node_c' }] });
      expect((await withoutKey()).damage).toBeUndefined();
      await audited.ofNode('node_c').begin();
      expect(await withoutKey()).toMatchObject({ valid: true, silent: [] });
      const [first, again] = (await rowsOf('node_c')).filter(({ action }) => action === 'node.join');
      expect([first, again].map((line) => JSON.parse(line!.details).left)).toEqual([true, false]);
    });

    test('cannot be hidden by an unsigned line, and is settled by a signed one', async () => {
      await begin(['node_a', 'node_b']);
      for (let i = 0; i < 4; i++) await work(['node_a']);
      const forged = audited.ofNode('node_b');
      await forged.record(audited.line({ action: 'node.leave', target: 'node_b' }));
      await nodes.node_a.record(audited.line({ action: 'node.remove', target: 'node_b' }));
      expect((await withoutKey()).silent).toMatchObject([{ node: 'node_b' }]);
      await nodes.node_a.checkpoint('time');
      expect(await withoutKey()).toMatchObject({ valid: true, silent: [] });
    });

    test('a node with nothing to say signs every ten minutes', async () => {
      await nodes.node_a.begin();
      const before = (await rowsOf('node_a')).length;
      await nodes.node_a.maintain();
      expect(await rowsOf('node_a')).toHaveLength(before);
      audited.advance(10 * MINUTE);
      await nodes.node_a.maintain();
      expect(await rowsOf('node_a')).toHaveLength(before + 1);
    });
  });

  test('the log of a service alone goes on beside those of nodes, in its own form', async () => {
    await audited.add(3);
    await audited.auditLog.checkpoint('stop');
    const [one] = await audited.checkpoints();
    await begin(['node_a', 'node_b']);
    expect(await nodes.node_a.verify()).toMatchObject({ valid: true, silent: [] });
    expect((await audited.checkpoints()).find(({ chain }) => chain === '')).toEqual(one);
    await audited.add(1);
    await audited.auditLog.checkpoint('stop');
    expect((await rowsOf('')).at(-1)).toMatchObject({ action: 'audit.heads' });
    expect(await audited.auditLog.verify()).toMatchObject({ valid: true });
    expect(await verifyExport(await exported(audited.auditLog))).toMatchObject({
      valid: true,
      chains: [{ last: 7 }, { node: 'node_a' }, { node: 'node_b' }],
    });
  });

  test('pages go over all chains by time, each line once, also while nodes write', async () => {
    await begin(['node_a', 'node_b']);
    const seen: string[] = [];
    const times: number[] = [];
    type Begin = NonNullable<Parameters<Log['page']>[0]['before']>;
    let before: Begin | undefined;
    do {
      const wanted = { action: 'thing.do', limit: 3 };
      const { lines, next } = await nodes.node_a.page(before ? { ...wanted, before } : wanted, by);
      seen.push(...lines.map(({ target }) => target!));
      times.push(...lines.map(({ at }) => at));
      await add('node_b', 1);
      before = next;
    } while (before !== undefined);
    expect(seen).toHaveLength(12);
    expect(new Set(seen.map((target, index) => `${target} ${times[index]}`)).size).toBe(12);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const { lines } = await nodes.node_a.page({ node: 'node_b', limit: 200 }, by);
    expect(new Set(lines.map(({ chain }) => chain))).toEqual(new Set(['node_b']));
  });

  test('following shows what any node adds, also one that joins meanwhile', async () => {
    await begin(['node_a']);
    const end = new AbortController();
    let round = 0;
    const seen: (string | null)[] = [];
    const pause = async () => {
      round++;
      if (round === 1) await add('node_a', 1);
      if (round === 2) await add('node_b', 2);
      if (round === 4) end.abort();
    };
    const wanted = { limit: 1, action: 'thing.do' };
    for await (const page of nodes.node_a.follow(wanted, { ...by, signal: end.signal, pause }))
      seen.push(...page.map(({ target }) => target));
    expect(seen.slice(1)).toEqual(['node_a/0', 'node_b/0', 'node_b/1']);
  });

  test('pruning leaves every chain whole', async () => {
    await begin(['node_a', 'node_b']);
    await nodes.node_b.end();
    audited.advance(100 * MINUTE);
    await nodes.node_a.maintain();
    const before = Date.UTC(2026, 10, 20, 12) + 25 * MINUTE;
    const pruned = await nodes.node_a.prune({ ...by, before });
    expect(pruned.lines).toBeGreaterThan(10);
    const report = await nodes.node_a.verify();
    expect(report).toMatchObject({
      valid: true,
      chains: [
        { node: 'node_a', pruned: { through: 8 } },
        { node: 'node_b', pruned: { through: 8 } },
      ],
    });
    expect(await verifyExport(await exported(nodes.node_a))).toMatchObject({ valid: true });
  });

  test('an export at one node that another node prunes under ends without a footer', async () => {
    await begin(['node_a', 'node_b']);
    await audited.inTransaction(async (tx) => {
      for (let i = 0; i < 300; i++) await nodes.node_a.audit.add(tx, audited.line());
    });
    await nodes.node_a.checkpoint('lines');
    const file = nodes.node_b.export({}, by)[Symbol.asyncIterator]();
    expect((await file.next()).done).toBe(false);
    const before = Date.UTC(2026, 10, 20, 12) + 25 * MINUTE;
    await nodes.node_a.prune({ ...by, before });
    const rest = async () => {
      while (!(await file.next()).done);
    };
    await expect(rest()).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await verifyExport(await exported(nodes.node_b))).toMatchObject({ valid: true });
  });

  test('one file with a filter proves the same: lines about nodes stay in it', async () => {
    await begin(names);
    await cut('node_a', (await rowsOf('node_a')).length - 4);
    await work(['node_d']);
    const file = await exported(nodes.node_d, { since: Date.UTC(2030, 0, 1) });
    const report = await verifyExport(file);
    expect(report).toMatchObject({ valid: false, damage: { node: 'node_a', is: 'truncated' } });
    expect(report.omitted).toBeGreaterThan(20);
  });
});
