import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { writeDurably } from '../lib/durable-file.ts';
import type { BoxCertificate } from './box-certificate.ts';
import { type CheckedChain, certificateRequestIn, checkChain, keyIn } from './check-chain.ts';
import { makeRequest } from './issue.ts';

export interface CertificateRequest {
  /** PKCS #10, PEM. */
  request: string;
  /** It was made now. */
  made: boolean;
}

/** Nothing is changed before it is kept. */
interface Checked {
  keep(): void;
}

/** A certificate from the customer's own authority: requested with a key that stays here, then installed. */
export function createCustomerCertificate(
  { paths, names }: Pick<BoxCertificate, 'paths' | 'names'>,
  clock: Clock,
) {
  const keyOf = (path: string) => (existsSync(path) ? keyIn(readFileSync(path, 'utf8')) : undefined);
  return {
    /** The open request, or a new one: for every name of the box but localhost, and with `addresses` for those of the machine. */
    async request({
      again,
      addresses,
    }: {
      again: boolean;
      addresses: boolean;
    }): Promise<CertificateRequest & Checked> {
      const open = existsSync(paths.request)
        ? certificateRequestIn(readFileSync(paths.request, 'utf8'))
        : undefined;
      if (open !== undefined && !again) return { request: open, made: false, keep() {} };
      const box = names();
      const { request, key } = await makeRequest({
        names: box.names.filter((name) => name !== 'localhost'),
        addresses: addresses ? box.addresses.filter((one) => !isLoopback(one)) : [],
      });
      return { request, made: true, keep: () => write(paths.request, request + key) };
    },
    hasRequest: (): boolean => existsSync(paths.request),
    /** Throws INVALID_REQUEST for what cannot be served as the certificate of this box. */
    check(chain: string, key: string | undefined): Omit<CheckedChain, 'pair'> & Checked {
      const keys = [key ?? keyIn(chain) ?? [keyOf(paths.request), keyOf(paths.installed)]].flat();
      const { pair, ...checked } = checkChain(chain, {
        keys: keys.filter((one) => one !== undefined),
        names: names(),
        now: clock.now(),
      });
      return {
        ...checked,
        keep() {
          write(paths.installed, pair);
          // Its key goes on in the pair.
          if (keyOf(paths.request) === keyIn(pair)) rmSync(paths.request, { force: true });
        },
      };
    },
    isInstalled: (): boolean => existsSync(paths.installed),
    /** From the next look on, the box serves a certificate of its own authority again. */
    discard: (): void => rmSync(paths.installed, { force: true }),
  };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeDurably(path, text);
}

const isLoopback = (address: string) => address === '::1' || address.startsWith('127.');
