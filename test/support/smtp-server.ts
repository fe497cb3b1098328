import { createServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { certificate, certificateKey } from './certificate.ts';
import { listen } from './listener.ts';

export interface Received {
  from: string;
  to: string[];
  /** Header and body, without the dots of the protocol. */
  message: string;
  encrypted: boolean;
  /** What AUTH PLAIN said; undefined without it. */
  credentials: string | undefined;
}

const addressIn = (line: string): string => /<(.*?)>/.exec(line)?.[1] ?? '';

/**
 * A mail server on a free port of loopback: as much of RFC 5321 as a sender needs. `tls`: `starttls` offers it and takes no
 * mail before it, `always` speaks it from the start. `answer` may refuse a recipient (`550 no`) or take nothing now (`451 later`).
 */
export async function startSmtpServer({
  tls = 'none',
  answer = () => undefined,
}: {
  tls?: 'none' | 'starttls' | 'always';
  answer?: (recipient: string) => string | undefined;
} = {}) {
  const received: Received[] = [];
  const waiting: (() => void)[] = [];

  function encrypt(plain: Socket): TLSSocket {
    return new TLSSocket(plain, { isServer: true, cert: certificate, key: certificateKey });
  }
  function talk(socket: Socket, encrypted: boolean, greeted: boolean): void {
    const say = (line: string) => void socket.write(`${line}\r\n`);
    let [from, to, credentials]: [string, string[], string | undefined] = ['', [], undefined];
    let text = '';
    let inMessage = false;

    function replyTo(line: string): string[] {
      const [verb = ''] = line.toUpperCase().split(/[ :]/);
      if (tls === 'starttls' && !encrypted && !['EHLO', 'STARTTLS', 'QUIT'].includes(verb))
        return ['530 Must issue a STARTTLS command first'];
      switch (verb) {
        case 'EHLO':
          return [
            '250-mail.test',
            ...(encrypted ? ['250-AUTH PLAIN'] : []),
            ...(tls === 'starttls' && !encrypted ? ['250-STARTTLS'] : []),
            '250 8BITMIME',
          ];
        case 'STARTTLS':
          return ['220 go ahead'];
        case 'AUTH':
          credentials = Buffer.from(line.split(' ')[2] ?? '', 'base64')
            .toString()
            .replaceAll('\0', ' ')
            .trim();
          return ['235 welcome'];
        case 'MAIL':
          from = addressIn(line);
          to = [];
          return ['250 ok'];
        case 'RCPT': {
          const refused = answer(addressIn(line));
          if (refused === undefined) to.push(addressIn(line));
          return [refused ?? '250 ok'];
        }
        case 'DATA':
          inMessage = true;
          return ['354 end with a dot'];
        case 'QUIT':
          return ['221 bye'];
        default:
          return ['502 not here'];
      }
    }
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      for (;;) {
        if (inMessage) {
          const end = text.indexOf('\r\n.\r\n');
          if (end < 0) return;
          const message = text.slice(0, end).replaceAll('\r\n..', '\r\n.');
          text = text.slice(end + 5);
          inMessage = false;
          received.push({ from, to, message, encrypted, credentials });
          say('250 taken');
          for (const tell of waiting.splice(0)) tell();
          continue;
        }
        const end = text.indexOf('\r\n');
        if (end < 0) return;
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        for (const reply of replyTo(line)) say(reply);
        if (/^quit/i.test(line)) socket.end();
        if (/^starttls/i.test(line)) {
          socket.removeAllListeners('data');
          talk(encrypt(socket), true, true);
          return;
        }
      }
    });
    if (!greeted) say('220 mail.test ESMTP');
  }

  const server = createServer((socket) => {
    if (tls === 'always') talk(encrypt(socket), true, false);
    else talk(socket, false, false);
  });
  const { port, stop } = await listen(server);
  return {
    port,
    received,
    stop,
    /** Resolves once so many mails were taken. */
    async taken(count: number): Promise<void> {
      while (received.length < count) await new Promise<void>((tell) => waiting.push(tell));
    },
  };
}
