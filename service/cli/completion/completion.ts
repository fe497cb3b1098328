import tab from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/**
 * Adds `completion SHELL`, which prints a script for a shell, and the hidden `complete`, which that script asks at each press of Tab.
 * To be called last: it reads the commands that are there.
 */
export function addCompletion(program: Command): void {
  tab(program, { completionCommandName: 'completion' });
  program.commands
    .find((command) => command.name() === 'completion')
    ?.description('print a script with which a shell completes commands and options')
    .addHelpText(
      'after',
      `
The shell completes the word gatehouse, which must be a command on the PATH. From a checkout:
  ln -s "$PWD/bin/gatehouse.mjs" ~/.local/bin/gatehouse

Examples:
  gatehouse completion bash > ~/.local/share/bash-completion/completions/gatehouse   (needs the package bash-completion)
  gatehouse completion zsh > ~/.zfunc/_gatehouse                                     (a folder of fpath, before compinit)
  gatehouse completion fish > ~/.config/fish/completions/gatehouse.fish`,
    );
}
