import { connect, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { checkServerIdentity } from 'node:tls';
import type { SendMailOptions } from 'nodemailer';
import { oneLine, toOutgoingError } from './failure.ts';
import { OutgoingError, type OutgoingMail } from './outgoing.ts';
import type { After } from './post.ts';
import { ownTrust, type SystemTrust } from './trust.ts';

/**
 * One message over one connection of its own. Without TLS from the start, STARTTLS is used where the server offers it; a password is
 * never sent without TLS, save to loopback: then a server that offers none is refused. One recipient that is refused fails the mail.
 */
export function createMail({ systemTrust, after }: { systemTrust: SystemTrust; after: After }) {
  return async (mail: OutgoingMail): Promise<void> => {
    const { host, address, port, secure, ca, user, password, timeout } = mail;
    if (isIP(address) === 0)
      throw new Error(`"${address}" is no address: only what was resolved and checked is dialled.`);
    const ended = new AbortController();
    // Most commands and many appliances never send one.
    const { createTransport } = await import('nodemailer');
    const withPassword = user !== undefined && password !== undefined;
    const transport = createTransport({
      host: address,
      port,
      secure,
      requireTLS: !secure && withPassword && !isLoopback(address),
      ...(withPassword && { auth: { user, pass: password } }),
      tls: {
        secureContext: ca === undefined ? systemTrust() : ownTrust(ca),
        ...(isIP(host) === 0 && { servername: host }),
        checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      },
      disableFileAccess: true,
      disableUrlAccess: true,
      connectionTimeout: timeout,
      greetingTimeout: timeout,
      socketTimeout: timeout,
      getSocket(_, done) {
        const socket = connect({ host: address, port, signal: ended.signal });
        socket.once('error', (error) => done(toOutgoingError(error), undefined));
        socket.once('connect', () => done(null, { connection: boundAnswers(socket) as Duplex as Socket }));
      },
    });
    const cancel = after(timeout, () =>
      ended.abort(
        new OutgoingError('timeout', `The mail server had not taken the message after ${timeout / 1000} s.`),
      ),
    );
    const message: SendMailOptions & { signal: AbortSignal } = {
      from: mail.from,
      to: [...mail.to],
      subject: mail.subject,
      text: mail.text,
      signal: ended.signal,
    };
    try {
      const { rejected } = await transport.sendMail(message);
      if (rejected.length === 0) return;
      throw new OutgoingError(
        'refused',
        `The mail server took the message, but not for ${oneLine(rejected.join(', '))}.`,
      );
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : toMailError(error);
    } finally {
      cancel();
      transport.close();
    }
  };
}

/** Bytes that are read for one mail, those of TLS with its certificates too. */
const ANSWER_BYTES = 64 * 1024;

/**
 * What the library reads in place of the socket. It takes each line into a list, an empty one as well, and handles one in a turn of the
 * event loop: a server that sends without end would be read for as long as a mail may last.
 */
function boundAnswers(socket: Socket) {
  let left = ANSWER_BYTES;
  const bounded = new Duplex({
    read: () => void socket.resume(),
    write: (chunk, _, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => {
    left -= chunk.length;
    if (left < 0) bounded.destroy(new Error(`more than ${ANSWER_BYTES / 1024} kB`));
    else if (!bounded.push(chunk)) socket.pause();
  });
  socket.on('end', () => bounded.push(null));
  socket.on('timeout', () => bounded.emit('timeout'));
  socket.on('error', (error) => bounded.destroy(error));
  socket.on('close', () => bounded.destroy());
  return Object.assign(bounded, {
    setTimeout: (milliseconds: number) => void socket.setTimeout(milliseconds),
    setKeepAlive: (on: boolean) => void socket.setKeepAlive(on),
  });
}

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

/** nodemailer gives errors a code of its own and keeps the one of the connection beside it. */
function toMailError(error: unknown): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const { code, originalCode, message, response } = error as {
    code?: string;
    originalCode?: string;
    message: string;
    response?: string;
  };
  const known = originalCode === undefined ? undefined : toOutgoingError({ code: originalCode, message });
  if (known && known.failure !== 'protocol') return known;
  const said = oneLine(response ?? message);
  const reply = replyCode(response);
  switch (code) {
    case 'ETLS':
      return new OutgoingError('tls', `The mail server offers no TLS that is good enough (${said}).`);
    case 'EAUTH':
      return new OutgoingError(
        'refused',
        `The mail server refused the user or the password (${said}).`,
        reply,
      );
    case 'EENVELOPE':
    case 'EMESSAGE':
      return new OutgoingError('refused', `The mail server refused the message (${said}).`, reply);
    case 'ETIMEDOUT':
      return new OutgoingError('timeout', `The mail server did not answer in time (${said}).`);
    case 'ECONNECTION':
      return new OutgoingError('reset', `The mail server closed the connection (${said}).`);
    default:
      return new OutgoingError('protocol', `What came back is not SMTP (${said}).`);
  }
}

/** Reply code and enhanced status code (RFC 5321, RFC 3463), without the text that follows them. */
const replyCode = (response = ''): string | undefined =>
  /^[2-5]\d\d(?: [245]\.\d{1,3}\.\d{1,3})?(?= |$)/.exec(response)?.[0];
