import { z } from 'zod';
import { acceptable, type IntegrityCheckName, integrityChecks } from '../../../engine/integrity/index.ts';
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
  subject: idOf('person').optional().describe('Only lines about this person'),
  actor: z
    .string()
    .regex(
      /^(administrator|appliance|key|kiosk|operator)(:[A-Za-z0-9_.\\/-]{1,120})?$/,
      'It must be an actor such as administrator:adm_01m7w3hb8hbf355he5zqwjztdk, or a kind alone: administrator, appliance, key, kiosk or operator.',
    )
    .optional()
    .describe('Only lines of this actor, or of this kind of actor'),
};

export const AuditQuery = z.strictObject({
  ...filter,
  since: moment.describe('Only from this time on'),
  until: moment.describe('Only before this time'),
  ...pageQuery(seq),
});
export const FollowQuery = z.strictObject({
  ...filter,
  limit: z.coerce.number().int().min(1).max(10_000).default(50).describe('Maximum number of existing lines'),
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
    seq: seq.describe('Sequence number: 1, 2, 3 and so on'),
    time: time('When'),
    actor: actor.describe('Actor'),
    action: z.string().describe('Action'),
    outcome: z.string().describe('`done` or `refused`'),
    organization: z.string().optional().describe('Id of the organization'),
    target: z.string().optional().describe('Target'),
    request: z.string().optional().describe('Id of the request (`x-request-id`)'),
    details: z.unknown().describe('Details of the action'),
    subject: z.string().optional().describe('Person of the sealed details'),
    personal: z.literal('sealed').optional().describe('Whether the line has sealed personal details'),
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

const fault = {
  check: 'rows',
  table: 'destination_grant',
  id: 'grt_01m8ayd08hmch8q2av3cj8zzzz',
  organization: 'org_01m8ay6r06c205q2v4n9z7q4vd',
  says: 'The row grt_01m8ayd08hmch8q2av3cj8zzzz of destination_grant is not as the service wrote it, and is not used. Revoke it (gatehouse grant revoke grt_01m8ayd08hmch8q2av3cj8zzzz), or accept it: gatehouse audit accept destination_grant grt_01m8ayd08hmch8q2av3cj8zzzz',
} as const;
const Fault = z
  .strictObject({
    check: z.enum(Object.keys(integrityChecks) as [IntegrityCheckName]).describe('Check that found it'),
    table: z.string().describe('Table of the database or of the key store'),
    id: z.string().optional().describe('Key of the row'),
    organization: z.string().optional().describe('Organization of the row'),
    says: z.string().describe('What is wrong, and what to do'),
  })
  .meta({
    id: 'IntegrityFault',
    description: 'Something that the service did not write as it is.',
    examples: [fault],
  });

const Report = z
  .strictObject({
    valid: z.boolean().describe('Whether no line was changed, removed, inserted or moved'),
    lines: seq.describe('Existing lines'),
    outside: seq.describe('Lines older than the chain'),
    last: seq.describe('Number of the last line'),
    checkpoints: seq.describe('Checkpoints'),
    lastCheckpoint: z
      .strictObject({
        seq: seq.describe('Number of the signed line'),
        hash: z.string().describe('Hash of the signed line'),
        at: time('Time of the signature'),
        kind: z.string().describe('Reason of the checkpoint'),
        previous: seq.describe('Line of the previous checkpoint; 0 for none'),
        kid: z.string().describe('Id of the signing key'),
        signature: z.string().describe('Ed25519, base64url'),
      })
      .optional()
      .describe('The newest checkpoint'),
    uncovered: seq.describe('Lines after the last checkpoint, not yet signed'),
    pruned: z
      .strictObject({ through: seq.describe('Last line that was deleted'), at: time('When') })
      .optional()
      .describe('Lines that were deleted by term'),
    restores: z
      .array(
        z.strictObject({
          seq: seq.describe('Number of the line that records it'),
          at: time('When'),
          restoredTo: seq.describe('Last line of the backup'),
          before: seq.describe('Newest line known before the restore'),
        }),
      )
      .describe('Restored backups'),
    copies: z
      .array(
        z.strictObject({
          place: z.string().describe('Folder'),
          note: z
            .enum(['same', 'behind', 'ahead', 'forged', 'unreachable'])
            .describe('State of its note of the newest checkpoint, compared with that of the key store'),
          line: seq.optional().describe('Line of its note'),
        }),
      )
      .optional()
      .describe('Copies of the key store'),
    integrity: z
      .array(Fault)
      .describe(
        'Everything else that is signed or carries a MAC and is not as the service wrote it, at most 100 of each check; absent of an export',
      )
      .optional(),
    damage: z
      .strictObject({
        seq: seq.describe('First damaged line'),
        is: z.string().describe('Kind of damage'),
        says: z.string().describe('Description of the damage'),
      })
      .optional()
      .describe('Kind of damage'),
  })
  .meta({ id: 'AuditReport', description: 'Report of a verification of the log.', examples: [report] });

export const FaultsReply = z
  .strictObject({ items: z.array(Fault).describe('At most 100 of each check') })
  .meta({
    id: 'IntegrityFaults',
    description: 'What is signed or carries a MAC and is not as the service wrote it.',
    examples: [{ items: [fault] }],
  });

const row = {
  table: z.enum(acceptable).describe('Table of the row'),
  id: z.string().max(128).describe('Key of the row'),
};
const seen = z.string().max(64).describe('Digest of what the row held when it was looked at');
const digest = '5b2c8e9f7a0d4c1b8e6f3a2d9c7b5e10';

export const AlteredRowQuery = z.strictObject(row);
export const AlteredRowReply = z
  .strictObject({
    ...row,
    sound: z.boolean().describe('Whether the service wrote it as it is'),
    seen,
    columns: z
      .record(z.string(), z.union([z.string(), z.number(), z.null()]))
      .describe('Columns that the MAC covers, with their values; bytes as their SHA-256'),
  })
  .meta({
    id: 'ProtectedRow',
    description: 'What a row with a MAC holds now.',
    examples: [
      {
        table: 'destination_grant',
        id: fault.id,
        sound: false,
        seen: digest,
        columns: { id: fault.id, organization: fault.organization, kind: 'name', value: 'hooks.example.org' },
      },
    ],
  });

export const AcceptOrder = z.strictObject({ ...row, seen }).meta({
  id: 'AcceptedRow',
  description: 'A row that counts as written by the service from here on.',
  examples: [{ table: 'destination_grant', id: fault.id, seen: digest }],
});

export const VerificationReply = z
  .union([
    z.strictObject({ seen: seq.describe('Checked lines'), all: seq.describe('Total lines') }),
    z.strictObject({ report: Report }),
  ])
  .meta({
    id: 'AuditVerification',
    description: 'Progress of the verification; the last line is the report.',
    examples: [{ seen: 250, all: 4711 }, { report }],
  });

export const AuditKeysQuery = z.strictObject(shortListQuery);
export const AuditKeysReply = pageReply(
  z.strictObject({ kid: z.string().describe('Id of the key'), publicKey: z.string().describe('PEM') }),
  'All keys that signed the log',
  'AuditKeys',
  { appliance: z.string().describe('Id of the appliance, which is part of every signature') },
);

export type AuditLineReply = z.output<typeof AuditLineReply>;
export type ReportReply = z.output<typeof Report>;
