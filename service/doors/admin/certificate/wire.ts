import { z } from 'zod';
import { time } from '../reply-fields.ts';

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

export const CertificateReply = z.strictObject(fields).meta({
  id: 'Certificate',
  description: 'The certificate of the box.',
  examples: [example],
});
export type CertificateReply = z.output<typeof CertificateReply>;

export const InstalledReply = z
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

export const FingerprintsReply = z
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

export const RequestCertificate = z
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

export const RequestReply = z
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

export const InstallCertificate = z
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

export const RenewCertificate = z
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

export const BoxName = z
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

export const BoxNameReply = z
  .strictObject(boxName)
  .meta({ id: 'BoxName', description: 'Where browsers open the box.', examples: [boxNameExample] });

export const BoxNamedReply = z
  .strictObject({
    ...boxName,
    restarting: z.boolean().describe('The service starts anew now; false: it has to be restarted by hand'),
  })
  .meta({
    id: 'BoxNamed',
    description: 'Where browsers open the box from the next start on.',
    examples: [{ ...boxNameExample, restarting: true }],
  });
