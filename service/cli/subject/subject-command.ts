import type { Command } from 'commander';
import type { CommandRunner } from '../command.ts';
import { addSubjectChange } from './change.ts';
import { addSubjectDoubtful } from './doubtful.ts';
import { addSubjectEnroll } from './enroll.ts';
import { addSubjectErase } from './erase.ts';
import { addSubjectExport } from './export.ts';
import { addSubjectImport } from './import.ts';
import { addSubjectPictures } from './pictures.ts';
import { addSubjectShow } from './show.ts';
import { addSubjectUnlock } from './unlock.ts';
import { addSubjectUpgrades } from './upgrades.ts';

export function addSubjectCommand(program: Command, runner: CommandRunner): void {
  const subject = program
    .command('subject')
    .helpCommand(false)
    .description('the people of an organization and their pictures');
  addSubjectEnroll(subject, runner);
  addSubjectImport(subject, runner);
  addSubjectShow(subject, runner);
  addSubjectChange(subject, runner);
  addSubjectPictures(subject, runner);
  addSubjectDoubtful(subject, runner);
  addSubjectErase(subject, runner);
  addSubjectExport(subject, runner);
  addSubjectUnlock(subject, runner);
  addSubjectUpgrades(subject, runner);
}
