import type { Provider } from '../models/onnx-model.ts';

/** What the setting names: `auto` is `webgpu` where a GPU answers, agrees and is faster. */
export type WantedProvider = 'auto' | Provider;

/** Which provider runs the nets: `ProviderReport` of the engine, which is what every reply has. */
export interface ProviderState {
  /** As configured, in order. */
  providersAsked: WantedProvider[];
  /** In use beside the CPU; `cpu` where that alone is, and during the trial. */
  provider: Provider;
  /** Its device, as the driver calls it. */
  adapter?: string;
  /** Why the CPU runs nets although another provider was named, or a GPU answers: a fault. */
  fallback?: string;
  /** The same where nothing is wrong: no GPU, a slower one, a trial that is under way. */
  note?: string;
  /** What was tried. */
  nets: { model: string; provider: Provider; reason?: string }[];
}
