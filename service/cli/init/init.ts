import type { Command } from 'commander';
import { parseConfig } from '../../config.ts';
import { keyStoreAdvice } from '../../data-directory/database-place.ts';
import { Problem } from '../../lib/problem.ts';
import { type CommandRunner, examples } from '../command.ts';
import { asTyped, invocation } from '../invocation.ts';
import { databaseUrlFlag, keysDatabaseUrlFlag, toConfigInput } from '../serve/options.ts';
import { facts } from '../terminal/terminal.ts';
import { initialize } from './initialize.ts';
import { recordDatabase } from './record-database.ts';

export function addInit(program: Command, runner: CommandRunner): void {
  const command = program
    .command('init')
    .summary('create a data directory with its first organization and keys')
    .description(
      'Makes the data directory, its first organization, a live and a test key (all scopes but admin). The keys are shown ' +
        'this once. A directory that has an organization is not changed.',
    )
    .requiredOption('--org <name>', 'name of the organization')
    .option(...databaseUrlFlag)
    .option(...keysDatabaseUrlFlag)
    .addHelpText(
      'after',
      examples(
        'init --org "Museum of Bern"',
        'init --data /srv/gatehouse --org Museum --json',
        'init --org Museum --database-url postgresql://gatehouse@db.example/gatehouse --keys-database-url postgresql://gatehouse@db.example/gatehouse_keys',
      ),
    );
  runner.run<{ org: string; databaseUrl?: string; keysDatabaseUrl?: string }>(
    command,
    async ({ options, data, control }) => {
      const config = parseConfig(toConfigInput(data, options));
      const { databaseUrl, keysDatabaseUrl } = options;
      const open = await control({ create: true, databaseUrl, keysDatabaseUrl });
      if (open.via === 'own process') recordDatabase(data, config);
      const made = await initialize(open, options.org, ['live', 'test']);
      if (!made) {
        throw new Problem(
          'CONFLICT',
          `${data} is initialized already; nothing was changed. What is there: org list. Another organization: ` +
            'org create --name NAME. Another key: key create --scopes identity --env live.',
        );
      }
      const advice = keyStoreAdvice(config);
      const text = [
        `${data} is ready.`,
        '',
        facts([
          ['organization', `${made.organizationId}  ${options.org}`],
          ['live key', made.keys.live],
          ['test key', made.keys.test],
        ]),
        '',
        'The keys are not shown again: store them with the secrets of your application.',
        ...(advice === undefined ? [] : [asTyped(advice)]),
        `Record the consent on which real people are enrolled; until then no real person can be enrolled:  ${invocation} consent attest --data ${data} --help`,
        `Start the service:  ${invocation} serve --data ${data}`,
      ].join('\n');
      return { json: made, text };
    },
  );
}
