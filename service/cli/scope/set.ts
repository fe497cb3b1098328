import type { Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { nextCommand, realmOf, withRealm } from '../realm.ts';
import { findScope, quoted, scopeArgument, scopeNamed } from './find-scope.ts';
import { readSettings, type SettingsOptions, withSettings } from './settings.ts';
import { describeScope } from './text.ts';

export function addScopeCreate(scope: Command, runner: CommandRunner): void {
  const create = scope
    .command('create')
    .argument('[name]', 'name of the region; without one the scope of the organization')
    .description('set up a scope before its first person; one that has ended begins its next epoch');
  withRealm(withSettings(create)).addHelpText(
    'after',
    `${examples(
      'scope create survey-2026 --false-flag-rate 0.5% --retention-days 90',
      'scope create vote-2027 --on-erasure hold --ends 2027-06-30',
    )}

A region that a caller names is otherwise made with its first person, by the rates of the organization’s scope.`,
  );
  runner.run<SettingsOptions>(create, async ({ options, control }, name = '') => {
    const settings = readSettings(options);
    const open = await control();
    const { query } = await realmOf(open, options);
    const known = await scopeNamed(open, name, query);
    if (known?.state === 'active')
      throw new UsageError(
        `This scope is there already (${known.id}). To change it: ${nextCommand(`scope set${wordOf(name)} …`, options)}`,
      );
    const body: Schemas['UniquenessScopeRequest'] = { name, ...settings };
    const made = await replyOf(open.admin.PUT('/api/admin/uniqueness/scopes', { params: { query }, body }));
    return { json: made, text: describeScope(made) };
  });
}

export function addScopeSet(scope: Command, runner: CommandRunner): void {
  const set = scope
    .command('set')
    .argument(...scopeArgument)
    .description('change settings of a scope; what is not named stays, every change is in the audit log');
  withRealm(withSettings(set)).addHelpText(
    'after',
    examples('scope set survey-2026 --retention-days 30', 'scope set --false-flag-rate 0.1%'),
  );
  runner.run<SettingsOptions>(set, async ({ options, control }, given = '') => {
    const settings = readSettings(options);
    if (Object.keys(settings).length === 0)
      throw new UsageError(
        'Nothing to set. Give --false-flag-rate, --review-rate, --on-erasure, --retention-days or --ends.',
      );
    const open = await control();
    const { query } = await realmOf(open, options);
    const { name, state } = await findScope(open, given, query, options);
    if (state === 'ended')
      throw new UsageError(
        `This scope has ended. To begin its next epoch: ${nextCommand(`scope create${wordOf(name)} …`, options)}`,
      );
    const after = await replyOf(
      open.admin.PUT('/api/admin/uniqueness/scopes', { params: { query }, body: { name, ...settings } }),
    );
    return { json: after, text: describeScope(after) };
  });
}

const wordOf = (name: string) => (name === '' ? '' : ` ${quoted(name)}`);
