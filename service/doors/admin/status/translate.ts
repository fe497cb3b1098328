import { time } from '../../../lib/time.ts';
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
  queueProblem: status.queueProblem,
  service: service && fromService(service),
});

const fromService = ({ startedAt, certificate, settings, ...rest }: ServiceReport) => ({
  ...rest,
  startedAt: time(startedAt),
  certificate: certificate && { subject: certificate.subject, endsAt: time(certificate.endsAt) },
  settings: { ...settings },
});
