import type { Command } from 'commander';
import { type CommandRunner, examples } from '../command.ts';
import { facts } from '../terminal/terminal.ts';
import { describeKept, getMaster } from './master-key.ts';
import { addMasterReplace } from './replace.ts';
import { addMasterRotateSigning } from './rotate-signing.ts';
import { addMasterSetPassphrase } from './set-passphrase.ts';

export function addMaster(program: Command, runner: CommandRunner): void {
  const master = program
    .command('master')
    .helpCommand(false)
    .description('the master key, which wraps all other keys: show, rotate or move it');

  runner.run(
    master
      .command('show')
      .description('the id and location of the master key, never the key itself')
      .addHelpText('after', examples('master show')),
    async ({ control }) => {
      const now = await getMaster(await control());
      return {
        json: now,
        text: facts([
          ['master key', now.id],
          ['kept', describeKept(now)],
        ]),
      };
    },
  );

  addMasterReplace(master, runner);
  addMasterSetPassphrase(master, runner);
  addMasterRotateSigning(master, runner);
}
