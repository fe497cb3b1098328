/** Why something that came to the port is no HTTP request, as a sentence with what to do. */
interface Cause {
  is(bytes: string, code: string | undefined): boolean;
  says: string;
}

const causes: readonly Cause[] = [
  {
    is: (bytes) => bytes.startsWith('PROXY ') || bytes.startsWith('\r\n\r\n\0\r\nQUIT\n'),
    says: 'A proxy sends the PROXY protocol, which is not read here. Turn it off there (HAProxy: without send-proxy; nginx: proxy_protocol off; AWS: target group attribute), and let the proxy send X-Forwarded-For.',
  },
  {
    is: (bytes) => bytes.startsWith('\x16\x03'),
    says: 'TLS was sent to a port of plain HTTP. Begin the address with http://, let the proxy connect without TLS, or give the service a certificate.',
  },
  {
    is: (bytes) => bytes.startsWith('PRI * HTTP/2.0'),
    says: 'HTTP/2 is not spoken here. Let the proxy or client speak HTTP/1.1.',
  },
  {
    is: (_, code) => code === 'ERR_SSL_HTTP_REQUEST',
    says: 'Plain HTTP was sent to a port of HTTPS. Begin the address with https://, or let the proxy connect with TLS.',
  },
  {
    is: (_, code) => code === 'HPE_UNEXPECTED_CONTENT_LENGTH' || code === 'HPE_INVALID_CONTENT_LENGTH',
    says: 'The header Content-Length is there twice, beside Transfer-Encoding, or no number. Let one program alone write it.',
  },
  {
    is: (_, code) => code === 'HPE_INVALID_TRANSFER_ENCODING' || code === 'HPE_INVALID_CHUNK_SIZE',
    says: 'The body is not in the chunks that Transfer-Encoding announces. Send it with Content-Length.',
  },
];

const UNKNOWN = 'This is not a valid HTTP request.';

/** `error` of `clientError` or `tlsClientError`. `known`: the cause is one of the settings of a proxy or client. */
export function explainBrokenRequest(error: Error & { code?: string; rawPacket?: Buffer }): {
  says: string;
  known: boolean;
} {
  const bytes = error.rawPacket?.subarray(0, 16).toString('latin1') ?? '';
  const says = causes.find((cause) => cause.is(bytes, error.code))?.says;
  return { says: says ?? UNKNOWN, known: says !== undefined };
}
