import type { Actor } from '../../../engine/audit/index.ts';
import { time } from '../../../lib/time.ts';
import { ofAppliance, ofOperator } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import {
  BoxName,
  BoxNamedReply,
  BoxNameReply,
  CertificateReply,
  FingerprintsReply,
  InstallCertificate,
  InstalledReply,
  RenewCertificate,
  RequestCertificate,
  RequestReply,
} from './wire.ts';

interface Period {
  subject: string;
  /** ms since 1970. */
  from: number;
  to: number;
}

/** The certificate of the doors; what is composed fits. */
export interface CertificateRoom {
  describe(): {
    https: boolean;
    hostName: string | undefined;
    names: readonly string[];
    leftOut: readonly string[];
    requested: boolean;
    installed: boolean;
    served:
      | (Period & { source: 'settings' | 'installed' | 'own'; issuer: string; names: readonly string[] })
      | undefined;
    authority: Period | undefined;
  };
  /** SHA-256. */
  fingerprints(): { served: string | undefined; authority: string | undefined };
  request(
    how: { again: boolean; addresses: boolean },
    who: Actor,
  ): Promise<{ request: string; made: boolean }>;
  /** Throws INVALID_REQUEST for what cannot be served. */
  install(pair: { chain: string; key: string | undefined }, who: Actor): Promise<{ notes: string[] }>;
  /** Throws CONFLICT where a certificate is installed, unless it is to be discarded. */
  renew(what: { authority: boolean; discardInstalled: boolean }, who: Actor): Promise<void>;
}

export interface BoxNameState {
  hostName?: string | undefined;
  /** Listens beyond this machine. */
  network: boolean;
  url?: string | undefined;
  /** Given on the command line or in the environment. */
  fixed: ('hostName' | 'network')[];
  addresses: string[];
  /** The running service does not use it yet. */
  waits: boolean;
}

/** Name of the box, and whether the network reaches it. */
export interface BoxNameRoom {
  describe(): BoxNameState;
  /** Throws INVALID_REQUEST for what cannot be served, CONFLICT for what is fixed. */
  set(
    wanted: { hostName: string | null; network: boolean },
    who: Actor,
  ): Promise<BoxNameState & { restarting: boolean }>;
}

export interface CertificateRouteDeps {
  certificates: CertificateRoom;
  boxName: BoxNameRoom;
}

const about = {
  tag: 'appliance',
  within: 'appliance',
  may: ofAppliance,
} as const;
/** Also before the owner has a passkey, which needs name and certificate. */
const changing = { ...about, may: { ...ofAppliance, beforeFactor: true } } as const;

/** The fingerprints are a route of their own: they are for the box itself, and not for a page that comes over the network. */
export const certificateRoutes = ({ certificates, boxName }: CertificateRouteDeps): AdminRoute[] => [
  ...lookingRoutes(certificates),
  ...changingRoutes(certificates),
  ...nameRoutes(boxName),
];

const nameRoutes = (boxName: BoxNameRoom): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/box-name',
    operationId: 'getBoxName',
    effect: 'none',
    summary: 'Show the name of the box',
    description: 'The host name by which browsers open it, and whether the network reaches it.',
    reply: BoxNameReply,
    handle: () => boxName.describe(),
  }),
  route({
    ...changing,
    method: 'PUT',
    url: '/box-name',
    operationId: 'setBoxName',
    effect: 'none',
    summary: 'Name the box',
    description:
      'Written into the settings file. A running service starts anew, then the box is at `url`: with a host name over HTTPS.',
    body: BoxName,
    reply: BoxNamedReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: ({ body, who }) => boxName.set(body, who),
  }),
];

const lookingRoutes = (certificates: CertificateRoom): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/certificate',
    operationId: 'getCertificate',
    effect: 'none',
    summary: 'Show the certificate of the box',
    description:
      'The certificate in use, the authority of the box, and the names that a certificate should cover.',
    reply: CertificateReply,
    handle: () => describe(certificates),
  }),
  route({
    ...about,
    may: ofOperator,
    method: 'GET',
    url: '/certificate/fingerprints',
    operationId: 'getCertificateFingerprints',
    effect: 'none',
    summary: 'Show the fingerprints to compare',
    description:
      'Shown on the screen of the box. A person compares them with the fingerprints on a device before the device trusts the box.',
    reply: FingerprintsReply,
    handle: () => certificates.fingerprints(),
  }),
];

const changingRoutes = (certificates: CertificateRoom): AdminRoute[] => [
  route({
    ...changing,
    method: 'POST',
    url: '/certificate/request',
    operationId: 'requestCertificate',
    effect: 'none',
    summary: 'Create a certificate request',
    description:
      'A request for the authority of the organization. The key stays on the box. Returns the open request if there is one, unless `again` is set.',
    body: RequestCertificate,
    reply: RequestReply,
    refuses: ['STORAGE_FULL'],
    handle: ({ body, who }) => certificates.request(body, who),
  }),
  route({
    ...changing,
    method: 'POST',
    url: '/certificate/install',
    operationId: 'installCertificate',
    effect: 'weakens-protection',
    summary: 'Install a certificate',
    description:
      'Checks key, chain, names and dates, and serves it from then on, for new connections and without a restart.',
    body: InstallCertificate,
    reply: InstalledReply,
    refuses: ['STORAGE_FULL'],
    async handle({ body: { chain, key }, who }) {
      const { notes } = await certificates.install({ chain, key }, who);
      return { ...describe(certificates), notes };
    },
  }),
  route({
    ...changing,
    method: 'POST',
    url: '/certificate/renew',
    operationId: 'renewCertificate',
    effect: 'none',
    summary: 'Issue a certificate now',
    description:
      'Issued by the authority of the box and renewed automatically. A new authority has to be installed again on every client.',
    body: RenewCertificate,
    reply: CertificateReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    async handle({ body, who }) {
      await certificates.renew(body, who);
      return describe(certificates);
    },
  }),
];

function describe(certificates: CertificateRoom): CertificateReply {
  const { served, authority, names, leftOut, ...rest } = certificates.describe();
  return {
    ...rest,
    names: [...names],
    leftOut: [...leftOut],
    served: served && {
      source: served.source,
      subject: served.subject,
      issuer: served.issuer,
      names: [...served.names],
      ...periodOf(served),
    },
    authority: authority && { subject: authority.subject, ...periodOf(authority) },
  };
}

const periodOf = ({ from, to }: Period) => ({ from: time(from), to: time(to) });
