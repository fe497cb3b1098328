import { z } from 'zod';
import { erasureReasons, receiptFormat } from '../../../engine/erasure/index.ts';
import { pageQuery, pageReply, shortListQuery } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

export const EraseOrder = z
  .strictObject({
    confirm: z
      .string()
      .max(254)
      .optional()
      .describe('The person once more, as the path names them; without it nothing is erased'),
    reason: z.enum(erasureReasons).exclude(['restored', 'mass']).default('request').describe('Why'),
    prove: z.boolean().default(false).describe('Search every file for what is left of the person'),
  })
  .meta({ id: 'ErasureOrder', examples: [{ confirm: 'ada@example.com' }] });

export const EraseManyOrder = z
  .strictObject({
    confirm: z
      .int()
      .min(0)
      .optional()
      .describe('How many people there are now; without it nothing is erased'),
    after: z.string().max(64).optional().describe('`next` of the call before'),
    limit: z.int().min(1).max(1000).default(100).describe('Most people of this call'),
  })
  .meta({ id: 'MassErasureOrder', examples: [{ confirm: 212 }] });

export const MassErasureReply = z
  .strictObject({
    erased: z.array(z.string()).describe('Ids of the people that this call erased'),
    held: z.array(z.string()).describe('Ids of people under a legal hold: they stay'),
    pending: z
      .array(z.string())
      .describe('Ids of erasures that wait for a copy of the key store which could not be reached'),
    left: z.int().min(0).describe('People there are now'),
    next: z.string().optional().describe('Call again with this as `after`; absent at the end'),
  })
  .meta({
    id: 'MassErasure',
    description: 'How far the erasure of a world has come.',
    examples: [{ erased: [], held: [], pending: [], left: 0 }],
  });

export const ReceiptQuery = z.strictObject({
  pending: z
    .enum(['true', 'false'])
    .transform((pending) => pending === 'true')
    .optional()
    .describe('`true`: only those that wait for something'),
  ...pageQuery(idOf('erasure')),
});

const CopyReply = z.strictObject({
  place: z.string().describe('Where it is kept'),
  copy: z.string().optional().describe('Id of the copy, whatever lies at its place now'),
  own: z.literal(true).optional().describe('It is the key store itself'),
  state: z.enum(['destroyed', 'unreachable', 'attested-destroyed']).describe('What became of the key there'),
  reason: z.string().optional().describe('Why it could not be reached'),
  attested: z
    .strictObject({ by: actor, at: time('When') })
    .optional()
    .describe('Who gave their word that its medium is destroyed'),
});

const ProofReply = z.strictObject({
  searchedAt: time('When'),
  needles: z.record(z.string(), z.int()).describe('Byte patterns that were looked for, by kind'),
  files: z.int().describe('Files that were searched'),
  bytes: z.int().describe('Bytes of these'),
  found: z
    .array(
      z.strictObject({
        file: z.string().describe('Where'),
        kind: z.string().describe('What'),
        times: z.int().describe('How often'),
      }),
    )
    .describe('What was found; empty in a clean proof'),
  tables: z
    .strictObject({
      searched: z.int().describe('Tables that were searched'),
      found: z
        .array(
          z.strictObject({
            table: z.string().describe('Table'),
            column: z.string().describe('Column'),
            rows: z.int().describe('Rows'),
          }),
        )
        .describe('Where the id stands'),
    })
    .optional()
    .describe('The search for the id of the person; absent in receipts of earlier versions'),
  sealedValues: z
    .strictObject({
      tried: z.int().describe('Sealed values put aside before the erasure'),
      opened: z.int().describe('How many of them still open'),
    })
    .describe('Whether what was sealed opens'),
  gallery: z
    .strictObject({
      searches: z.int().describe('Searches with the old templates'),
      named: z.int().describe('How many named the person'),
    })
    .describe('Whether the person is still recognized'),
  notSearched: z.array(z.string()).describe('What could not be searched, and why'),
});

/** Whole, as it was signed: a field that is not here never was in one. */
export const ReceiptReply = z
  .strictObject({
    format: z.literal(receiptFormat).describe('Format of the receipt'),
    appliance: z.string().describe('Id of the appliance that erased and signed'),
    erasure: z.string().describe('Id of the erasure'),
    organization: z.string().describe('Id of the organization'),
    world: z.enum(['live', 'test']).describe('World of the person'),
    subject: z.string().describe('Id of the person'),
    reason: z.enum(erasureReasons).describe('Why'),
    actor,
    request: z.string().optional().describe('Id of the request'),
    requestedAt: time('When it was asked for'),
    completedAt: time('When it was done; absent while pending').optional(),
    state: z
      .enum(['pending', 'done'])
      .describe('`pending`: it goes on by itself when the copies can be reached'),
    waitingFor: z.array(z.string()).describe('What could not be reached'),
    copies: z.array(CopyReply).describe('Copies of the key store'),
    ledger: z
      .strictObject({ seq: z.int().describe('Number'), hash: z.string().describe('Hash') })
      .describe('Place in the signed list of erasures'),
    proof: ProofReply.optional().describe('The search for what is left of the person'),
    publicKey: z.string().describe('PEM, of the appliance that signed'),
    kid: z.string().describe('Id of that key'),
    signature: z.string().describe('Ed25519 over the rest as canonical JSON, base64url'),
  })
  .meta({
    id: 'ErasureReceipt',
    description: 'What an erasure did, signed by the appliance.',
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
