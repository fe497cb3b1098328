import { createHash } from 'node:crypto';
import { renderPdf } from '../../../documents/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { time } from '../../../lib/time.ts';
import { productVersion } from '../../../lib/version.ts';
import type { Organizations } from '../../accounts/index.ts';
import type { Models } from '../../models/index.ts';
import { type EvidenceReport, type PublishedEvidence, printedEvidence } from './printed-evidence.ts';
import published from './published.json' with { type: 'json' };

export interface Evidence {
  /** What was measured for this release; the same on every box of a version. */
  read(): EvidenceReport;
  /** The same as PDF (A4), with the models of this box. */
  print(organization: OrganizationId): Promise<Uint8Array>;
}

export interface EvidenceDeps {
  organizations: Pick<Organizations, 'get'>;
  models: Pick<Models, 'list'>;
  clock: Clock;
}

/** Published figures; `npm run generate` writes them from `docs/evidence`. */
export function createEvidence({ organizations, models, clock }: EvidenceDeps): Evidence {
  const { claims } = published as PublishedEvidence;
  const id = createHash('sha256').update(JSON.stringify(claims)).digest('hex').slice(0, 12);
  const report: EvidenceReport = { id, version: productVersion(), claims };
  return {
    read: () => report,
    async print(organization) {
      const { name } = await organizations.get(organization);
      const printed = `${time(clock.now()).slice(0, 19).replace('T', ' ')} UTC`;
      return renderPdf(printedEvidence(report, { organization: name, models: await models.list(), printed }));
    },
  };
}
