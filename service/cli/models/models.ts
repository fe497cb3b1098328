import type { Command } from 'commander';
import type { CommandRunner } from '../command.ts';
import { addModelsImport } from './import.ts';
import { addModelsList } from './list.ts';
import { addModelsState } from './state.ts';
import { addModelsVerify } from './verify.ts';

export function addModels(program: Command, runner: CommandRunner): void {
  const models = program.command('models').helpCommand(false).description('the models of this box');
  addModelsList(models, runner);
  addModelsVerify(models, runner);
  addModelsImport(models, runner);
  addModelsState(models, runner);
}
