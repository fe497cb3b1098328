import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { table } from '../terminal/terminal.ts';
import { checkFiles } from './check-files.ts';

export function addModelsVerify(models: Command, runner: CommandRunner): void {
  runner.run(
    models
      .command('verify')
      .description(
        'hash every model file again and compare it with the manifest; exit code 1 when one differs',
      )
      .addHelpText('after', examples('models verify')),
    async ({ data, control, terminal }) => {
      const items = await checkFiles(data, control);
      const broken = items.filter(({ ok }) => !ok);
      const rows = items.map((one) => [
        one.ok
          ? terminal.style('good', 'ok')
          : terminal.style('bad', one.found === undefined ? 'missing' : 'differs'),
        one.id,
        one.file,
      ]);
      const remedy = broken.map(
        ({ id }) => `${id}: import it again, or install Gatehouse again (in a checkout: npm run models).`,
      );
      const text = [table(['state', 'model', 'file'], rows, 'No model files.'), ...remedy].join('\n');
      return { json: { items }, text, ...(broken.length === 0 ? {} : { exitCode: 1 as const }) };
    },
  );
}
