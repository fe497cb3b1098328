import { z } from 'zod';
import type { Actor } from '../../engine/audit/index.ts';
import { time } from '../../lib/record-fields.ts';
import { ofAppliance, ofOperator } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const fields = {
  https: z.boolean().describe('Whether the box serves HTTPS'),
  hostName: z.string().optional().describe('The setting `hostName`; absent if not set'),
  names: z.array(z.string()).describe('Names of the box that a certificate should cover'),
  leftOut: z
    .array(z.string())
    .describe('Names and addresses that the authority of the box may not issue for'),
  requested: z.boolean().describe('Whether a certificate request is open'),
  installed: z.boolean().describe('Whether a certificate of the organization is installed'),
  served: z
    .strictObject({
      source: z
        .enum(['settings', 'installed', 'own'])
        .describe(
          '`settings`: the files of `tlsCert` and `tlsKey`. `installed`: from the authority of the organization. `own`: from the authority of the box',
        ),
      subject: z.string().describe('Its name'),
      issuer: z.string().describe('Issuer'),
      names: z.array(z.string()).describe('Names and addresses that it covers'),
      from: time('Start of its validity'),
      to: time('Expiry'),
    })
    .optional()
    .describe('The certificate in use, or from the next start on; absent without one'),
  authority: z
    .strictObject({
      subject: z.string().describe('Its name'),
      from: time('Start of its validity'),
      to: time('Expiry'),
    })
    .optional()
    .describe('The certificate authority of the box; absent before the first start with HTTPS'),
};

const example = {
  https: true,
  hostName: 'gatehouse.home.arpa',
  names: ['gatehouse.home.arpa', 'gatehouse.local', 'localhost'],
  leftOut: [],
  requested: false,
  installed: false,
  served: {
    source: 'own' as const,
    subject: 'gatehouse.home.arpa',
    issuer: 'Gatehouse CA 3F2A91 (gatehouse.home.arpa)',
    names: ['gatehouse.home.arpa', 'gatehouse.local', 'localhost', '127.0.0.1', '192.168.1.17'],
    from: '2026-11-20T12:00:00.000Z',
    to: '2027-12-20T12:00:00.000Z',
  },
  authority: {
    subject: 'Gatehouse CA 3F2A91 (gatehouse.home.arpa)',
    from: '2026-11-20T12:00:00.000Z',
    to: '2036-11-17T12:00:00.000Z',
  },
};

const CertificateReply = z.strictObject(fields).meta({
  id: 'Certificate',
  description: 'The certificate of the box.',
  examples: [example],
});

const InstalledReply = z
  .strictObject({
    ...fields,
    notes: z.array(z.string()).describe('Notes on the certificate, a sentence each'),
  })
  .meta({
    id: 'InstalledCertificate',
    description: 'The certificate of the box after the installation.',
    examples: [{ ...example, installed: true, notes: [] }],
  });

const fingerprint = (what: string) => z.string().describe(`${what}: SHA-256, hexadecimal in groups of four`);

const FingerprintsReply = z
  .strictObject({
    served: fingerprint('Of the certificate that is served').optional(),
    authority: fingerprint('Of the certificate authority of the box').optional(),
  })
  .meta({
    id: 'CertificateFingerprints',
    description: 'Fingerprints to compare before a device trusts the box.',
    examples: [
      {
        authority: '9F86 D081 884C 7D65 9A2F EAA0 C55A D015 A3BF 4F1B 2B0B 822C D15D 6C15 B0F0 0A08',
      },
    ],
  });

const RequestCertificate = z
  .strictObject({
    again: z
      .boolean()
      .default(false)
      .describe(
        'Creates a new key and request; a certificate for the former request can then not be installed',
      ),
    addresses: z
      .boolean()
      .default(false)
      .describe('Includes the addresses of the machine; many authorities refuse these'),
  })
  .meta({ id: 'CertificateRequestOrder', examples: [{}] });

const RequestReply = z
  .strictObject({
    request: z.string().describe('PKCS #10, PEM'),
    made: z.boolean().describe('True: created now; false: it was open already'),
  })
  .meta({
    id: 'CertificateRequest',
    description: 'A request for the authority of the organization.',
    examples: [
      { request: '-----BEGIN CERTIFICATE REQUEST-----\n…\n-----END CERTIFICATE REQUEST-----\n', made: true },
    ],
  });

const pem = z.string().max(64 * 1024);

const InstallCertificate = z
  .strictObject({
    chain: pem.describe('The certificate of the server and its intermediate ones, PEM, in any order'),
    key: pem
      .optional()
      .describe('Its private key, PEM, if it is neither from a request of this box nor in `chain`'),
  })
  .meta({
    id: 'CertificateInstallOrder',
    examples: [{ chain: '-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n' }],
  });

