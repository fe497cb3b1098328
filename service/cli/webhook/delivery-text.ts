import type { Schemas } from '../../../sdk/admin/client.ts';
import { facts } from '../terminal/terminal.ts';

export type Delivery = Schemas['Delivery'];

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
