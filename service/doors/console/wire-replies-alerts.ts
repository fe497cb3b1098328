import { z } from 'zod';
import { alertMetrics } from '../../engine/alerts/index.ts';
import { pageReply } from './page.ts';
import * as example from './reply-examples.ts';
import { texts, time, who } from './wire-replies.ts';

export const AlertReply = z
  .strictObject({
    id: z.string().describe('Id'),
    rule: z.string().describe('The rule that fired'),
    name: z.string().describe('Its name'),
    metric: z.enum(alertMetrics).describe('What it watches'),
    about: z
      .string()
      .nullable()
      .describe('Whom or what, where the rule counts each apart: the id of a person or an API key'),
    value: z.number().describe('What was measured'),
    threshold: z.number().describe('What the rule allowed'),
    firedAt: time('When'),
    acknowledged: z
      .strictObject({ at: time('When'), by: who })
      .nullable()
      .describe('Who has seen it; null while it is open'),
    notified: texts.describe('What became of each channel'),
  })
  .meta({ id: 'Alert', description: 'What a rule found.', examples: [example.alert] });

export const AlertRuleReply = z
  .strictObject({
    id: z.string().describe('Id'),
    name: z.string().describe('For people'),
    metric: z.enum(alertMetrics).describe('What is watched'),
    windowMinutes: z.int().describe('Minutes looked back over'),
    threshold: z.number().describe('Fires at this value or beyond'),
    filter: z
      .strictObject({
        key: z.string().nullable().describe('Only what this API key asked'),
        profile: z.string().nullable().describe('Only under this profile'),
        subject: z.string().nullable().describe('Only about this person'),
      })
      .describe('Only these events are counted'),
    holdOffMinutes: z.int().describe('Minutes in which it does not fire again about the same'),
    channels: z
      .strictObject({
        webhook: z.boolean().describe('The webhooks that take identity.alert.triggered'),
        desktop: z.boolean().describe('The desktop of the box'),
        email: z.array(z.string()).describe('These addresses'),
      })
      .describe('Who is told'),
    enabled: z.boolean().describe('Whether it is watched'),
    waitsFor: z
      .string()
      .nullable()
      .describe('What it needs and does not have yet: until then it never fires'),
    createdAt: time('When it was made'),
    createdBy: who,
  })
  .meta({ id: 'AlertRule', description: 'What is watched, and who is told.', examples: [example.rule] });

export const AlertPage = pageReply(AlertReply, 'Alerts', 'AlertPage');
export const AlertRulePage = pageReply(AlertRuleReply, 'Rules', 'AlertRulePage');

export type AlertReply = z.output<typeof AlertReply>;
export type AlertRuleReply = z.output<typeof AlertRuleReply>;
