import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate authority as a customer has one: a root, and an intermediate that signs requests (openssl). */
export function createCustomerAuthority() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pki-'));
  const path = (name: string) => join(folder, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' }).toString();
  const ecKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  writeFileSync(path('ca.ext'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n');
  const root = ['-keyout', path('root.key'), '-out', path('root.pem'), '-days', '3650'];
  openssl('req', '-x509', ...ecKey, ...root, '-subj', '/CN=Customer root');
  openssl(
    'req',
    ...ecKey,
    ...['-keyout', path('sub.key'), '-out', path('sub.csr'), '-subj', '/CN=Customer sub'],
  );
  openssl(
    ...['x509', '-req', '-in', path('sub.csr'), '-CA', path('root.pem'), '-CAkey', path('root.key')],
    ...['-days', '3650', '-extfile', path('ca.ext'), '-out', path('sub.pem')],
  );
  return {
    root: readFileSync(path('root.pem'), 'utf8'),
    intermediate: readFileSync(path('sub.pem'), 'utf8'),
    /** Signs a request (PEM) with what it asks for, or with other extensions. */
    sign(request: string, { days = 300, extensions }: { days?: number; extensions?: string } = {}): string {
      writeFileSync(path('leaf.csr'), request);
      if (extensions !== undefined) writeFileSync(path('leaf.ext'), extensions);
      openssl(
        ...['x509', '-req', '-in', path('leaf.csr'), '-CA', path('sub.pem'), '-CAkey', path('sub.key')],
        ...(extensions === undefined ? ['-copy_extensions', 'copyall'] : ['-extfile', path('leaf.ext')]),
        ...['-days', String(days), '-out', path('leaf.pem')],
      );
      return readFileSync(path('leaf.pem'), 'utf8');
    },
    /** A request of another key. */
    requestOf(subject: string): { request: string; key: string } {
      openssl(
        ...['req', ...ecKey, '-keyout', path('other.key'), '-out', path('other.csr'), '-subj', subject],
      );
      return {
        request: readFileSync(path('other.csr'), 'utf8'),
        key: readFileSync(path('other.key'), 'utf8'),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
