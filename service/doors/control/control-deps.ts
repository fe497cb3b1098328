import type { Access } from '../../engine/access/index.ts';
import type { AuditLog } from '../../engine/audit/index.ts';
import type { Consents, Holds } from '../../engine/consent/index.ts';
import type { Deliveries, EventLog } from '../../engine/deliveries/index.ts';
import type { Grants } from '../../engine/destinations/index.ts';
import type { Erasure } from '../../engine/erasure/index.ts';
import type { Organizations } from '../../engine/organizations/index.ts';
import type { Retention } from '../../engine/retention/index.ts';
import type { SubjectRecords } from '../../engine/subject-record/index.ts';
import type { Subjects } from '../../engine/subjects/index.ts';
import type { Checks } from '../../engine/verification/index.ts';
import type { Webhooks } from '../../engine/webhooks/index.ts';

/** What the control API speaks for; the composed Gatehouse fits. */
export interface ControlDeps {
  organizations: Organizations;
  access: Access;
  auditLog: AuditLog;
  subjects: Subjects;
  consents: Consents;
  holds: Holds;
  retention: Retention;
  subjectRecords: SubjectRecords;
  erasure: Erasure;
  checks: Checks;
  grants: Grants;
  webhooks: Webhooks;
  deliveries: Deliveries;
  eventLog: EventLog;
  /** What `gatehouse doctor` shows of the box; plain JSON. */
  status(): unknown;
}
