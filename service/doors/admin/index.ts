import type { FastifyPluginAsync } from 'fastify';
import type { Works } from '../../engine/works/index.ts';
import { type AdministratorRouteDeps, administratorRoutes } from './administrators/routes.ts';
import { type AlertRouteDeps, alertRoutes } from './alerts/routes.ts';
import { type ApprovalRouteDeps, approvalRoutes } from './approvals/routes.ts';
import { type AuditRouteDeps, auditRoutes } from './audit/routes.ts';
import { type BackupRouteDeps, backupRoutes } from './backups/routes.ts';
import { type BehaviorRouteDeps, behaviorRoutes } from './behavior/routes.ts';
import { type BehaviorLayerRouteDeps, behaviorLayerRoutes } from './behavior-layer/routes.ts';
import { type CaptureRouteDeps, captureRoutes } from './captures/routes.ts';
import { type CertificateRouteDeps, certificateRoutes } from './certificate/routes.ts';
import { type ConsentRouteDeps, consentRoutes } from './consent/routes.ts';
import { type DeliveryRouteDeps, deliveryRoutes } from './deliveries/routes.ts';
import { createDoor } from './door.ts';
import { type ErasureRouteDeps, erasureRoutes } from './erasure/routes.ts';
import { type EventRouteDeps, eventRoutes } from './events/routes.ts';
import { type EvidenceRouteDeps, evidenceRoutes } from './evidence/routes.ts';
import { type FlowRouteDeps, flowRoutes } from './flows/routes.ts';
import { type GrantRouteDeps, grantRoutes } from './grants/routes.ts';
import { type HoldRouteDeps, holdRoutes } from './holds/routes.ts';
import { type JobRouteDeps, jobRoutes } from './jobs/routes.ts';
import { keyRoutesOfAppliance, type MasterRouteDeps } from './key-store/master-routes.ts';
import { type KeyPlaceRouteDeps, keyPlaceRoutes } from './key-store/routes.ts';
import { type KeyRouteDeps, keyRoutes } from './keys/routes.ts';
import { type KioskRouteDeps, kioskRoutes } from './kiosks/routes.ts';
import { type LimitRouteDeps, limitRoutes } from './limits/routes.ts';
import { type ModelRouteDeps, modelRoutes } from './models/routes.ts';
import { controlMount, documentMount, networkMount } from './mount.ts';
import { type OrganizationRouteDeps, organizationRoutes } from './organizations/routes.ts';
import { type OverviewRouteDeps, overviewRoutes } from './overview/routes.ts';
import { type ProfileRouteDeps, profileRoutes } from './profiles/routes.ts';
import { type RetentionRouteDeps, retentionRoutes } from './retention/routes.ts';
import { type ReviewRouteDeps, reviewRoutes } from './review/routes.ts';
import type { AdminRoute } from './route.ts';
import { openSeal, sealRoutes } from './seal/routes.ts';
import { type LiveSessionRouteDeps, liveSessionRoutes } from './sessions/routes.ts';
import { type SetupRouteDeps, setupRoutes } from './setup/routes.ts';
import { type SiteRouteDeps, siteRoutes } from './sites/routes.ts';
import { type StatusRouteDeps, statusRoutes } from './status/routes.ts';
import { type SubjectRecordRouteDeps, subjectRecordRoutes } from './subject-record/routes.ts';
import { type SubjectRouteDeps, subjectRoutes } from './subjects/routes.ts';
import { type UniquenessRouteDeps, uniquenessRoutes } from './uniqueness/routes.ts';
import { type VerificationRouteDeps, verificationRoutes } from './verifications/routes.ts';
import { type WebhookRouteDeps, webhookRoutes } from './webhooks/routes.ts';
import { type WorkRouteDeps, workRoutes } from './works/routes.ts';

export type { BoxNameRoom, CertificateRoom } from './certificate/routes.ts';
export type { SealState } from './seal/routes.ts';
export { createSealedControlDoor } from './sealed-door.ts';
export type { ServiceReport } from './status/report.ts';

