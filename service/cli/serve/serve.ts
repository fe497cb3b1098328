import type { Command } from 'commander';
import { parseConfig } from '../../config.ts';
import { type CommandRunner, examples } from '../command.ts';
import { requireInitialized } from '../data-directory.ts';
import { addServeOptions, type ServeOptions, toConfigInput } from './options.ts';
import { runService } from './run-service.ts';

export function addServe(program: Command, runner: CommandRunner): void {
  const command = addServeOptions(program.command('serve'))
    .summary('run the service on an initialized directory')
    .description(
      'Runs the service until SIGTERM, Ctrl-C or SIGHUP (the terminal is closed), which let running requests end. Standard output gets one line of JSON when ' +
        'it is ready: {"event":"listening","url":"http://…"}, and before that {"event":"sealed",…} where it waits for `gatehouse unseal`; the log goes to standard error. Every setting is also GATEHOUSE_* ' +
        'in the environment and a field of gatehouse.json in the data directory.',
    )
    .addHelpText(
      'after',
      examples(
        'serve',
        'serve --data /srv/gatehouse --host 0.0.0.0 --port 7300 --tls-cert cert.pem --tls-key key.pem',
      ),
    );
  runner.run<ServeOptions>(command, async ({ options, data, terminal }) => {
    const config = parseConfig(toConfigInput(data, options));
    await requireInitialized(data);
    await runService(config, ({ url }) => terminal.answer(JSON.stringify({ event: 'listening', url })), {
      sealed: (url) => terminal.answer(JSON.stringify({ event: 'sealed', url })),
    });
    return undefined;
  });
}
