import type { ModelReport } from '../../engine/models/index.ts';
import type { World } from '../../lib/id.ts';

/**
 * What the appliance knows of itself, gathered by compose.ts. Asked for at every `/health`, `/ready` and `/metrics`: it
 * must answer in a few milliseconds even while every worker is busy. No secrets, and no organization by name or id.
 */
export interface ApplianceStatus {
  readiness: { is: 'ready' } | { is: 'not-ready'; reason: string };
  models: ModelReport[];
  /** People who are enrolled but cannot be recognized: another model file made their templates, or their keys are gone. */
  unreachablePeople: number;
  /** Imported models that are not used because their file is missing or changed. */
  damagedModels: string[];
  /** Passive PAD. The remedy names the files, their hashes and the one command. */
  pad: { is: 'installed'; set: string; maturity: string } | { is: 'missing'; remedy: string };
  inference: {
    workers: number;
    /** Workers with a picture right now. */
    busy: number;
    /** Pictures waiting for one, and the most that may. */
    queued: number;
    queueLimit: number;
    /** As configured, in order. */
    providersAsked: string[];
    /** Execution provider that ONNX Runtime uses. */
    provider: string;
    /** Why that is not the first one asked for. */
    fallback?: string;
  };
  storage: { kind: 'sqlite' | 'postgresql'; state: 'ok' | 'full' | 'unavailable'; reason?: string };
  /** People enrolled, over all organizations, and in the largest one. */
  people: { world: World; total: number; largest: number }[];
  /** Templates in memory, over all organizations. */
  templates: { world: World; embedder: string; count: number }[];
  /** The largest gallery whose 1:N threshold is still measured, by false-identification rate. */
  /** Galleries that were compared with the calibration, over all organizations (engine/gallery-calibration). */
  ownGalleries: {
    world: World;
    scorer: string;
    measured: number;
    /** With raised thresholds. */
    raised: number;
    /** Pairs above the threshold as a multiple of what the calibration says, where that is most. */
    largestExcess: number;
  }[];
  safeGallery: { rate: number; people: number }[];
  /** Organizations whose live verifications run without PAD, by their recorded decision. */
  matchOnlyOrganizations: number;
  /** Organizations with a profile of their own that verifies where liveness failed. */
  lenientOrganizations?: number;
  /** Places of the key store's copies, and how many of them are not up to date. */
  keyCopies?: { places: number; notCurrent: number };
  /** Scheduled backups that fail or are missing, one sentence each. */
  backupWarnings?: string[];
  /** Retention sweeps that wait for an operator, one sentence each. */
  waitingSweeps?: string[];
  /** Why what carries jobs cannot be used: one sentence. */
  queueProblem?: string;
  /** Listens beyond this machine without TLS. */
  insecureHttp?: boolean;
}
