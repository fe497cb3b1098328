import type { Command } from 'commander';
import { Problem } from '../lib/problem.ts';
import { type CommandRunner, examples } from './command.ts';
import { initialize } from './initialize.ts';
import { invocation } from './invocation.ts';
import { facts } from './terminal.ts';

export function addInit(program: Command, runner: CommandRunner): void {
  const command = program
    .command('init')
    .summary('make a data directory with its first organization and keys')
    .description(
      'Makes the data directory, its first organization, a live and a test key (all scopes but admin). The keys are shown ' +
        'this once. A directory that has an organization is left as it is.',
    )
    .requiredOption('--org <name>', 'name of the organization')
    .addHelpText(
      'after',
      examples('init --org "Museum of Bern"', 'init --data /srv/gatehouse --org Museum --json'),
    );
  runner.run<{ org: string }>(command, async ({ options, data, control }) => {
    const made = await initialize(await control({ create: true }), options.org, ['live', 'test']);
    if (!made) {
      throw new Problem(
        'CONFLICT',
        `${data} is initialized already; nothing was changed. What is there: org list. Another organization: ` +
          'org create --name NAME. Another key: key create --scopes identity --env live.',
      );
    }
    const text = [
      `${data} is ready.`,
      '',
      facts([
        ['organization', `${made.organizationId}  ${options.org}`],
        ['live key', made.keys.live],
        ['test key', made.keys.test],
      ]),
      '',
      'The keys are not shown again: put them where your application finds its secrets.',
      `Start the service:  ${invocation} serve --data ${data}`,
    ].join('\n');
    return { json: made, text };
  });
}
