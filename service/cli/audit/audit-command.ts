import type { Command } from 'commander';
import type { CommandRunner } from '../command.ts';
import { addAuditAccept } from './accept.ts';
import { addAudit } from './audit.ts';
import { addAuditVerify } from './verify.ts';

export function addAuditCommand(program: Command, runner: CommandRunner): void {
  const audit = program
    .command('audit')
    .helpCommand(false)
    .description('the log of every change and every access to personal data');
  addAudit(audit, runner);
  addAuditVerify(audit, runner);
  addAuditAccept(audit, runner);
}
