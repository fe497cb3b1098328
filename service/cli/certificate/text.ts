import type { Schemas } from '../../../sdk/admin/client.ts';
import { invocation } from '../invocation.ts';
import { facts } from '../terminal/terminal.ts';

const DAY = 86_400_000;

const sources = {
  settings: 'files of the settings tlsCert and tlsKey',
  installed: 'installed, from your own authority',
  own: 'from the authority of this box',
} as const;

const until = (to: string, now: number) =>
  `${to.slice(0, 10)} (${Math.floor((Date.parse(to) - now) / DAY)} days)`;

export function describeCertificate(
  {
    https,
    hostName,
    names,
    leftOut,
    requested,
    served,
    authority,
  }: Omit<Schemas['Certificate'], 'installed'>,
  fingerprints: Schemas['CertificateFingerprints'],
  now: number,
): string {
  const uncovered = names.filter((name) => served && !served.names.includes(name));
  return [
    facts([
      ['https', https ? 'yes' : 'no: plain HTTP for this machine alone'],
      ['host name', hostName ?? `not set; the machine’s: ${names[0]}`],
      ['certificate', served ? sources[served.source] : 'none yet: the next start with HTTPS makes one'],
      ...(served
        ? ([
            ['issued by', served.issuer],
            ['for', served.names.join(', ')],
            ['ends', until(served.to, now)],
            ['SHA-256', fingerprints.served],
          ] as const)
        : []),
      ...(uncovered.length > 0 ? ([['not covered', uncovered.join(', ')]] as const) : []),
      ...(leftOut.length > 0
        ? ([['left out', `${leftOut.join(', ')}: the authority may not issue for them`]] as const)
        : []),
      ...(authority
        ? ([
            ['authority', authority.subject],
            ['ends', until(authority.to, now)],
            ['SHA-256', fingerprints.authority],
          ] as const)
        : []),
      ...(requested
        ? ([['request', `open; install the answer: ${invocation} certificate install FILE`]] as const)
        : []),
    ]),
    ...(served?.source === 'own'
      ? [
          '',
          'Compare the fingerprint of the authority with the one that a device shows before it trusts the file of /trust.',
        ]
      : []),
    ...(leftOut.length > 0
      ? [
          '',
          `A new authority covers them, and every client has to install it again: ${invocation} certificate renew --new-authority --confirm ${names[0]}`,
        ]
      : []),
  ].join('\n');
}
