import { defined } from '../../../lib/defined.ts';
import type { Ids, OrganizationId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Outgoing, OutgoingFailure } from '../../../outgoing/outgoing.ts';
import type { Foundation } from '../../audit/index.ts';
import type { DeliveryHandler, Destinations, Outcome } from '../../events/index.ts';
import { type MailServer, mailOf, NO_MAIL_SERVER } from './alert.ts';
import { mailNumberOf, selectAlertById, updateNotified } from './alert-store.ts';
import { addressOf } from './firing.ts';
import type { Recipients } from './recipients.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Addresses of the mail server that one attempt dials. */
const MOST_DIALLED = 2;

export interface MailingDeps extends Pick<Foundation, 'db' | 'clock'> {
  server: MailServer | undefined;
  destinations: Pick<Destinations, 'checkHost'>;
  outgoing: Pick<Outgoing, 'mail'>;
  recipients: Pick<Recipients, 'isApproved'>;
  ids: Pick<Ids, 'next'>;
}

/** What became of a mail is written in its alert too. */
interface Mailed {
  alert: string;
  channel: string;
}

export interface Mailing {
  /** Throws with a sentence when it was not taken by the mail server. */
  send(organization: OrganizationId, to: string, text: { subject: string; text: string }): Promise<void>;
  handler: DeliveryHandler<Mailed>;
}

/** Sends alerts by mail; the mail server is resolved and checked for the organization at each attempt. */
export function createMailing({
  db,
  server,
  destinations,
  outgoing,
  recipients,
  ids,
  clock,
}: MailingDeps): Mailing {
  const attemptOf = (at: number, outcome: string) => ({
    id: ids.next('attempt'),
    at,
    outcome,
    status: null,
    milliseconds: Math.max(0, clock.now() - at),
    exchange: null,
  });
  const send: Mailing['send'] = async (organization, to, text) => {
    if (!server) throw new Problem('INVALID_REQUEST', NO_MAIL_SERVER);
    const { host, port, secure, user, password, ca, from } = server;
    const { addresses } = await destinations.checkHost(organization, { host, port, secure });
    for (const [i, address] of addresses.slice(0, MOST_DIALLED).entries()) {
      try {
        return await outgoing.mail({
          host,
          address,
          port,
          secure,
          from,
          to: [to],
          ...text,
          timeout: 25 * SECOND,
          ...defined({ ca, user, password }),
        });
      } catch (error) {
        // Anything else may have come after the mail was taken.
        const failure = (error as { failure?: string }).failure;
        const notTaken = failure === 'refused' || failure === 'unreachable';
        if (!notTaken || i + 1 >= Math.min(addresses.length, MOST_DIALLED)) throw error;
      }
    }
  };

  return {
    send,
    handler: {
      pauses: [1 * MINUTE, 5 * MINUTE, 30 * MINUTE, 120 * MINUTE],
      timeout: 60 * SECOND,
      async send({ organization, event, name }) {
        const at = clock.now();
        const alert = await selectAlertById(db, String(event));
        const channels = Object.keys(alert?.notified ?? {}).filter((name) => addressOf(name) !== undefined);
        const channel = channels[mailNumberOf(name)];
        const address = channel === undefined ? undefined : addressOf(channel);
        if (!alert || channel === undefined || address === undefined)
          return { outcome: { is: 'given-up', reason: 'The alert of this mail is not there any more.' } };
        const result = { alert: alert.id, channel };
        if (!(await recipients.isApproved(organization, address)))
          return { outcome: { is: 'given-up', reason: 'The recipient is no longer approved.' }, result };
        try {
          await send(organization, address, mailOf(alert));
          return { outcome: { is: 'delivered' }, attempt: attemptOf(at, 'delivered'), result };
        } catch (error) {
          const { failure = 'error' } = error as { failure?: string };
          const outcome = { is: 'failed', reason: keptSentenceOf(error) } as const;
          return { outcome, attempt: attemptOf(at, failure), result };
        }
      },
      async record(tx, finished) {
        for (const { outcome, result, nextAt } of finished) {
          if (!result) continue;
          await updateNotified(tx, result.alert, result.channel, describe(outcome, nextAt));
        }
      },
    },
  };
}

function describe(outcome: Outcome, nextAt: number | undefined) {
  if (outcome.is === 'delivered') return 'sent';
  return nextAt === undefined
    ? `given up: ${outcome.reason}`
    : `failed, again at ${new Date(nextAt).toISOString()}: ${outcome.reason}`;
}

const sentences: Record<OutgoingFailure, string> = {
  unresolved: 'The name of the mail server was not found',
  refused: 'The mail server refused the connection',
  unreachable: 'The mail server cannot be reached from this box',
  reset: 'The mail server closed the connection',
  timeout: 'The mail server did not answer in time',
  tls: 'The TLS of the mail server was refused',
  protocol: 'What the mail server answered is not SMTP',
  aborted: 'The attempt was ended',
};

/**
 * What is written of a failed attempt: a fixed sentence with codes. The server's own words may quote the mail, and would be
 * written after an erasure that ran during the attempt. A test mail shows them.
 */
function keptSentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  const { failure, code } = error as { failure?: OutgoingFailure; code?: string };
  if (failure === undefined) return 'The mail could not be sent; a test mail shows why.';
  if (failure === 'refused' && code !== undefined) return `The mail server refused the mail (${code}).`;
  return `${sentences[failure]}${code === undefined ? '' : ` (${code})`}.`;
}

export const sentenceOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);
