import type { Command } from 'commander';
import { parseConfig } from '../../config.ts';
import { type CommandRunner, examples } from '../command.ts';
import { openControl } from '../control/open-control.ts';
import { requireInitialized } from '../data-directory.ts';
import { addServeOptions, type ServeOptions, toConfigInput } from './options.ts';
import { type RunningService, runService } from './run-service.ts';
import { createServiceManager } from './service-manager.ts';
import { describeSetup } from './setup-address.ts';

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
    const manager = createServiceManager();
    manager.starting();
    const ready = async ({ url }: RunningService) => {
      terminal.answer(JSON.stringify({ event: 'listening', url }));
      manager.ready(`Serving ${url}`);
      // Not into the log of a service, where others may read it: the log names the file.
      if (!terminal.interactive) return;
      const control = await openControl(data);
      const { hostName } = parseConfig(toConfigInput(data, options));
      const setup = await describeSetup(control, { url, data, hostName });
      await control.close();
      if (setup !== undefined) terminal.note(setup);
    };
    await runService(config, ready, {
      readAgain: () => parseConfig(toConfigInput(data, options)),
      say: (sentence) => terminal.note(sentence),
      sealed(url) {
        terminal.answer(JSON.stringify({ event: 'sealed', url }));
        manager.ready(`Waiting at ${url} for: gatehouse unseal`);
      },
      stopping: () => manager.stopping(),
    });
    return undefined;
  });
}
