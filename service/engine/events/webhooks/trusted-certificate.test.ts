import { describe, expect, test } from 'vitest';
import { certificate, certificateKey } from '../../../../test/support/certificate.ts';
import { checkCa, checkPin } from './endpoint.ts';

/** Made for tests alone: CN=leaf.test, no CA. */
const leaf = `-----BEGIN CERTIFICATE-----
MIIBfTCCASKgAwIBAgIUHFYzEcRM5UqKnheY7q8YSKjsF0YwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbGVhZi50ZXN0MCAXDTI2MTEyMDEzNTQwNVoYDzIxMjYxMDI3
MTM1NDA1WjAUMRIwEAYDVQQDDAlsZWFmLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARHm8IXCbaPS9GsbVeLY8H1qw2FSRLCy3umjPTB5svb297MfRJGX+/i
9/eB1njvB8+H5i3CM/3JrRCCKKvBytnwo1AwTjAdBgNVHQ4EFgQU/Ana8EwvVDe6
/KOK21G+gWys4cowHwYDVR0jBBgwFoAU/Ana8EwvVDe6/KOK21G+gWys4cowDAYD
VR0TAQH/BAIwADAKBggqhkjOPQQDAgNJADBGAiEA8PJxOoozMDVTUd6/5IsURRan
lM+OPTYuuqvFiNto5i0CIQDPiqtlnPWl6W+f+t+bCiSrV9kwgrsziBRmfQ1yz8yi
cg==
-----END CERTIFICATE-----
`;
const now = Date.UTC(2026, 10, 20, 14);

const refused = (pem: string, at = now): string => {
  try {
    checkCa(pem, at);
    return 'accepted';
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_REQUEST', extra: { details: [{ path: 'ca' }] } });
    return (error as Error).message;
  }
};

describe('a CA', () => {
  test('is kept without what stands around it', () => {
    expect(checkCa(certificate, now)).toBe(certificate);
    expect(checkCa(`# ours\r\n${certificate}\ntext`, now)).toBe(certificate);
    expect(checkCa(certificate + certificate, now)).toBe(certificate + certificate);
  });

  test.each([
    ['no PEM', 'hello', 'holds no certificate'],
    ['a damaged one', certificate.replace('MIIB', 'MIIA'), 'cannot be read'],
    ['one with its private key', certificate + certificateKey, 'holds a private key'],
    ['a leaf', leaf, '“CN=leaf.test” is no CA’s certificate'],
    ['a CA with a leaf after it', certificate + leaf, '“CN=leaf.test” is no CA’s certificate'],
    ['one that is too large', certificate.repeat(200), 'at most 64 kB'],
  ])('%s is refused', (_, pem, sentence) => {
    expect(refused(pem)).toContain(sentence);
  });

  test('outside its time is refused, with the time', () => {
    expect(refused(certificate, Date.UTC(2127, 0))).toContain('ended on 2126-10-27T09:20:36.000Z');
    expect(refused(certificate, Date.UTC(2025, 0))).toContain('begins on 2026-11-20T09:20:36.000Z');
  });
});

test('a pin is 32 bytes in base64', () => {
  const pin = Buffer.alloc(32, 7).toString('base64');
  expect(checkPin(pin)).toBe(pin);
  for (const wrong of [
    '',
    'hello',
    `sha256/${pin}`,
    pin.slice(0, -1),
    Buffer.alloc(31).toString('base64'),
    `${pin}\n`,
  ])
    expect(() => checkPin(wrong)).toThrow('openssl');
});
