import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { isClean } from '../../engine/erasure/proof.ts';
import { type ErasureReceipt, receiptBytes, receiptFormat } from '../../engine/erasure/receipt.ts';
import { defined } from '../../lib/defined.ts';
import { verifySignature } from '../../storage/keys/signing-keys.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { limitFlag } from '../limit-flag.ts';
import { chooseOrganization, organizationFlag } from '../organization.ts';
import { oneLine, table } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';
import { receiptText } from './text.ts';

export function addReceipt(program: Command, runner: CommandRunner): void {
  const receipt = program
    .command('receipt')
    .helpCommand(false)
    .description('receipts of erasures: the person, the time, and the search for remaining data');

  runner.run<{ publicKey?: string }>(
    receipt
      .command('verify')
      .argument('<file>', 'a receipt as JSON; - reads standard input')
      .description('verify the signature of a receipt; needs no data directory and no network')
      .option(
        '--public-key <file>',
        'the trusted key (PEM, from “receipt key”), instead of the one in the receipt',
      )
      .addHelpText('after', examples('receipt verify ada-receipt.json --public-key gatehouse-receipts.pem')),
    async ({ options }, path = '') => {
      const signed = readReceipt(await readText(path, 'receipt'), path);
      const pinned =
        options.publicKey === undefined ? undefined : await readText(options.publicKey, 'public key');
      const valid = isSigned(signed, pinned ?? signed.publicKey);
      const clean = signed.proof === undefined || isClean(signed.proof);
      const attested = signed.copies.flatMap(({ place, copy, attested: word }) =>
        word ? [{ place, ...defined({ copy }), ...word }] : [],
      );
      const key = pinned === undefined ? 'in the receipt' : 'pinned';
      const json = {
        valid,
        key,
        kid: signed.kid,
        erasure: signed.erasure,
        subject: signed.subject,
        state: signed.state,
        ...(attested.length > 0 && { attested }),
        clean,
      };
      if (!valid) {
        const text =
          pinned === undefined
            ? 'NOT VALID: the receipt was changed after it was signed.'
            : 'NOT VALID: the receipt was changed, or another appliance signed it.';
        return { json, text, exitCode: 1 };
      }
      const kid = oneLine(signed.kid);
      const by =
        pinned === undefined
          ? `Valid by the key that it contains (${kid}): unchanged since it was signed. To prove the signer, get the key with “receipt key” on the appliance and give --public-key.`
          : `Valid by the key you gave (${kid}).`;
      return { json, text: `${by}\n\n${receiptText(signed)}`, ...(clean ? {} : { exitCode: 1 as const }) };
    },
  );

  runner.run(
    receipt
      .command('show')
      .argument('<id>', 'ers_…, as “receipt list” shows it')
      .description('one receipt; --json gives it as it was signed')
      .addHelpText('after', examples('receipt show ers_01…', 'receipt show ers_01… --json > receipt.json')),
    async ({ control }, id = '') => {
      const open = await control();
      const found = await replyOf(open.admin.GET('/api/admin/erasures/{id}', { params: { path: { id } } }));
      return { json: found, text: receiptText(found) };
    },
  );

  addReceiptList(receipt, runner);

  runner.run(
    receipt
      .command('key')
      .description('the public key of this appliance’s receipts, for those who verify them')
      .addHelpText('after', examples('receipt key > gatehouse-receipts.pem')),
    async ({ control }) => {
      const open = await control();
      const { items } = await replyOf(open.admin.GET('/api/admin/erasures/keys'));
      return { json: { items }, text: items.map(({ publicKey }) => publicKey.trim()).join('\n') };
    },
  );
}

function addReceiptList(receipt: Command, runner: CommandRunner): void {
  const command = receipt
    .command('list')
    .description('receipts of an organization, the newest first')
    .option(...organizationFlag)
    .option('--pending', 'only pending ones, for example those that wait for a copy of the key store')
    .option(...limitFlag(100))
    .addHelpText('after', examples('receipt list', 'receipt list --pending --json'));
  runner.run<{ org?: string; pending?: boolean; limit: number }>(command, async ({ options, control }) => {
    const { pending, limit } = options;
    const open = await control();
    const { id: organization } = await chooseOrganization(open, options.org);
    const items = await listReceipts(open, { organization, ...(pending && { pending: 'true' }) }, limit);
    const rows = items.map((one) => [
      one.erasure,
      one.subject,
      one.world,
      one.reason,
      one.requestedAt,
      one.state === 'done' ? 'done' : `pending: ${placesOf(one)}`,
    ]);
    const header = ['receipt', 'person', 'world', 'reason', 'asked at', 'state'];
    const empty = pending ? 'No erasure is pending.' : 'No person was erased.';
    return { json: { items }, text: table(header, rows, empty) };
  });
}

/** The newest first. */
export const listReceipts = (
  { admin }: Pick<Control, 'admin'>,
  query: { organization: string; pending?: 'true' },
  most: number,
): Promise<Schemas['ErasureReceipt'][]> =>
  allPages(
    (page) => replyOf(admin.GET('/api/admin/erasures', { params: { query: { ...query, ...page } } })),
    most,
  );

/** The whole reason is in the receipt itself. */
const placesOf = ({ copies, waitingFor }: Schemas['ErasureReceipt']): string =>
  copies
    .filter(({ state }) => state === 'unreachable')
    .map(({ place }) => place)
    .join(', ') || waitingFor.join('; ');

/** Whether one of the keys in the PEM signed it. */
function isSigned(receipt: ErasureReceipt, pem: string): boolean {
  const keys = pem.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [];
  return keys.some((key) => {
    try {
      return verifySignature(key, receiptBytes(receipt), receipt);
    } catch {
      return false;
    }
  });
}

function readReceipt(text: string, path: string): ErasureReceipt {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is no JSON.`);
  }
  if (!Shape.safeParse(value).success) {
    throw new UsageError(`${path} is no receipt of the format ${receiptFormat}.`);
  }
  return value as ErasureReceipt;
}

/** The shown fields of an untrusted receipt; the signature covers its other fields too. */
const Shape = z.looseObject({
  format: z.literal(receiptFormat),
  appliance: z.string(),
  erasure: z.string(),
  organization: z.string(),
  world: z.string(),
  subject: z.string(),
  reason: z.string(),
  actor: z.string(),
  requestedAt: z.string(),
  completedAt: z.string().optional(),
  state: z.enum(['pending', 'done']),
  waitingFor: z.array(z.string()),
  copies: z.array(
    z
      .looseObject({
        place: z.string(),
        copy: z.string().optional(),
        state: z.string(),
        attested: z.looseObject({ by: z.string(), at: z.string() }).optional(),
      })
      .refine(({ state, attested }) => (state === 'attested-destroyed') === (attested !== undefined)),
  ),
  proof: z
    .looseObject({
      needles: z.record(z.string(), z.number()),
      files: z.number(),
      bytes: z.number(),
      found: z.array(z.looseObject({ file: z.string(), kind: z.string(), times: z.number() })),
      sealedValues: z.looseObject({ tried: z.number(), opened: z.number() }),
      gallery: z.looseObject({ searches: z.number(), named: z.number() }),
      notSearched: z.array(z.string()),
    })
    .optional(),
  publicKey: z.string(),
  kid: z.string(),
  signature: z.string(),
});

async function readText(path: string, what: string): Promise<string> {
  if (path === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }
  const file = userPath(path);
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UsageError(`There is no ${what} at ${file}.`);
    throw error;
  });
}
