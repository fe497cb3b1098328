import type { Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { type CommandRunner, examples } from '../command.ts';
import { invocation } from '../invocation.ts';
import { type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { table } from '../terminal/terminal.ts';

const reasons: Record<Schemas['DoubtfulPerson']['doubt'], string> = {
  'no-person': 'the template is like those of drawings, statues, and faces that are upside down',
  'like-no-person': 'the template is like such a template of another person',
  'like-many': 'the template is like those of several other people',
};

export function addSubjectDoubtful(subject: Command, runner: CommandRunner): void {
  runner.run<RealmOptions>(
    withRealm(
      subject
        .command('doubtful')
        .summary('list people whose picture should be taken again')
        .description(
          'Lists people whose template does not distinguish them from others: a stranger with a similar picture could pass as one of them. ' +
            'All templates are read and compared, which takes seconds with thousands of people. The listing is audited.',
        )
        .addHelpText('after', examples('subject doubtful', 'subject doubtful --env test --json')),
    ),
    async ({ options, control }) => {
      const open = await control();
      const { query } = await realmOf(open, options);
      const reply = await replyOf(open.admin.GET('/api/admin/subjects/doubtful', { params: { query } }));
      const rows = reply.items.map(({ id, email, doubt }) => [email ?? id, reasons[doubt]]);
      const listed = table(['person', 'why'], rows, 'No template is in doubt.');
      if (rows.length === 0) return { json: reply, text: listed };
      const next = `Enroll each again with a picture of the bare, upright face (${invocation} subject enroll … --confirmed), then remove the old picture (${invocation} subject remove-picture).`;
      return { json: reply, text: `${listed}\n\n${next}` };
    },
  );
}
