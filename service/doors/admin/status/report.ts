import type { HoldsFor } from '../../../engine/matching/index.ts';
import type { ProviderReport } from '../../../engine/models/index.ts';
import type { Attention } from '../../../engine/overview/index.ts';
import type { World } from '../../../lib/id.ts';

/** The part of the appliance's state that its operator reads; a subset of `ApplianceStatus`. */
export interface ApplianceReport {
  readiness: { is: 'ready' } | { is: 'not-ready'; reason: string };
  people: { world: World; total: number; largest: number }[];
  safeGallery: { rate: number; holdsFor: HoldsFor; people: number }[];
  matchOnlyOrganizations: number;
  lenientOrganizations?: number;
  pad: { is: 'installed'; set: string; maturity: string } | { is: 'missing'; remedy: string };
  damagedModels: string[];
  inference: { workers: number; busy: number; queued: number; provider: ProviderReport };
  storage: { kind: 'sqlite' | 'postgresql'; state: 'ok' | 'full' | 'unavailable'; reason?: string };
  /** Of the disk of the data directory, and of the database; what cannot be read is left out. */
  room: { freeBytes?: number; databaseBytes?: number };
  /** Absent without TLS. */
  certificate?: { endsAt: number; renewsItself: boolean };
  models: readonly { enabled: boolean }[];
  keyCopies?: { places: number; notCurrent: number };
  backupWarnings?: string[];
  attention: Attention[];
}

/** The process that serves: where it listens, and with which settings. No secret is among it. */
export interface ServiceReport {
  version: string;
  process: number;
  startedAt: number;
  /** `https://127.0.0.1:7300`. */
  url: string;
  /** The certificate in use; absent without TLS. */
  certificate?: { subject: string; endsAt: number };
  /** Listens beyond this machine without TLS. */
  insecureHttp: boolean;
  /** As in the settings file, each value as JSON. */
  settings: Readonly<Record<string, string>>;
}
