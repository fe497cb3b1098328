import type { Schemas } from '../../../sdk/admin/client.ts';
import type { World } from '../../lib/id.ts';
import { type Cell, facts } from '../terminal/terminal.ts';

export type Webhook = Schemas['Webhook'];

/** `secret` comes first under the id: it is shown only once. */
export function describeWebhook(one: Webhook, env: World, secret?: string): string {
  const pairs: [string, Cell][] = [
    ['webhook', one.id],
    ['secret', secret],
    ['to', one.kind === 'callback' ? 'the callback URL of each call' : one.url],
    ['world', env],
    ['family', one.family],
    ['events', one.events.map((name) => name.slice(one.family.length + 1)).join(', ')],
    [
      'signature',
      `${one.signature}${one.signatureHeader === undefined ? '' : `, in ${one.signatureHeader}`}`,
    ],
    ['headers', one.headers.join(', ') || undefined],
    ['trusts', describeTrust(one.trust)],
    ['state', describeState(one)],
    ['rotation', one.cutOverAt && `the new secret takes over at ${one.cutOverAt}`],
    ['made', `${one.createdAt} by ${one.createdBy}`],
    ['of the key', one.lineage],
    ['description', one.description || undefined],
  ];
  return facts(pairs);
}

export function describeState({ state, failingSince }: Webhook): string {
  if (state.is === 'disabled') return `disabled ${state.at}: ${state.reason}`;
  return failingSince === undefined ? 'enabled' : `enabled, failing since ${failingSince}`;
}

function describeTrust(trust: Webhook['trust']): string | undefined {
  switch (trust.is) {
    case 'system':
      return undefined;
    case 'ca':
      return 'its own CA alone';
    case 'pin':
      return `the public key ${trust.pin} alone`;
    default:
      return trust satisfies never;
  }
}

export const notShownAgain =
  'The secret is not shown again. The receiver checks each delivery with it (docs/WEBHOOKS.md).';