const RenewCertificate = z
  .strictObject({
    authority: z
      .boolean()
      .default(false)
      .describe('Creates a new authority, which every client has to install again'),
    discardInstalled: z
      .boolean()
      .default(false)
      .describe("Removes the installed certificate with its key, and serves one of the box's authority"),
  })
  .meta({ id: 'CertificateRenewalOrder', examples: [{}] });

const BoxName = z
  .strictObject({
    hostName: z
      .string()
      .trim()
      .toLowerCase()
      .min(1)
      .max(253)
      .nullable()
      .describe('Host name such as `gatehouse.home.arpa`; null: none, the box is opened at `localhost`'),
    network: z.boolean().describe('Listens beyond this machine, on every address'),
  })
  .meta({ id: 'BoxNameOrder', examples: [{ hostName: 'gatehouse.home.arpa', network: true }] });

const boxName = {
  hostName: z.string().optional().describe('Host name; absent where it has none'),
  network: z.boolean().describe('Listens beyond this machine'),
  url: z.string().optional().describe('Where browsers open it; absent while no service runs'),
  fixed: z
    .array(z.enum(['hostName', 'network']))
    .describe('What the command line or the environment says, and cannot be changed here'),
  addresses: z.array(z.string()).describe('Addresses of the machine that a name can point to'),
  waits: z.boolean().describe('It differs from what the running service uses: that takes a new start'),
};
const boxNameExample = {
  hostName: 'gatehouse.home.arpa',
  network: true,
  url: 'https://gatehouse.home.arpa:7300/',
  fixed: [],
  addresses: ['192.168.1.17'],
  waits: false,
};

const BoxNameReply = z
  .strictObject(boxName)
  .meta({ id: 'BoxName', description: 'Where browsers open the box.', examples: [boxNameExample] });

const BoxNamedReply = z
  .strictObject({
    ...boxName,
    restarting: z.boolean().describe('The service starts anew now; false: it has to be restarted by hand'),
  })
  .meta({
    id: 'BoxNamed',
    description: 'Where browsers open the box from the next start on.',
    examples: [{ ...boxNameExample, restarting: true }],
  });

interface Period {
  subject: string;
  /** ms since 1970. */
  from: number;
  to: number;
}

/** The certificate of the doors; what is composed fits. */
export interface CertificateOperations {
  describe(): {
    https: boolean;
    hostName: string | undefined;
    names: string[];
    leftOut: string[];
    requested: boolean;
    installed: boolean;
    served:
      | (Period & { source: 'settings' | 'installed' | 'own'; issuer: string; names: string[] })
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
  install(pair: { chain: string; key?: string }, who: Actor): Promise<{ notes: string[] }>;
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
export interface BoxNameOperations {
  describe(): BoxNameState;
  /** Throws INVALID_REQUEST for what cannot be served, CONFLICT for what is fixed. */
  set(
    wanted: { hostName: string | null; network: boolean },
    who: Actor,
  ): Promise<BoxNameState & { restarting: boolean }>;
}

export interface CertificateRouteDeps {
  certificates: CertificateOperations;
  boxName: BoxNameOperations;
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
  route('GET /certificate', {
    ...about,
    operationId: 'getCertificate',
    effect: 'none',
    summary: 'Show the certificate of the box',
    description:
      'The certificate in use, the authority of the box, and the names that a certificate should cover.',
    reply: CertificateReply,
    handle: () => certificates.describe(),
  }),
  route('GET /certificate/fingerprints', {
    ...about,
    may: ofOperator,
    operationId: 'getCertificateFingerprints',
    effect: 'none',
    summary: 'Show the fingerprints to compare',
    description:
      'Shown on the screen of the box. A person compares them with the fingerprints on a device before the device trusts the box.',
    reply: FingerprintsReply,
    handle: () => certificates.fingerprints(),
  }),
  route('POST /certificate/request', {
    ...changing,
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
  route('POST /certificate/install', {
    ...changing,
    operationId: 'installCertificate',
    effect: 'weakens-protection',
    summary: 'Install a certificate',
    description:
      'Checks key, chain, names and dates, and serves it from then on, for new connections and without a restart.',
    body: InstallCertificate,
    reply: InstalledReply,
    refuses: ['STORAGE_FULL'],
    async handle({ body, who }) {
      const { notes } = await certificates.install(body, who);
      return { ...certificates.describe(), notes };
    },
  }),
  route('POST /certificate/renew', {
    ...changing,
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
      return certificates.describe();
    },
  }),
  route('GET /box-name', {
    ...about,
    operationId: 'getBoxName',
    effect: 'none',
    summary: 'Show the name of the box',
    description: 'The host name by which browsers open it, and whether the network reaches it.',
    reply: BoxNameReply,
    handle: () => boxName.describe(),
  }),
  route('PUT /box-name', {
    ...changing,
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
