import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { chooseOrganization } from '../organization.ts';
import { nextCommand, type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { count } from '../terminal/terminal.ts';
import { findScope, quoted, scopeArgument } from './find-scope.ts';
import { describeScope } from './text.ts';

interface Ending {
  verb: 'rotate' | 'end';
  description: string;
  /** What cannot be had back. */
  lost: string;
  after: string;
}

const endings: readonly Ending[] = [
  {
    verb: 'rotate',
    description:
      'begin the next epoch: everyone counts anew, with another id; the key is destroyed and the members are erased',
    lost: 'Its key is destroyed, so that the ids of this epoch are never made again, and everyone counts anew.',
    after: 'Everyone counts anew from now on, with another id.',
  },
  {
    verb: 'end',
    description: 'admit no person any more; the key is destroyed and the members are erased',
    lost: 'Its key is destroyed, so that its ids are never made again, and it admits no person any more.',
    after: 'It admits no person any more.',
  },
];

export function addScopeEndings(scope: Command, runner: CommandRunner): void {
  for (const ending of endings) addEnding(scope, runner, ending);
}

function addEnding(scope: Command, runner: CommandRunner, { verb, description, lost, after }: Ending): void {
  const command = scope
    .command(verb)
    .argument(...scopeArgument)
    .description(description)
    .option('--confirm <name>', 'its name, or that of the organization for its own scope');
  withRealm(command).addHelpText('after', examples(`scope ${verb} survey-2026 --confirm survey-2026`));
  runner.run<RealmOptions & { confirm?: string }>(command, async ({ options, control }, given = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const before = await findScope(open, given, query, options);
    if (before.state === 'ended')
      throw new UsageError(
        `This scope has ended at ${before.endedAt}. To begin its next epoch: ${nextCommand(`scope create${before.name === '' ? '' : ` ${quoted(before.name)}`}`, options)}`,
      );
    const name = before.name === '' ? (await chooseOrganization(open, query.organization)).name : before.name;
    const members = count(before.members, 'member', 'members');
    if (options.confirm !== name)
      throw new UsageError(
        `${lost} This cannot be undone; ${members} would be erased. Nothing was changed. To confirm, repeat the name: --confirm ${quoted(name)}`,
      );
    const params = { path: { id: before.id }, query };
    const body = { confirm: name };
    const done = await replyOf(
      verb === 'rotate'
        ? open.admin.POST('/api/admin/uniqueness/scopes/{id}/rotate', { params, body })
        : open.admin.POST('/api/admin/uniqueness/scopes/{id}/end', { params, body }),
    );
    const text = `The key of epoch ${before.epoch} is destroyed. Its ${members} are erased within minutes, while the service runs. ${after}`;
    return { json: done, text: `${describeScope(done)}\n\n${text}` };
  });
}
