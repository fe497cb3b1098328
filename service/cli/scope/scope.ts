import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { nextCommand, type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { table } from '../terminal/terminal.ts';
import { addScopeEndings } from './end.ts';
import { findScope, scopeArgument } from './find-scope.ts';
import { addScopeCreate, addScopeSet } from './set.ts';
import { describeScope, keptText, ownScope, rateText } from './text.ts';

export function addScope(program: Command, runner: CommandRunner): void {
  const scope = program
    .command('scope')
    .helpCommand(false)
    .description('uniqueness scopes: the organization and its regions, in which each human counts once');
  addList(scope, runner);
  addShow(scope, runner);
  addScopeCreate(scope, runner);
  addScopeSet(scope, runner);
  addScopeEndings(scope, runner);
}

function addList(scope: Command, runner: CommandRunner): void {
  const list = scope
    .command('list')
    .description('all scopes of one world, the newest first')
    .option(...limitFlag(1000));
  withRealm(list).addHelpText('after', examples('scope list', 'scope list --env test --json'));
  runner.run<RealmOptions & { limit: number }>(list, async ({ options, control }) => {
    const open = await control();
    const { env, query } = await realmOf(open, options);
    const items = await allPages(
      (page) =>
        replyOf(open.admin.GET('/api/admin/uniqueness/scopes', { params: { query: { ...query, ...page } } })),
      options.limit,
    );
    const rows = items.map((one) => [
      one.name === '' ? ownScope : one.name,
      one.state,
      one.epoch,
      one.members,
      one.waiting,
      rateText(one.falseFlagRate),
      one.thresholds?.flagged.threshold.toFixed(3),
      one.onErasure,
      keptText(one),
      one.endsAt,
      one.id,
    ]);
    const header = [
      ...['scope', 'state', 'epoch', 'members', 'waiting', 'false flags', 'threshold'],
      ...['an erasure', 'members kept', 'ends', 'id'],
    ];
    const empty = `No human is counted in the ${env} world yet. A scope is made with its first person, or now: ${nextCommand('scope create --help', {})}`;
    return { json: { items }, text: table(header, rows, empty) };
  });
}

function addShow(scope: Command, runner: CommandRunner): void {
  const show = scope
    .command('show')
    .argument(...scopeArgument)
    .description('one scope: its settings, its members, and the thresholds that follow');
  withRealm(show).addHelpText('after', examples('scope show', 'scope show survey-2026 --json'));
  runner.run<RealmOptions>(show, async ({ options, control }, given = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const one = await findScope(open, given, query, options);
    return { json: one, text: describeScope(one) };
  });
}
