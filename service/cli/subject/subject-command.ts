import type { Command } from 'commander';
import type { CommandRunner } from '../command.ts';
import { addSubjectConfirm } from './confirm.ts';
import { addSubjectErase } from './erase.ts';
import { addSubjectExport } from './export.ts';
import { addSubjectImport } from './import.ts';
import { addSubject } from './subject.ts';
import { addSubjectUnlock } from './unlock.ts';

export function addSubjectCommand(program: Command, runner: CommandRunner): void {
  const subject = program
    .command('subject')
    .helpCommand(false)
    .description('the people of an organization and their pictures');
  addSubject(subject, runner);
  addSubjectImport(subject, runner);
  addSubjectConfirm(subject, runner);
  addSubjectErase(subject, runner);
  addSubjectExport(subject, runner);
  addSubjectUnlock(subject, runner);
}
