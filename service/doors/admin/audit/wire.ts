import { z } from 'zod';
import { pageQuery, pageReply, shortListQuery } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

const seq = z.int().min(0);
const moment = z.iso.datetime({ offset: true }).optional();

const filter = {
  action: z
    .string()
    .regex(/^[a-z-]{1,40}(\.[a-z-]{1,40}){1,2}$/, 'It must be an action such as subject.enroll.')
    .optional()
    .describe('Only this action'),
  // What is asked for is written into the log: an address must not get in there.
  subject: idOf('person').optional().describe('Only about this person'),
};

export const AuditQuery = z.strictObject({ ...filter, ...pageQuery(seq) });
export const FollowQuery = z.strictObject({
  ...filter,
  limit: z.coerce.number().int().min(1).max(10_000).default(50).describe('Most lines that are there already'),
});
export const ExportQuery = z.strictObject({
  since: moment.describe('Only from this time on'),
  until: moment.describe('Only before this time'),
});

const line = {
  seq: 4711,
  time: '2026-11-20T12:00:00.000Z',
  actor: 'operator:ada',
  action: 'webhook.add',
  outcome: 'done',
  organization: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
  target: 'wh_01m7w3hb8hbf355he5zqwjztdk',
  request: 'req_01m7w3hb8hbf355he5zqwjztdk',
  details: { family: 'identity' },
};

export const AuditLineReply = z
  .strictObject({
    seq: seq.describe('Its place in the log: 1, 2, 3 and so on'),
    time: time('When'),
    actor: actor.describe('Who'),
    action: z.string().describe('What was done'),
    outcome: z.string().describe('`done` or `refused`'),
    organization: z.string().optional().describe('In which organization'),
    target: z.string().optional().describe('To what'),
    request: z.string().optional().describe('In which request, as `x-request-id` says'),
    details: z.unknown().describe('More of it, as it was written'),
    subject: z.string().optional().describe('Person whose details are sealed in the line'),
    personal: z.literal('sealed').optional().describe('The line has personal details; they stay sealed'),
  })
  .meta({ id: 'AuditLine', description: 'A line of the audit log.', examples: [line] });

export const AuditPage = pageReply(AuditLineReply, 'Lines, the newest first', 'AuditPage');

export const ExportRecordReply = z.looseObject({ is: z.string().describe('Kind of record') }).meta({
  id: 'AuditExportRecord',
  description:
    'A record of an exported log: a header, lines, hashes of lines left out, checkpoints and a footer.',
  examples: [{ is: 'omitted', seq: 1, previousHash: '5f0c', hash: '91ab' }],
});

const report = {
  valid: true,
  lines: 4711,
  outside: 0,
  last: 4711,
  checkpoints: 12,
  uncovered: 3,
  restores: [],
};

const Report = z
  .strictObject({
    valid: z.boolean().describe('Nothing was changed, taken out, put in or reordered'),
    lines: seq.describe('Lines that are there'),
    outside: seq.describe('Lines from before the chain'),
    last: seq.describe('Number of the last line'),
    checkpoints: seq.describe('Checkpoints'),
    lastCheckpoint: z
      .strictObject({
        seq: seq.describe('The line that it signs'),
        hash: z.string().describe('Hash of that line'),
        at: time('When it was signed'),
        kind: z.string().describe('Why it was signed'),
        previous: seq.describe('The line that the checkpoint before it signs; 0 for none'),
        kid: z.string().describe('Id of the key that signed'),
        signature: z.string().describe('Ed25519, base64url'),
      })
      .optional()
      .describe('The newest checkpoint'),
    uncovered: seq.describe('Lines after the last checkpoint, not signed yet'),
    pruned: z
      .strictObject({ through: seq.describe('Last line that was deleted'), at: time('When') })
      .optional()
      .describe('Lines that were deleted by term'),
    restores: z
      .array(
        z.strictObject({
          seq: seq.describe('Line that says so'),
          at: time('When'),
          restoredTo: seq.describe('Last line of the backup'),
          before: seq.describe('Newest line known before'),
        }),
      )
      .describe('Backups that were put back on purpose'),
    copies: z
      .array(
        z.strictObject({
          place: z.string().describe('Folder'),
          note: z
            .enum(['same', 'behind', 'ahead', 'forged', 'unreachable'])
            .describe('Its note of the newest checkpoint, compared with that of the key store'),
          line: seq.optional().describe('Line that it notes'),
        }),
      )
      .optional()
      .describe('Copies of the key store'),
    damage: z
      .strictObject({
        seq: seq.describe('First line that is not as it should be'),
        is: z.string().describe('What is wrong'),
        says: z.string().describe('The same as a sentence'),
      })
      .optional()
      .describe('What is wrong'),
  })
  .meta({ id: 'AuditReport', description: 'What a verification of the log found.', examples: [report] });

export const VerificationReply = z
  .union([
    z.strictObject({ seen: seq.describe('Lines looked at'), all: seq.describe('Lines there are') }),
    z.strictObject({ report: Report }),
  ])
  .meta({
    id: 'AuditVerification',
    description: 'How far the verification is; the last line is the report.',
    examples: [{ seen: 250, all: 4711 }, { report }],
  });

export const AuditKeysQuery = z.strictObject(shortListQuery);
export const AuditKeysReply = pageReply(
  z.strictObject({ kid: z.string().describe('Id of the key'), publicKey: z.string().describe('PEM') }),
  'Every key that signed the log',
  'AuditKeys',
  { appliance: z.string().describe('Id of the appliance, which every signature names') },
);

export type AuditLineReply = z.output<typeof AuditLineReply>;
export type ReportReply = z.output<typeof Report>;