/** Parts of the engine for the administrative routes. */
export type AdminDeps = OrganizationRouteDeps &
  AdministratorRouteDeps &
  AlertRouteDeps &
  ApprovalRouteDeps &
  StatusRouteDeps &
  OverviewRouteDeps &
  SetupRouteDeps &
  SiteRouteDeps &
  ProfileRouteDeps &
  LimitRouteDeps &
  KeyRouteDeps &
  WebhookRouteDeps &
  GrantRouteDeps &
  DeliveryRouteDeps &
  EventRouteDeps &
  JobRouteDeps &
  KeyPlaceRouteDeps &
  MasterRouteDeps &
  ModelRouteDeps &
  AuditRouteDeps &
  BackupRouteDeps &
  BehaviorLayerRouteDeps &
  CertificateRouteDeps &
  CaptureRouteDeps &
  KioskRouteDeps &
  LiveSessionRouteDeps &
  ConsentRouteDeps &
  SubjectRouteDeps &
  VerificationRouteDeps &
  HoldRouteDeps &
  ErasureRouteDeps &
  SubjectRecordRouteDeps &
  RetentionRouteDeps &
  FlowRouteDeps &
  ReviewRouteDeps &
  UniquenessRouteDeps &
  EvidenceRouteDeps &
  BehaviorRouteDeps &
  WorkRouteDeps & { works: Works };

/** Every administrative operation, for all callers. */
export const adminRoutes = (deps: AdminDeps): AdminRoute[] => [
  ...organizationRoutes(deps),
  ...administratorRoutes(deps),
  ...alertRoutes(deps),
  ...approvalRoutes(deps),
  ...statusRoutes(deps),
  ...overviewRoutes(deps),
  ...setupRoutes(deps),
  ...siteRoutes(deps),
  ...profileRoutes(deps),
  ...limitRoutes(deps),
  ...keyRoutes(deps),
  ...webhookRoutes(deps),
  ...grantRoutes(deps),
  ...deliveryRoutes(deps),
  ...eventRoutes(deps),
  ...jobRoutes(deps),
  ...keyPlaceRoutes(deps),
  ...keyRoutesOfAppliance(deps),
  ...modelRoutes(deps),
  ...auditRoutes(deps),
  ...backupRoutes(deps),
  ...behaviorLayerRoutes(deps),
  ...certificateRoutes(deps),
  ...captureRoutes(deps),
  ...kioskRoutes(deps),
  ...liveSessionRoutes(deps),
  ...consentRoutes(deps),
  ...subjectRoutes(deps),
  ...verificationRoutes(deps),
  ...holdRoutes(deps),
  ...erasureRoutes(deps),
  ...subjectRecordRoutes(deps),
  ...retentionRoutes(deps),
  ...reviewRoutes(deps),
  ...uniquenessRoutes(deps),
  ...behaviorRoutes(deps),
  ...evidenceRoutes(deps),
  ...flowRoutes(deps),
  ...workRoutes(deps),
  ...sealRoutes(openSeal),
];

/** On the control socket, for the operator of the box. It asks for no credential: never put it on a TCP port. */
export const createControlAdminDoor = (deps: AdminDeps): FastifyPluginAsync =>
  createDoor(adminRoutes(deps), controlMount(deps.organizations, deps.works));

/** On the LAN, for administrators and API keys, each in its own organization. */
export const createAdminDoor = (deps: AdminDeps): FastifyPluginAsync =>
  createDoor(adminRoutes(deps), networkMount(deps));

/** For the OpenAPI document of every route; it serves no request. */
export const createDocumentedAdminDoor = (): FastifyPluginAsync =>
  createDoor(adminRoutes(noEngine as AdminDeps), documentMount);

/** Routes are declared from it, and never run. */
const noEngine: unknown = new Proxy({}, { get: () => ({}) });
