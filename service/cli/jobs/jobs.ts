import type { Command } from 'commander';
import type { CommandRunner } from '../command.ts';
import { addJobsChange } from './change.ts';
import { addJobsList } from './list.ts';
import { addJobsShow } from './show.ts';

export function addJobs(program: Command, runner: CommandRunner): void {
  const jobs = program
    .command('jobs')
    .helpCommand(false)
    .description('background work: webhooks, mail, sweeps, backups and more');

  addJobsList(jobs, runner);
  addJobsShow(jobs, runner);
  addJobsChange(jobs, runner);
}
