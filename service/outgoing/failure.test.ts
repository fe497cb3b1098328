import { expect, test } from 'vitest';
import { toOutgoingError } from './failure.ts';

test('what the other side says is one line, and not a long one', () => {
  const names = Array.from({ length: 5_000 }, (_, i) => `DNS:host-${i}.example.org`).join(', ');
  const { failure, message } = toOutgoingError(
    Object.assign(new Error(`is not in\r\n\u001b[31mthe cert's altnames: \0${names}`), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    }),
  );
  expect(failure).toBe('tls');
  expect(message.length).toBeLessThan(400);
  expect(message).toContain("is not in [31mthe cert's altnames: DNS:host-0.example.org, DNS");
  expect(message).not.toMatch(/[\p{Cc}\u2028]/u);
});

test('an error of ours stays as it is', () => {
  const error = toOutgoingError({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:9' });
  expect(toOutgoingError(error)).toBe(error);
  expect(error).toMatchObject({
    failure: 'refused',
    message:
      'No server listens there: the connection was refused. (ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:9)',
  });
});

test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'])(
  '%s comes with what to do here, and without Node’s own advice',
  (code) => {
    const advice = 'if the root CA is installed locally, try running Node.js with --use-system-ca';
    const { message } = toOutgoingError({ code, message: `self-signed certificate; ${advice}` });
    expect(message).toContain(
      `refused (${code}: self-signed certificate). It was not issued by a trusted CA`,
    );
    expect(message).not.toContain('--use-system-ca');
  },
);

test('of a certificate that has expired, a CA is not the remedy', () => {
  const { message } = toOutgoingError({ code: 'CERT_HAS_EXPIRED', message: 'certificate has expired' });
  expect(message).toBe(
    'The server’s certificate or TLS was refused (CERT_HAS_EXPIRED: certificate has expired).',
  );
});
