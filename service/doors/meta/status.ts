import type { Attention } from '../../engine/appliance/index.ts';
import type { HoldsFor } from '../../engine/matching/index.ts';
import type { ModelReport, ProviderReport } from '../../engine/models/index.ts';
import type { World } from '../../lib/id.ts';

/**
 * What the appliance knows of itself, gathered by compose.ts. Asked for at every `/health` and `/metrics`: it
 * must answer in a few milliseconds even while every worker is busy. No secrets, and no organization by name or id.
 */
export interface ApplianceStatus {
  readiness: { is: 'ready' } | { is: 'not-ready'; reason: string };
  models: ModelReport[];
  /** People who are enrolled but cannot be recognized: another model file made their templates, or their keys are gone. */
  unreachablePeople: number;
  /** Imported models that are not used because their file is missing or changed. */
  damagedModels: string[];
  /** Passive PAD. The remedy names the commands that switch it on. */
  pad: { is: 'installed'; set: string; maturity: string } | { is: 'missing'; remedy: string };
  inference: {
    workers: number;
    /** Workers with a picture right now. */
    busy: number;
    /** Pictures waiting for one, and the most that may. */
    queued: number;
    queueLimit: number;
    provider: ProviderReport;
  };
  storage: { kind: 'sqlite' | 'postgresql'; state: 'ok' | 'full' | 'unavailable'; reason?: string };
  /** People enrolled, over all organizations, and in the largest one. */
  people: { world: World; total: number; largest: number }[];
  /** People with templates of a superseded embedder, over all organizations; empty where none is superseded. */
  upgrades: { world: World; upgraded: number; provisional: number; waiting: number }[];
  /** Templates in memory, over all organizations. */
  templates: { world: World; embedder: string; count: number }[];
  /** Galleries with people in them against each table of the scorers, over all organizations (engine/gallery-calibration). */
  ownGalleries: {
    world: World;
    scorer: string;
    holdsFor: HoldsFor;
    /** Compared with the table. */
    measured: number;
    /** Large enough, and not yet compared; and those with too few people. */
    notMeasured: number;
    tooFewPeople: number;
    /** With raised thresholds. */
    raised: number;
    /** Pairs above the threshold as a multiple of what the calibration says, where that is most; 0 where none was measured. */
    largestExcess: number;
    /** People whose template does not distinguish them from others. */
    doubtful: number;
  }[];
  /** The largest gallery whose 1:N threshold is still measured, by false-identification rate and the groups for which that holds. */
  safeGallery: { rate: number; holdsFor: HoldsFor; people: number }[];
  /** Organizations whose live verifications run without PAD, by their recorded decision. */
  matchOnlyOrganizations: number;
  /** Organizations with a profile of their own that verifies where liveness failed. */
  lenientOrganizations?: number;
  /** Places of the key store's copies, and how many of them are not up to date. */
  keyCopies?: { places: number; notCurrent: number };
  /** Rows that another program wrote or changed; absent where there are none. */
  alteredRows?: number;
  /** Listens beyond this machine without TLS. */
  insecureHttp?: boolean;
  /** What a person should look at, the most urgent first. */
  attention: Attention[];
}
