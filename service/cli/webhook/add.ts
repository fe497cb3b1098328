import { type Command, Option } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import {
  type Family,
  families,
  type SignatureDialect,
  signatureDialects,
} from '../../engine/webhooks/dialect.ts';
import { defined } from '../../lib/defined.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { nextCommand, type RealmOptions, realmOf, withRealm } from '../realm.ts';
import { type Fields, readFields, withFields } from './fields.ts';
import { describeWebhook, notShownAgain } from './text.ts';

export function addWebhookAdd(webhook: Command, runner: CommandRunner): void {
  const command = webhook
    .command('add')
    .argument('<url>', 'where each event is posted to; it needs a grant (`grant add`)')
    .description('send events somewhere from now on; the secret is shown this once')
    .addOption(
      new Option('--family <family>', 'whose events, in that family’s own payload')
        .choices([...families])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--signature <dialect>',
        'how it is signed (default: as the family’s own text has it)',
      ).choices([...signatureDialects]),
    );
  withFields(withRealm(command)).addHelpText(
    'after',
    `${examples(
      'webhook add https://hooks.example.org/gatehouse --family identity',
      'webhook add https://10.20.0.5:8443/in --family identity --event verification.success --ca intern-ca.pem',
      'webhook add https://erp.example.org/in --family sessions --signature standard --headers-file erp-headers.txt',
    )}

Signatures: standard (webhook-signature, as Standard Webhooks has it), timestamped (Huma-Signature), sha256
(X-VerifyHuman-Signature), hex (x-proof-signature). The headers of Standard Webhooks are sent beside each of them.`,
  );
  runner.run<RealmOptions & Fields & { family: Family; signature?: SignatureDialect }>(
    command,
    async ({ options, control }, url = '') => {
      const { ca, pin, ...others } = await readFields(options);
      if (ca === null || pin === null)
        throw new UsageError('--ca none and --pin none are for “webhook change”: leave them out here.');
      const open = await control();
      const { env, query } = await realmOf(open, options);
      const { family, signature } = options;
      const made = await replyOf(
        open.admin.POST('/api/admin/webhooks', {
          params: { query },
          body: defined({ url, family, signature, ...others, ca, pin }),
        }),
      );
      return {
        json: made,
        text: [
          describeWebhook(made, env, made.secret),
          '',
          notShownAgain,
          `Try it: ${nextCommand(`webhook test ${made.id}`, options)}`,
        ].join('\n'),
      };
    },
  );
}
