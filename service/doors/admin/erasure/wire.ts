import { z } from 'zod';
import { erasureReasons, receiptFormat } from '../../../engine/erasure/index.ts';
import { pageQuery, pageReply, shortListQuery } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

export const EraseOrder = z
  .strictObject({
    confirm: z.string().max(254).optional().describe('The person as in the path, as a confirmation'),
    reason: z.enum(erasureReasons).exclude(['restored', 'mass']).default('request').describe('Why'),
    prove: z.boolean().default(false).describe('Search all files for remaining data of the person'),
  })
  .meta({ id: 'ErasureOrder', examples: [{ confirm: 'ada@example.com' }] });

export const EraseManyOrder = z
  .strictObject({
    confirm: z.int().min(0).optional().describe('Number of people now, as a confirmation'),
    after: z.string().max(64).optional().describe('`next` of the previous call'),
    limit: z.int().min(1).max(1000).default(100).describe('Maximum number of people to erase in this call'),
  })
  .meta({ id: 'MassErasureOrder', examples: [{ confirm: 212 }] });

export const MassErasureReply = z
  .strictObject({
    erased: z.array(z.string()).describe('Ids of the people erased by this call'),
    held: z.array(z.string()).describe('Ids of people under a legal hold, who are not erased'),
    pending: z
      .array(z.string())
      .describe('Ids of erasures that wait for an unreachable copy of the key store'),
    left: z.int().min(0).describe('People left'),
    next: z.string().optional().describe('Send this as `after` in the next call; absent at the end'),
  })
  .meta({
    id: 'MassErasure',
    description: 'Progress of the erasure of a world.',
    examples: [{ erased: [], held: [], pending: [], left: 0 }],
  });

export const ReceiptQuery = z.strictObject({
  pending: z
    .enum(['true', 'false'])
    .transform((pending) => pending === 'true')
    .optional()
    .describe('`true`: only pending receipts'),
  ...pageQuery(idOf('erasure')),
});

const CopyReply = z.strictObject({
  place: z.string().describe('Location of the copy'),
  copy: z.string().optional().describe('Id of the copy'),
  own: z.literal(true).optional().describe('Whether it is the key store itself'),
  state: z.enum(['destroyed', 'unreachable', 'attested-destroyed']).describe('State of the key in the copy'),
  reason: z.string().optional().describe('Reason why it could not be reached'),
  attested: z
    .strictObject({ by: actor, at: time('When') })
    .optional()
    .describe('Operator who attested that its medium is destroyed'),
});

const ProofReply = z.strictObject({
  searchedAt: time('When'),
  needles: z.record(z.string(), z.int()).describe('Searched byte patterns, by kind'),
  files: z.int().describe('Searched files'),
  bytes: z.int().describe('Searched bytes'),
  found: z
    .array(
      z.strictObject({
        file: z.string().describe('Where'),
        kind: z.string().describe('What'),
        times: z.int().describe('Count'),
      }),
    )
    .describe('Hits; empty if the proof is clean'),
  tables: z
    .strictObject({
      searched: z.int().describe('Searched tables'),
      found: z
        .array(
          z.strictObject({
            table: z.string().describe('Table'),
            column: z.string().describe('Column'),
            rows: z.int().describe('Rows'),
          }),
        )
        .describe('Hits of the id'),
    })
    .optional()
    .describe('The search for the id of the person; absent in receipts of earlier versions'),
  sealedValues: z
    .strictObject({
      tried: z.int().describe('Sealed values saved before the erasure'),
      opened: z.int().describe('How many of them can still be opened'),
    })
    .describe('Test whether sealed values can still be opened'),
  gallery: z
    .strictObject({
      searches: z.int().describe('Searches with the old templates'),
      named: z.int().describe('Searches that still matched the person'),
    })
    .describe('Test whether the person is still recognized'),
  notSearched: z.array(z.string()).describe('Data that was not searched, with the reason'),
});

/** Whole, as it was signed: a field that is not here never was in one. */
export const ReceiptReply = z
  .strictObject({
    format: z.literal(receiptFormat).describe('Format of the receipt'),
    appliance: z.string().describe('Id of the appliance'),
    erasure: z.string().describe('Id of the erasure'),
    organization: z.string().describe('Id of the organization'),
    world: z.enum(['live', 'test']).describe('World of the person'),
    subject: z.string().describe('Id of the person'),
    reason: z.enum(erasureReasons).describe('Why'),
    actor,
    request: z.string().optional().describe('Id of the request'),
    requestedAt: time('Time of the request'),
    completedAt: time('Time of the completion; absent while pending').optional(),
    state: z.enum(['pending', 'done']).describe('`pending`: it continues when the copies can be reached'),
    waitingFor: z.array(z.string()).describe('Copies that could not be reached'),
    copies: z.array(CopyReply).describe('Copies of the key store'),
    ledger: z
      .strictObject({ seq: z.int().describe('Number'), hash: z.string().describe('Hash') })
      .describe('Number in the erasure ledger'),
    proof: ProofReply.optional().describe('The search for remaining data of the person'),
    publicKey: z.string().describe('Public key of the appliance, PEM'),
    kid: z.string().describe('Id of the key'),
    signature: z.string().describe('Ed25519 signature over the other fields as canonical JSON, base64url'),
  })
  .meta({
    id: 'ErasureReceipt',
    description: 'The signed record of an erasure.',
    examples: [
      {
        format: receiptFormat,
        appliance: 'apl_01m7w2z9c0h2rb1yq7j5t8k3nd',
        erasure: 'ers_01m7w3hb8hbf355he5zqwjztdk',
        organization: 'org_01m7w2z9c0h2rb1yq7j5t8k3nd',
        world: 'live',
        subject: 'sub_01m7w3ayykpzv1m774b6g68g31',
        reason: 'request',
        actor: 'operator:ada',
        requestedAt: '2026-11-20T12:00:00.000Z',
        completedAt: '2026-11-20T12:00:01.000Z',
        state: 'done',
        waitingFor: [],
        copies: [],
        ledger: { seq: 1, hash: '9f2c…' },
        publicKey: '-----BEGIN PUBLIC KEY-----…',
        kid: '4c1a…',
        signature: 'x1Yz…',
      },
    ],
  });

export const ReceiptPage = pageReply(ReceiptReply, 'Receipts, the newest first', 'ErasureReceiptPage');

export const ReceiptKeysQuery = z.strictObject(shortListQuery);
export const ReceiptKeysReply = pageReply(
  z.strictObject({
    kid: z.string().describe('Id of the key'),
    publicKey: z.string().describe('SPKI, PEM'),
  }),
  'Keys that receipts were ever signed with, the newest last',
  'ReceiptKeys',
);
