import type { Command } from 'commander';
import type { CommandRunner } from './command.ts';
import { addWebhookAdd } from './webhook-add.ts';
import { addWebhookCatalog } from './webhook-catalog.ts';
import { addWebhookChange } from './webhook-change.ts';
import { addWebhookDeliveries } from './webhook-deliveries.ts';
import { addWebhookList } from './webhook-list.ts';
import { addWebhookRemove } from './webhook-remove.ts';
import { addWebhookResend } from './webhook-resend.ts';
import { addWebhookRotate } from './webhook-rotate.ts';
import { addWebhookState } from './webhook-state.ts';
import { addWebhookTest } from './webhook-test.ts';

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
