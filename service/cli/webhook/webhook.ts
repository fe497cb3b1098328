import type { Command } from 'commander';
import type { CommandRunner } from '../command.ts';
import { addWebhookAdd } from './add.ts';
import { addWebhookCatalog } from './catalog.ts';
import { addWebhookChange } from './change.ts';
import { addWebhookDeliveries } from './deliveries.ts';
import { addWebhookList } from './list.ts';
import { addWebhookRemove } from './remove.ts';
import { addWebhookResend } from './resend.ts';
import { addWebhookRotate } from './rotate.ts';
import { addWebhookState } from './state.ts';
import { addWebhookTest } from './test.ts';

export function addWebhook(program: Command, runner: CommandRunner): void {
  const webhook = program
    .command('webhook')
    .helpCommand(false)
    .description('where an organization’s events are sent, and what became of each');
  addWebhookAdd(webhook, runner);
  addWebhookList(webhook, runner);
  addWebhookChange(webhook, runner);
  addWebhookState(webhook, runner);
  addWebhookRotate(webhook, runner);
  addWebhookRemove(webhook, runner);
  addWebhookCatalog(webhook, runner);
  addWebhookTest(webhook, runner);
  addWebhookDeliveries(webhook, runner);
  addWebhookResend(webhook, runner);
}
