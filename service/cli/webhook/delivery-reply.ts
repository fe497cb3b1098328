import { facts } from '../terminal/terminal.ts';

export interface DeliveryReply {
  id: string;
  endpoint: string;
  event?: string;
  name: string;
  origin: string;
  state:
    | { is: 'waiting'; nextAt: string; reason?: string }
    | { is: 'delivered'; at: string }
    | { is: 'failed' | 'dropped'; at: string; reason: string };
  attempts: number;
  createdAt: string;
}

export interface AttemptReply {
  number: number;
  at: string;
  outcome: string;
  status?: number;
  milliseconds: number;
  request?: { url: string; headers: Record<string, string>; body: string };
  response?: { headers: Record<string, string>; body: string; truncated: boolean } | { error: string };
}

export type DeliveryLogReply = DeliveryReply & { log: AttemptReply[] };

export function describeDeliveryState({ state }: DeliveryReply): string {
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
export function describeDelivery(one: DeliveryLogReply): string {
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
}: AttemptReply): string {
  const answered = status === undefined ? '' : ` ${status}`;
  const lines = [`attempt ${number}, ${at}: ${outcome}${answered}, ${Math.round(milliseconds)} ms`];
  if (request)
    lines.push(
      `> POST ${request.url}`,
      ...headerLines('>', request.headers),
      '>',
      ...bodyLines('>', request.body),
    );
  if (response === undefined) return lines.join('\n');
  if ('error' in response) return [...lines, `< ${response.error}`].join('\n');
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
