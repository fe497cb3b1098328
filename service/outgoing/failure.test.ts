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
      'Nobody listens there: the connection was refused. (ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:9)',
  });
});
