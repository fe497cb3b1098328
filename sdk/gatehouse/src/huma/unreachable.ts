import { causeCode, certificateFault } from '../certificate.ts';
import { HumaError } from './huma-error.ts';

/** Why `fetch` gave no answer: the network, or a certificate that is not trusted. */
export function unreachable(base: string, cause: unknown): HumaError {
  const fault = certificateFault(base, cause);
  if (fault !== undefined) return new HumaError('CERTIFICATE_NOT_TRUSTED', fault, { cause });
  const code = causeCode(cause);
  const why =
    code === undefined
      ? 'could not be reached, or its answer may not be read from this page (origins of the key)'
      : `could not be reached (${code})`;
  return new HumaError('NETWORK', `${base} ${why}.`, { cause });
}
