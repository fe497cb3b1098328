import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { limitFlag } from '../limit-flag.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { facts, table } from '../terminal/terminal.ts';

export function addSubjectUpgrades(subject: Command, runner: CommandRunner): void {
  const upgrades = subject
    .command('upgrades')
    .description(
      'people who are recognized by a former embedding model alone: two verified visits with liveness, an enrollment by staff or an import with pictures make templates of the present one. The listing is audited.',
    )
    .option(...limitFlag(1000))
    .addHelpText('after', examples('subject upgrades', 'subject upgrades --env test --json'));
  runner.run<RealmOptions & { limit: number }>(withRealm(upgrades), async ({ options, control }) => {
    const { admin, ...open } = await control();
    const { query } = await realmOf({ admin, ...open }, options);
    let counts: Pick<Schemas['TemplateUpgrades'], 'upgraded' | 'provisional' | 'waiting'> | undefined;
    const items = await allPages(async (page) => {
      const { upgraded, provisional, waiting, ...rest } = await replyOf(
        admin.GET('/api/admin/template-upgrades', {
          params: { query: { ...query, ...page, names: 'true' } },
        }),
      );
      counts = { upgraded, provisional, waiting };
      return rest;
    }, options.limit);
    const { upgraded = 0, provisional = 0, waiting = 0 } = counts ?? {};
    const left = provisional + waiting;
    const rest = left > items.length ? `\n… of ${left.toLocaleString('en')}; more with --limit` : '';
    const list = table(
      ['person', 'kept so far'],
      items.map((one) => [one.email ?? one.id, one.provisional ? 'one visit' : 'nothing']),
      upgraded === 0
        ? 'No person is recognized by a former embedding model.'
        : 'Every person has templates of the present model.',
    );
    const text = facts([
      ['upgraded', String(upgraded)],
      ['one visit kept', String(provisional)],
      ['not yet', String(waiting)],
    ]);
    return { json: { upgraded, provisional, waiting, items }, text: `${text}\n\n${list}${rest}` };
  });
}
