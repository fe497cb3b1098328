import { z } from 'zod';
import { pageReply, shortListQuery } from '../../../http/cursor.ts';
import { problemCodes } from '../../../lib/problem.ts';
import { time } from '../reply-fields.ts';

export const WorkQuery = z.strictObject(shortListQuery);
export const WorkParams = z.strictObject({
  id: z.string().min(1).max(128).describe('`x-request-id` of the request that began it'),
});

const many = z.number().min(0);
const example = {
  id: 'req_01m7w3hb8hbf355he5zqwjztdk',
  operation: 'createBackup',
  state: 'running' as const,
  startedAt: '2026-11-27T09:14:00.000Z',
  now: { step: 'sealing the file', done: 1_200_000_000, of: 3_100_000_000 },
};

const fields = {
  id: z.string().describe('`x-request-id` of the request that began it'),
  operation: z.string().describe('Operation of this API'),
  organization: z.string().optional().describe('Id of the organization'),
  state: z.enum(['running', 'done', 'failed']).describe('State'),
  startedAt: time('Time of its begin').optional(),
  finishedAt: time('Time of its end').optional(),
  now: z
    .strictObject({
      step: z.string().describe('In English'),
      done: many.optional().describe('So much of the step is done: people, pages or bytes'),
      of: many.optional().describe('So much the step has'),
    })
    .optional()
    .describe('The last step that it noted'),
  reason: z.string().optional().describe('Why it failed'),
};

export const WorkReply = z.strictObject(fields).meta({
  id: 'Work',
  description: 'A long work of the service that was asked for.',
  examples: [example],
});

export const FollowedWorkReply = z
  .strictObject({
    ...fields,
    code: z.enum(problemCodes).optional().describe('Code of the refusal, where it failed'),
    reply: z.unknown().optional().describe('The reply of the operation, where it is done'),
  })
  .meta({
    id: 'FollowedWork',
    description: 'A long work, and what it was answered with.',
    examples: [example],
  });

export const WorkPage = pageReply(
  WorkReply,
  'What runs, and what ended lately; the newest first',
  'WorkPage',
);
export type WorkReply = z.output<typeof WorkReply>;
