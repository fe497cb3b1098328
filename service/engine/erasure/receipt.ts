import { z } from 'zod';
import { actor, env, id, writtenTime } from '../../lib/record-fields.ts';

export const receiptFormat = 'gatehouse-erasure-receipt/1';

/** `restored`: a person that an older backup brought back was erased again. */
export const erasureReasons = ['request', 'retention', 'consent-withdrawn', 'mass', 'restored'] as const;
export type ErasureReason = (typeof erasureReasons)[number];

/** What one copy of the key store did with the person's key. */
export const CopyOfReceipt = z.strictObject({
  place: z.string().describe('Location of the copy'),
  copy: z.string().optional().describe('Id of the copy'),
  own: z.literal(true).optional().describe('Whether it is the key store itself'),
  state: z.enum(['destroyed', 'unreachable', 'attested-destroyed']).describe('State of the key in the copy'),
  reason: z.string().optional().describe('Reason why it could not be reached'),
  attested: z
    .strictObject({ by: actor, at: writtenTime('When') })
    .optional()
    .describe('Operator who attested that its medium is destroyed'),
});
export type CopyOfReceipt = z.output<typeof CopyOfReceipt>;

/** What was searched for after the erasure, and where: kinds and counts, never values. */
export const Proof = z.strictObject({
  searchedAt: writtenTime('When'),
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
export type Proof = z.output<typeof Proof>;

export type TableSearch = NonNullable<Proof['tables']>;

/** What an erasure did, signed by the appliance: whole, as it was signed. */
export const ErasureReceipt = z
  .strictObject({
    format: z.literal(receiptFormat).describe('Format of the receipt'),
    appliance: z.string().describe('Id of the appliance'),
    erasure: id<'erasure'>('Id of the erasure'),
    organization: id<'organization'>('Id of the organization'),
    world: env('World of the person'),
    subject: id<'subject'>('Id of the person'),
    reason: z.enum(erasureReasons).describe('Why'),
    actor,
    request: z.string().optional().describe('Id of the request'),
    requestedAt: writtenTime('Time of the request'),
    completedAt: writtenTime('Time of the completion; absent while pending').optional(),
    state: z.enum(['pending', 'done']).describe('`pending`: it continues when the copies can be reached'),
    waitingFor: z.array(z.string()).describe('Copies that could not be reached'),
    copies: z.array(CopyOfReceipt).describe('Copies of the key store'),
    ledger: z
      .strictObject({ seq: z.int().describe('Number'), hash: z.string().describe('Hash') })
      .describe('Number in the erasure ledger'),
    proof: Proof.optional().describe('The search for remaining data of the person'),
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
export type ErasureReceipt = z.output<typeof ErasureReceipt>;

export type UnsignedReceipt = Omit<ErasureReceipt, 'signature'>;

/** What is signed: the receipt without its signature as JSON, the names in order, without spaces (as RFC 8785 for these values). */
export function receiptBytes(receipt: UnsignedReceipt | ErasureReceipt): Uint8Array {
  const { signature: _, ...signed } = receipt as ErasureReceipt;
  return new TextEncoder().encode(canonical(signed));
}

/** JSON whose objects name their members in order; what is undefined is left out. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}
