import type { Command } from 'commander';
import type { CommandRunner } from '../command.ts';
import { addAdapt } from './adapt.ts';
import { addLayer } from './layer.ts';
import { addRecalibrate } from './recalibrate.ts';
import { addTrain } from './train.ts';

export function addBehavior(program: Command, runner: CommandRunner): void {
  const behavior = program
    .command('behavior')
    .helpCommand(false)
    .description('how the behavior of a page’s users is judged: by rules, or by a learned layer too');
  addLayer(behavior, runner);
  addTrain(behavior, runner);
  addRecalibrate(behavior, runner);
  addAdapt(behavior, runner);
}
