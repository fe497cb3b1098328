import { X509Certificate } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { createCustomerCertificate } from '../../certificate/customer-certificate.ts';
import { fingerprintOf } from '../../certificate/issue.ts';
import type { Config } from '../../config.ts';
import type { CertificateOperations } from '../../doors/admin/index.ts';
import { listenPolicy } from '../../http/listening/listen-policy.ts';
import { readTlsFiles } from '../../http/listening/tls-files.ts';
import { Problem } from '../../lib/problem.ts';
import { createApplianceSecret } from '../../storage/keys/appliance-secret.ts';
import type { Foundation } from '../foundation.ts';
import { createSharedSettings, followSharedSettings, type SharedSettings } from './shared-settings.ts';

/** Reads the certificate of the doors, issues it where it is missing, and lets an operator see and change it. */
export async function openCertificateCare(foundation: Foundation): Promise<CertificateOperations> {
  const { inTransaction, clock, vault, audit, certificate, boxCertificate } = foundation;
  boxCertificate.open(createApplianceSecret('tls/authority', vault), (made) =>
    inTransaction((tx) =>
      audit.add(tx, {
        actor: { is: 'appliance', task: 'certificate' },
        action: 'certificate.renew',
        details: { ...made },
      }),
    ),
  );
  const shared = createSharedSettings(foundation);
  await followSharedSettings(foundation, shared);
  await certificate?.load();
  const customer = createCustomerCertificate(boxCertificate, clock);
  const { describe, fingerprints } = createView(foundation, customer);
  const { request, install, renew } = createChanges(foundation, customer, shared);
  return { describe, fingerprints, request, install, renew };
}

type Customer = ReturnType<typeof createCustomerCertificate>;

function createView(
  { config, clock, certificate, boxCertificate: box }: Foundation,
  customer: Customer,
): Pick<CertificateOperations, 'describe' | 'fingerprints'> {
  /** The certificate in use; without a service, the one of the next start. */
  function current() {
    const { tlsCert: cert, tlsKey: key } = config;
    const fromSettings = cert !== undefined && key !== undefined;
    const pair = fromSettings
      ? { ...readTlsFiles({ cert, key }, clock.now()), selfIssued: false }
      : box.read();
    const served = certificate?.current() ?? (pair.is === 'usable' ? pair : undefined);
    if (!served) return undefined;
    const source = fromSettings && !served.selfIssued ? 'settings' : served.selfIssued ? 'own' : 'installed';
    return { source, leaf: new X509Certificate(served.cert) } as const;
  }
  const authorityOf = () => {
    const pem = box.authority();
    return pem === undefined ? undefined : new X509Certificate(pem);
  };
  return {
    describe() {
      const served = current();
      const authority = authorityOf();
      return {
        https: listenPolicy(config).is === 'tls',
        hostName: config.hostName,
        names: box.names().names,
        leftOut: served?.source === 'own' ? [...box.leftOut()] : [],
        requested: customer.hasRequest(),
        installed: customer.isInstalled(),
        served: served && {
          source: served.source,
          issuer: oneLine(served.leaf.issuer),
          names: namesIn(served.leaf),
          ...periodOf(served.leaf),
        },
        authority: authority && periodOf(authority),
      };
    },
    fingerprints() {
      const served = current();
      const authority = box.authority();
      return {
        served: served && fingerprintOf(served.leaf.raw),
        authority: authority === undefined ? undefined : fingerprintOf(authority),
      };
    },
  };
}

/** The files are changed last, in the transaction of the audit line. */
function createChanges(
  { config, inTransaction, audit, certificate, boxCertificate: box }: Foundation,
  customer: Customer,
  shared: SharedSettings | undefined,
): Pick<CertificateOperations, 'request' | 'install' | 'renew'> {
  return {
    async request(how, actor) {
      await shared?.follow();
      const { request, made, keep } = await customer.request(how);
      if (made) {
        const details = { names: box.names().names, addresses: how.addresses };
        await inTransaction(async (tx) => {
          await audit.add(tx, { actor, action: 'certificate.request', details });
          keep();
        });
        await shared?.publish();
      }
      return { request, made };
    },
    async install({ chain, key }, actor) {
      // The key of the request may have been made at another node.
      await shared?.follow();
      const { notes, uncovered, keep } = customer.check(chain, key);
      await inTransaction(async (tx) => {
        await audit.add(tx, { actor, action: 'certificate.install', details: { uncovered } });
        keep();
      });
      await shared?.publish();
      await certificate?.reload();
      return { notes: [...notes, ...whyNotServed(config)] };
    },
    async renew({ authority, discardInstalled }, actor) {
      await shared?.follow();
      if (customer.isInstalled() && !discardInstalled) {
        throw new Problem(
          'CONFLICT',
          'A certificate of yours is installed, and the box serves it: ask your authority for another one (gatehouse certificate request), or go back to the authority of the box (--discard-installed). Nothing was changed.',
        );
      }
      await inTransaction(async (tx) => {
        const details = { leaf: true, authority, discardInstalled };
        await audit.add(tx, { actor, action: 'certificate.renew', details });
        await box.renew({ leaf: true, authority });
        if (discardInstalled) customer.discard();
      });
      await shared?.publish();
      await certificate?.reload();
    },
  };
}

function whyNotServed(config: Config): string[] {
  if (config.tlsCert !== undefined)
    return ['The files of the setting tlsCert are served instead: remove the setting.'];
  return listenPolicy(config).is === 'tls'
    ? []
    : ['The box serves plain HTTP: set “hostName”, or listen beyond this machine, to serve it.'];
}

const periodOf = ({ subject, validFrom, validTo }: X509Certificate) => ({
  subject: oneLine(subject),
  from: Date.parse(validFrom),
  to: Date.parse(validTo),
});

const oneLine = (name: string | undefined) => (name ?? '').replaceAll('\n', ', ').replace(/^CN=/, '');

function namesIn({ subjectAltName }: X509Certificate): string[] {
  if (subjectAltName === undefined) return [];
  return subjectAltName.split(', ').map((one) => {
    const [, kind, value = ''] = /^(DNS|IP Address):(.*)$/.exec(one) ?? [];
    return kind === 'IP Address' ? ipaddr.parse(value).toString() : value;
  });
}
