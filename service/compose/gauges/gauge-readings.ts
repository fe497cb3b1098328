import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { ServedCertificate } from '../../certificate/served-certificate.ts';
import type { GaugeReadings } from '../../engine/alerts/index.ts';
import type { Models } from '../../engine/models/index.ts';
import type { Organizations } from '../../engine/organizations/index.ts';
import type { Waiting } from '../../engine/retention/index.ts';
import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId } from '../../lib/id.ts';

const MEBIBYTE = 2 ** 20;
const DAY = 86_400_000;

export interface GaugeReadingsDeps {
  /** The data directory. */
  data: string;
  tlsCert: string | undefined;
  /** Certificate of a running service. */
  certificate?: Pick<ServedCertificate, 'end'> | undefined;
  models: Pick<Models, 'current'>;
  organizations: Pick<Organizations, 'get'>;
  /** What is wrong with backups, one sentence each. */
  backupTroubles(): readonly string[];
  /** Confirmations needed before retention sweeps continue. */
  waitingSweeps(): Promise<Waiting>;
  /** Rows that another program wrote or changed, as of the last look. */
  altered(organization: OrganizationId): readonly { says: string }[];
  clock: Clock;
}

/** Readings for alert rules about the appliance. The certificate is the served one, or the one in the file where none is served. */
export function createGaugeReadings({
  data,
  tlsCert,
  certificate,
  models,
  organizations,
  backupTroubles,
  waitingSweeps,
  altered,
  clock,
}: GaugeReadingsDeps): GaugeReadings {
  return {
    async diskFree() {
      const { bavail, bsize } = await statfs(data);
      return (bavail * bsize) / MEBIBYTE;
    },
    ...((certificate ?? tlsCert) !== undefined && {
      certificateDays() {
        const end = certificate?.end() ?? Date.parse(new X509Certificate(readFileSync(tlsCert!)).validTo);
        return Math.floor((end - clock.now()) / DAY);
      },
    }),
    backupTroubles,
    async sweepWaiting(organization) {
      const { clock: doubt, sweeps } = await waitingSweeps();
      return doubt ?? sweeps.find((one) => one.organization === organization)?.why;
    },
    alteredRows: (organization) => altered(organization).map(({ says }) => says),
    async padMissing(organization) {
      return models.current().padSets.length === 0 || (await organizations.get(organization)).matchOnly;
    },
  };
}
