import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import type { CaptureSource, CheckName, DeviceInfo, GeoLocation, HoldsFor } from '../../matching/index.ts';
import type { Assurance, Ended } from '../verdict.ts';
import type { StoredResult } from '../verification-store.ts';

/** A verification as lists have it: nothing of it is sealed. */
export interface PastVerification extends Ended {
  id: string;
  organization: OrganizationId;
  world: World;
  at: number;
  kind: '1:1' | '1:N';
  /** The person claimed or recognized; absent where there was none, and once the person was erased. */
  subject?: SubjectId;
  profile: { id: string; version: number };
  /** Why not, in words for the person. */
  reason?: string;
  failed: CheckName[];
  confidence: number;
  /** Groups for which the false-match rate behind `confidence` holds; absent where nothing was compared. */
  holdsFor?: HoldsFor;
  composite: number;
  assurance: Assurance;
  /** Absent in what releases before 0.2 wrote. */
  source?: CaptureSource;
  /** Enrolled people that the picture of a 1:N matched, where there are several that were not marked as distinct. */
  alike?: number;
  /** In the format of the audit log. */
  actor: string;
}

/** The whole of one verification. */
export interface WholeVerification extends PastVerification {
  checks: StoredResult[];
  /** Whether the face matched; absent where nothing was compared, and in what early releases wrote. */
  matched?: boolean;
  /** What decided about the face; absent where nothing was compared, and in what early releases wrote. */
  match?: { scorer: string; pictures: number; shift: number };
  /** People searched by a 1:N. */
  gallerySize?: number;
  models: Record<string, string>;
  timing: Record<string, number>;
  /** Opened: kept of a verified person, until they are erased. */
  place?: GeoLocation;
  device?: DeviceInfo;
}

/** What a list is narrowed to; all of it holds. Times are ms since 1970. */
export interface PastFilter {
  /** From here on. */
  from?: number;
  /** Up to here, without this moment itself. */
  until?: number;
  /** One of these. */
  outcomes?: readonly string[];
  /** The check that decided against it. */
  decidedBy?: CheckName;
  /** A check that failed, whether it decided or not. */
  check?: CheckName;
  /** Ids of profiles: one of them. */
  profiles?: readonly string[];
  subject?: SubjectId;
  /** The last six characters of the id. */
  reference?: string;
  /** In the format of the audit log. */
  actor?: string;
}

/** Key of the last row of a page. */
export interface PastKey {
  at: number;
  id: string;
}
