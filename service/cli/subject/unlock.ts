import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { count } from '../terminal/terminal.ts';

export function addSubjectUnlock(subject: Command, runner: CommandRunner): void {
  const command = subject
    .command('unlock')
    .argument('<person>', 'id, or the e-mail address that was claimed')
    .description('allow verification again after too many failed attempts (audited)')
    .addHelpText('after', examples('subject unlock ada@example.com', 'subject unlock sub_01… --env test'));
  runner.run<RealmOptions>(withRealm(command), async ({ options, control }, person = '') => {
    const open = await control();
    const { query } = await realmOf(open, options);
    const reply = await replyOf(
      open.admin.POST('/api/admin/subjects/unlock', { params: { query }, body: { person } }),
    );
    const text =
      reply.failures === 0
        ? 'Nothing was locked: there is no failed attempt.'
        : `${count(reply.failures, 'failed attempt is', 'failed attempts are')} cleared; ${reply.disabled ? 'verification is allowed again' : 'nothing is delayed any more'}.`;
    return { json: reply, text };
  });
}
