import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext } from 'node:tls';
import { createTransport } from 'nodemailer';
import { toOutgoingError } from './failure.ts';
import { OutgoingError, type OutgoingMail } from './outgoing.ts';
import type { After } from './post.ts';
import { createSystemTrust } from './trust.ts';

/**
 * One message over one connection of its own. Without TLS from the start, STARTTLS is used where the server offers it; a password is
 * never sent without TLS, save to loopback: then a server that offers none is refused. One recipient that is refused fails the mail.
 */
export function createMail({ after }: { after: After }) {
  const systemTrust = createSystemTrust();
  return async (mail: OutgoingMail): Promise<void> => {
    const { host, address, port, secure, ca, user, password, timeout } = mail;
    if (isIP(address) === 0)
      throw new Error(`"${address}" is no address: only what was resolved and checked is dialled.`);
    const withPassword = user !== undefined && password !== undefined;
    const transport = createTransport({
      host: address,
      port,
      secure,
      requireTLS: !secure && withPassword && !isLoopback(address),
      ...(withPassword && { auth: { user, pass: password } }),
      tls: {
        secureContext: ca === undefined ? systemTrust() : createSecureContext({ ca }),
        ...(isIP(host) === 0 && { servername: host }),
        checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      },
      disableFileAccess: true,
      disableUrlAccess: true,
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
    });
    let cancel = () => {};
    const tooLate = new Promise<never>((_, fail) => {
      cancel = after(timeout, () =>
        fail(
          new OutgoingError(
            'timeout',
            `The mail server had not taken the message after ${timeout / 1000} s.`,
          ),
        ),
      );
    });
    try {
      const sent = transport.sendMail({
        from: mail.from,
        to: [...mail.to],
        subject: mail.subject,
        text: mail.text,
      });
      const { rejected } = (await Promise.race([sent, tooLate])) as { rejected: unknown[] };
      if (rejected.length === 0) return;
      throw new OutgoingError(
        'refused',
        `The mail server took the message, but not for ${rejected.join(', ')}.`,
      );
    } catch (error) {
      throw toMailError(error);
    } finally {
      cancel();
      transport.close();
    }
  };
}

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

/** nodemailer's codes; where the connection itself failed, the error keeps Node's below. */
function toMailError(error: unknown): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const { code, command, message, response } = error as {
    code?: string;
    command?: string;
    message: string;
    response?: string;
  };
  switch (code) {
    case 'ETLS':
      return new OutgoingError('tls', `The mail server offers no TLS that is good enough (${message}).`);
    case 'EAUTH':
      return new OutgoingError(
        'refused',
        `The mail server refused the user or the password (${response ?? message}).`,
      );
    case 'EENVELOPE':
    case 'EMESSAGE':
      return new OutgoingError('refused', `The mail server refused the message (${response ?? message}).`);
    case 'ETIMEDOUT':
      return new OutgoingError('timeout', `The mail server did not answer in time (${message}).`);
    case 'EPROTOCOL':
      return new OutgoingError('protocol', `What came back is not SMTP (${message}).`);
    default: {
      const { cause } = error as { cause?: unknown };
      const known = toOutgoingError(cause ?? error);
      if (known.failure !== 'protocol') return known;
      return new OutgoingError(
        command === 'CONN' ? 'unreachable' : 'protocol',
        `The mail could not be sent (${message}).`,
      );
    }
  }
}
