import { createServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { certificate, certificateKey } from './certificate.ts';
import { listen } from './listener.ts';

export interface TakenMail {
  from: string;
  to: string[];
  /** Headers and text as they came. */
  data: string;
  encrypted: boolean;
  sni: string | false | undefined;
  login: string | undefined;
}

export interface MailServerOptions {
  /** Loopback when absent. */
  address?: string;
  /** TLS from the start. */
  secure?: boolean;
  startTls?: boolean;
  auth?: 'takes' | 'refuses';
  /** Recipients that are refused. */
  unknown?: readonly string[];
  /** What is answered to a message once this resolves; without it every message is taken. */
  verdict?: (message: string) => Promise<string>;
  /** Instead of the greeting. */
  greeting?: string;
  /** Says nothing once it has the command. */
  silentAfter?: string;
  /** Sends empty lines without end once it has the command. */
  endlessAfter?: string;
  /** Called when it falls silent. */
  silent?: () => void;
}

/** A mail server that keeps what it was given: SMTP with STARTTLS and AUTH PLAIN, as far as a test needs them. */
export async function startMailServer(options: MailServerOptions = {}) {
  const mails: TakenMail[] = [];
  /** Every line a client said, also of what came to nothing. */
  const said: string[] = [];
  let taken = () => {};
  const context = createSecureContext({ cert: certificate, key: certificateKey });
  const server = options.secure
    ? createTlsServer({ cert: certificate, key: certificateKey }, (socket) => talk(socket))
    : createServer((socket) => talk(socket));

  function talk(first: Socket): void {
    let socket = first;
    let [from, to, data, login]: [string, string[], string | undefined, string | undefined] = [
      '',
      [],
      undefined,
      undefined,
    ];
    let rest = '';
    const say = (line: string): unknown => socket.write(`${line}\r\n`);
    function flood(): void {
      const lines = Buffer.alloc(64 * 1024, '\r\n');
      const on = () => {
        while (!socket.destroyed && socket.write(lines));
      };
      socket.on('drain', on);
      on();
    }
    const answer = (line: string): unknown => {
      if (data !== undefined) {
        if (line !== '.') {
          data += `${line.replace(/^\.\./, '.')}\n`;
          return undefined;
        }
        const encrypted = socket instanceof TLSSocket;
        const sni = encrypted
          ? (socket as TLSSocket & { servername?: string | false }).servername
          : undefined;
        const mail = { from, to, data, encrypted, sni, login };
        data = undefined;
        if (options.verdict) return options.verdict(mail.data).then(say);
        mails.push(mail);
        say('250 taken');
        return taken();
      }
      said.push(line);
      const [command = '', ...words] = line.split(' ');
      if (command.toUpperCase() === options.silentAfter) return options.silent?.();
      if (command.toUpperCase() === options.endlessAfter) return flood();
      switch (command.toUpperCase()) {
        case 'EHLO': {
          const plain = !(socket instanceof TLSSocket);
          if (options.startTls && plain) say('250-STARTTLS');
          if (options.auth) say('250-AUTH PLAIN');
          return say('250 mail.example.test');
        }
        case 'STARTTLS': {
          say('220 go on');
          socket.removeAllListeners('data');
          const upgraded = new TLSSocket(socket, { isServer: true, secureContext: context });
          upgraded.on('error', () => {});
          socket = upgraded;
          return read(upgraded);
        }
        case 'AUTH':
          login = Buffer.from(words[1] ?? '', 'base64')
            .toString()
            .replaceAll('\0', ':');
          return say(options.auth === 'takes' ? '235 welcome' : '535 wrong password');
        case 'MAIL':
          from = words.join(' ').replace(/^FROM:<(.*?)>.*$/i, '$1');
          to = [];
          return say('250 yes');
        case 'RCPT': {
          const address = words.join(' ').replace(/^TO:<(.*?)>.*$/i, '$1');
          if (options.unknown?.includes(address)) return say('550 no such mailbox');
          to.push(address);
          return say('250 yes');
        }
        case 'DATA':
          data = '';
          return say('354 go on');
        case 'QUIT':
          say('221 bye');
          return socket.end();
        default:
          return say('502 what?');
      }
    };
    function read(from: Socket): void {
      from.on('error', () => {});
      from.on('data', (chunk: Buffer) => {
        rest += chunk.toString('latin1');
        const lines = rest.split('\r\n');
        rest = lines.pop() ?? '';
        for (const line of lines) answer(line);
      });
    }
    read(socket);
    say(options.greeting ?? '220 mail.example.test ESMTP');
  }

  const listener = await listen(server, options.address);
  return {
    ...listener,
    mails,
    said,
    /** Resolves once so many mails were taken. */
    async taken(count: number): Promise<void> {
      while (mails.length < count) {
        await new Promise<void>((resolve) => {
          taken = resolve;
        });
      }
    },
  };
}
