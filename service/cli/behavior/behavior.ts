import type { Command } from 'commander';
import type { CommandRunner } from '../command.ts';
import { addLayer } from './layer.ts';

export function addBehavior(program: Command, runner: CommandRunner): void {
  const behavior = program
    .command('behavior')
    .helpCommand(false)
    .description('how the behavior of a page’s users is judged: by rules, or by a learned layer too');
  addLayer(behavior, runner);
}
