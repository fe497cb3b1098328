import type { FastifyPluginAsync } from 'fastify';
import type { Works } from '../../engine/appliance/index.ts';
import type { AuditLog } from '../../engine/audit/index.ts';
import { administratorRoutes } from './administrators.ts';
import { alertRoutes } from './alerts.ts';
import { approvalRoutes } from './approvals.ts';
import { auditRoutes } from './audit.ts';
import { backupRoutes } from './backups.ts';
import { behaviorRoutes } from './behavior.ts';
import { behaviorLayerRoutes } from './behavior-layer.ts';
import { captureRoutes } from './captures.ts';
import { certificateRoutes } from './certificate.ts';
import { consentRoutes } from './consent.ts';
import { deliveryRoutes, eventRoutes } from './deliveries.ts';
import { createDoor } from './door.ts';
import { erasureRoutes } from './erasure.ts';
import { evidenceRoutes } from './evidence.ts';
import { flowRoutes } from './flows.ts';
import { grantRoutes } from './grants.ts';
import { holdRoutes } from './holds.ts';
import { jobRoutes } from './jobs.ts';
import { keyCopyRoutes, keyRoutesOfAppliance } from './key-store.ts';
import { keyRoutes } from './keys.ts';
import { kioskRoutes } from './kiosks.ts';
import { limitRoutes } from './limits.ts';
import { modelRoutes } from './models.ts';
import { controlMount, documentMount, networkMount } from './mount.ts';
import { nameRoutes } from './names.ts';
import { nodeRoutes } from './nodes.ts';
import { organizationRoutes, siteRoutes } from './organizations.ts';
import { overviewRoutes } from './overview.ts';
import { profileRoutes } from './profiles.ts';
import { releaseRoutes } from './release.ts';
import { retentionRoutes } from './retention.ts';
import { reviewRoutes } from './review.ts';
import type { AdminRoute } from './route.ts';
import { openSeal, sealRoutes } from './seal.ts';
import { liveSessionRoutes } from './sessions.ts';
import { setupRoutes } from './setup.ts';
import { statusRoutes } from './status.ts';
import { subjectRecordRoutes, timelineRoutes } from './subject-record.ts';
import { subjectRoutes } from './subjects.ts';
import { uniquenessRoutes } from './uniqueness.ts';
import { verificationRoutes } from './verifications.ts';
import { webhookRoutes } from './webhooks.ts';
import { workRoutes } from './works.ts';

export type { BoxNameOperations, CertificateOperations } from './certificate.ts';
export { createSealedControlDoor } from './door.ts';
export type { SealState } from './seal.ts';
export type { ApplianceReport, ServiceReport } from './status.ts';

/** What each resource makes its routes of. */
const resources = [
  organizationRoutes,
  administratorRoutes,
  alertRoutes,
  approvalRoutes,
  statusRoutes,
  overviewRoutes,
  releaseRoutes,
  setupRoutes,
  siteRoutes,
  profileRoutes,
  limitRoutes,
  keyRoutes,
  webhookRoutes,
  grantRoutes,
  deliveryRoutes,
  eventRoutes,
  jobRoutes,
  keyCopyRoutes,
  keyRoutesOfAppliance,
  nodeRoutes,
  modelRoutes,
  auditRoutes,
  backupRoutes,
  behaviorLayerRoutes,
  certificateRoutes,
  captureRoutes,
  nameRoutes,
  kioskRoutes,
  liveSessionRoutes,
  consentRoutes,
  subjectRoutes,
  verificationRoutes,
  holdRoutes,
  erasureRoutes,
  subjectRecordRoutes,
  timelineRoutes,
  retentionRoutes,
  reviewRoutes,
  uniquenessRoutes,
  behaviorRoutes,
  evidenceRoutes,
  flowRoutes,
  workRoutes,
];

type OfAll<Routes> = (
  Routes extends (deps: infer Deps) => AdminRoute[]
    ? (deps: Deps) => void
    : never
) extends (deps: infer All) => void
  ? All
  : never;

/** Parts of the engine for the administrative routes. */
export type AdminDeps = OfAll<(typeof resources)[number]> & {
  works: Works;
  auditLog: Pick<AuditLog, 'record'>;
};

/** Every administrative operation, for all callers. */
export const adminRoutes = (deps: AdminDeps): AdminRoute[] => [
  ...resources.flatMap((routesOf) => routesOf(deps)),
  ...sealRoutes(openSeal),
];

/** On the control socket, for the operator of the box. It asks for no credential: never put it on a TCP port. */
export const createControlAdminDoor = (deps: AdminDeps): FastifyPluginAsync =>
  createDoor(adminRoutes(deps), controlMount(deps.organizations, deps.works, deps.auditLog));

/** On the LAN, for administrators and API keys, each in its own organization. */
export const createAdminDoor = (deps: AdminDeps): FastifyPluginAsync =>
  createDoor(adminRoutes(deps), networkMount(deps));

/** For the OpenAPI document of every route; it serves no request. */
export const createDocumentedAdminDoor = (): FastifyPluginAsync =>
  createDoor(adminRoutes(noEngine as AdminDeps), documentMount);

/** Routes are declared from it, and never run. */
const noEngine: unknown = new Proxy({}, { get: () => ({}) });
