import { time } from '../../../lib/time.ts';
import { fromLiveness } from '../overview/translate.ts';
import type { ApplianceReport, ServiceReport } from './report.ts';
import type { StatusReply } from './wire.ts';

export const fromReports = (
  { readiness, people, ...status }: ApplianceReport,
  service: ServiceReport | undefined,
): StatusReply => ({
  ready: readiness.is === 'ready',
  reason: readiness.is === 'ready' ? undefined : readiness.reason,
  people: people.map(({ world, total, largest }) => ({ env: world, total, largest })),
  safeGallery: status.safeGallery,
  matchOnlyOrganizations: status.matchOnlyOrganizations,
  lenientOrganizations: status.lenientOrganizations,
  liveness: fromLiveness(status.pad),
  models: {
    installed: status.models.length,
    enabled: status.models.filter(({ enabled }) => enabled).length,
    damaged: [...status.damagedModels],
  },
  inference: fromInference(status.inference),
  storage: { ...status.storage, ...status.room },
  certificate: status.certificate && {
    endsAt: time(status.certificate.endsAt),
    renewsItself: status.certificate.renewsItself,
  },
  keyCopies: status.keyCopies && { ...status.keyCopies },
  backups: { warnings: [...(status.backupWarnings ?? [])] },
  attention: status.attention.map((one) => ({ ...one })),
  service: service && fromService(service),
});

const fromInference = ({ workers, busy, queued, provider }: ApplianceReport['inference']) => ({
  workers,
  busy,
  queued,
  ...provider,
});

const fromService = ({ startedAt, certificate, settings, ...rest }: ServiceReport) => ({
  ...rest,
  startedAt: time(startedAt),
  certificate: certificate && { subject: certificate.subject, endsAt: time(certificate.endsAt) },
  settings: { ...settings },
});
