import type { Schemas } from '../../../sdk/admin/client.ts';
import type { World } from '../../lib/id.ts';
import { document } from '../../lib/installation.ts';
import { type Cell, facts } from '../terminal/terminal.ts';

export type Webhook = Schemas['Webhook'];
type Delivery = Schemas['Delivery'];

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

export const notShownAgain = `The secret is not shown again. The receiver checks each delivery with it (${document('WEBHOOKS')}).`;

export function describeDeliveryState({ state }: Delivery): string {
  switch (state.is) {
    case 'waiting':
      return `waiting, next at ${state.nextAt}${state.reason === undefined ? '' : `: ${state.reason}`}`;
    case 'delivered':
      return `delivered ${state.at}`;
    case 'failed':
    case 'dropped':
      return `${state.is} ${state.at}: ${state.reason}`;
    default:
      return state satisfies never;
  }
}

/** The delivery, then each attempt with what was sent and what came back. */
export function describeDelivery(one: Schemas['DeliveryWithLog']): string {
  const head = facts([
    ['delivery', one.id],
    ['webhook', one.endpoint],
    ['event', one.name],
    ['webhook-id', one.event],
    ['origin', one.origin],
    ['state', describeDeliveryState(one)],
    ['made', one.createdAt],
  ]);
  return [head, ...one.log.map(describeAttempt)].join('\n\n');
}

function describeAttempt({
  number,
  at,
  outcome,
  status,
  milliseconds,
  request,
  response,
  error,
}: Schemas['DeliveryAttempt']): string {
  const answered = status === undefined ? '' : ` ${status}`;
  const lines = [`attempt ${number}, ${at}: ${outcome}${answered}, ${Math.round(milliseconds)} ms`];
  if (request)
    lines.push(
      `> POST ${request.url}`,
      ...headerLines('>', request.headers),
      '>',
      ...bodyLines('>', request.body),
    );
  if (error !== undefined) lines.push(`< ${error}`);
  if (response === undefined) return lines.join('\n');
  const cut = response.truncated ? ['< … (cut off)'] : [];
  return [
    ...lines,
    ...headerLines('<', response.headers),
    '<',
    ...bodyLines('<', response.body),
    ...cut,
  ].join('\n');
}

const headerLines = (mark: string, headers: Record<string, string>) =>
  Object.entries(headers).map(([name, value]) => `${mark} ${name}: ${value}`);
const bodyLines = (mark: string, body: string) => body.split('\n').map((line) => `${mark} ${line}`);
