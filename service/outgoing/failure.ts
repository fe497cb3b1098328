import { OutgoingError, type OutgoingFailure } from './outgoing.ts';

const failures: Record<string, OutgoingFailure> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  EPERM: 'unreachable',
  ETIMEDOUT: 'unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'unreachable',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  UND_ERR_SOCKET: 'reset',
  EPROTO: 'tls',
  HOSTNAME_MISMATCH: 'tls',
};

/** Node's and OpenSSL's names for a certificate or a handshake that was not good enough. */
const ofTls =
  /^(ERR_TLS|ERR_SSL|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|ERROR_IN_CERT)/;

/** The issuer of the certificate is not trusted. */
const ofIssuer = /^(DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER)/;
const otherCa =
  'It was not issued by a trusted CA: give the webhook the CA of its receiver or the pin of its key; for a mail server, put the CA among those of the operating system.';
/** It came without any other, and no trusted CA issued it. */
const isAlone = (code: string) => code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE';
const wholeChain =
  'The server sent its own certificate alone, without the intermediate certificate that issued it: let the server send its whole chain (often a file called fullchain.pem). If a CA of your own issued it without an intermediate, give the webhook that CA or the pin of its key; for a mail server, put the CA among those of the operating system.';
/** Node’s advice is about a flag that Gatehouse has no use for. */
const ofNode = /; if the root CA is installed locally.*$/;

const sentences: Partial<Record<OutgoingFailure, string>> = {
  refused: 'No server listens there: the connection was refused.',
  unreachable: 'That address cannot be reached from this box.',
  reset: 'The connection was closed before the answer was complete.',
  protocol: 'What came back is not HTTP.',
};

const MOST = 300;

/** The other side has a say in it (names of its certificate, what a mail server answers): one line, and not a long one. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length > MOST ? `${line.slice(0, MOST - 1).toWellFormed()}…` : line;
}

/** Any error of a connection as one of ours. The sentence holds nothing that was sent. */
export function toOutgoingError(error: unknown): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const { code = '', message = String(error) } = (error ?? {}) as { code?: string; message?: string };
  const failure = failures[code] ?? (ofTls.test(code) ? 'tls' : 'protocol');
  const said = oneLine(code === '' ? message : `${code}: ${message}`);
  if (failure === 'tls') {
    const detail = said.replace(ofNode, '');
    const remedy = isAlone(code) ? ` ${wholeChain}` : ofIssuer.test(code) ? ` ${otherCa}` : '';
    return new OutgoingError(
      'tls',
      `The server’s certificate or TLS was refused (${detail}).${remedy}`,
      code,
    );
  }
  return new OutgoingError(failure, `${sentences[failure]} (${said})`);
}
