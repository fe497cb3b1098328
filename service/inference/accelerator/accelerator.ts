import type { Timer } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import type { Log } from '../../lib/log.ts';
import type { ModelFile, Provider } from '../models/onnx-model.ts';
import type { TrialResult } from './accelerator-process.ts';
import type { Launch, Launched } from './launch.ts';
import {
  type AcceleratorAddress,
  type CpuReason,
  netKey,
  type ProviderState,
  type WantedProvider,
} from './messages.ts';
import type { NetVerdict } from './trial.ts';

export interface AcceleratorDeps {
  /** Best first; after `cpu` none is tried. */
  providers: readonly WantedProvider[];
  /** Threads that run the nets on the CPU, and ask for them at the same time. */
  workers: number;
  hasGpu(): boolean;
  launch: Launch;
  /** Milliseconds of a trial. */
  longestTrial: number;
  timer: Timer;
  log: Log;
  /** Where workers find the nets from now on; undefined: they run all of them themselves. */
  moved(address: AcceleratorAddress | undefined): void;
}

/** Why a provider is not used; `isWrong`: a fault, of which the operator has to know. */
interface Refusal {
  reason: string;
  because: CpuReason;
  isWrong: boolean;
  nets: ProviderState['nets'];
}

type Ready = Extract<TrialResult, { is: 'ready' }>;
type Refused = Exclude<TrialResult, Ready> | { is: 'ended'; reason: string };

/** Runs nets on another provider than the CPU, in a process of its own. */
export function createAccelerator(deps: AcceleratorDeps) {
  const { providers, log } = deps;
  const onCpu: ProviderState = { providersAsked: [...providers], provider: 'cpu', nets: [] };
  let state = onCpu;
  let running: Launched | undefined;
  let settled = Promise.resolve();
  let tried: string | undefined;
  const silence = createSilenceWatch(deps.timer, lose);

  function end(): void {
    silence.end();
    running?.kill();
    running = undefined;
  }

  /** The CPU runs all nets until the next start. */
  function lose(launched: Launched, reason: string): void {
    if (running !== launched || state.provider === 'cpu') return;
    end();
    const { provider, adapter } = state;
    log.error({ provider, adapter, reason }, 'the device that ran the nets is lost; the CPU runs them');
    state = { ...onCpu, ...afterLoss(state, reason) };
    deps.moved(undefined);
  }

  /** Undefined when this provider runs nets, or when another start came meanwhile. */
  async function attempt(wanted: WantedProvider, files: readonly ModelFile[]): Promise<Refusal | undefined> {
    const trial = tryToStart(deps, wanted, files, { lose, alive: silence.end });
    if ('reason' in trial) return trial;
    const { launched, ended } = trial;
    running = launched;
    const news = await ended;
    if (running !== launched) return undefined;
    if (news.is !== 'ready') {
      end();
      return refusalOf(wanted, news);
    }
    const used = whereNetsRun(providerOf(wanted), news);
    state = { ...onCpu, ...used };
    const { provider, adapter, fallback } = used;
    const accepted = used.nets.filter((net) => net.provider === provider).map(({ model }) => model);
    log.info({ provider, adapter, nets: accepted }, 'nets run beside the CPU');
    if (fallback !== undefined) log.warn({ provider, adapter }, fallback);
    const nets = accepted.map((model) => netKey(files.find(({ entry }) => entry.id === model)!));
    deps.moved({ socket: launched.socket, nets });
    return undefined;
  }

  async function tryAll(files: readonly ModelFile[]): Promise<void> {
    const refusals: Refusal[] = [];
    for (const wanted of providers) {
      if (wanted === 'cpu') break;
      state = {
        ...onCpu,
        note: `${wanted}: being tried; the CPU runs the nets meanwhile`,
        because: [{ asked: wanted, code: 'trying' }],
      };
      const refusal = await attempt(wanted, files);
      if (!refusal) return;
      refusals.push(refusal);
    }
    state = { ...onCpu, ...afterRefusals(refusals) };
    if (state.fallback !== undefined) log.warn({ providers }, `the CPU runs the nets: ${state.fallback}`);
    if (state.note !== undefined) log.info({ providers }, `the CPU runs the nets: ${state.note}`);
  }

  return {
    state: (): ProviderState => state,
    /** Tries the providers with these nets; what ran others until now ends. Nothing happens where they are those of the last start. */
    start(files: readonly ModelFile[]): void {
      const asked = JSON.stringify(files.map(netKey));
      if (asked === tried) return;
      tried = asked;
      if (state.provider !== 'cpu') deps.moved(undefined);
      end();
      state = onCpu;
      settled = tryAll(files);
    },
    /** A worker waited in vain for an answer from this socket: lost, if it does not answer this process either. */
    silent(socket: string): void {
      if (running?.socket === socket) silence.begin(running);
    },
    /** When the last trial has ended. */
    settled: (): Promise<void> => settled,
    close: end,
  };
}

/** Asks a process whether it is alive, and gives it up where it does not answer. */
function createSilenceWatch(timer: Timer, lose: (launched: Launched, reason: string) => void) {
  let stop: (() => void) | undefined;
  return {
    begin(launched: Launched): void {
      if (stop) return;
      launched.ask();
      const reason = `it did not answer for ${LONGEST_SILENCE / 1000} s`;
      stop = timer.after(LONGEST_SILENCE, () => lose(launched, reason));
    },
    end(): void {
      stop?.();
      stop = undefined;
    },
  };
}

/** Refuses without a GPU, and where its process cannot be started (no memory, a full disk). */
function tryToStart(...order: Parameters<typeof startTrial>): ReturnType<typeof startTrial> | Refusal {
  const [deps, wanted] = order;
  if (wanted === 'auto' && !deps.hasGpu())
    return {
      reason: 'auto: there is no GPU',
      because: { asked: wanted, code: 'no-gpu' },
      isWrong: false,
      nets: [],
    };
  try {
    return startTrial(...order);
  } catch (error) {
    const reason = `its process cannot be started: ${(error as Error).message}`;
    return refusalOf(wanted, { is: 'ended', reason });
  }
}

/** `on.lose` is called when the process ends or loses its device, at any time. */
function startTrial(
  { launch, workers, timer, longestTrial, log }: AcceleratorDeps,
  wanted: WantedProvider,
  files: readonly ModelFile[],
  on: { lose(launched: Launched, reason: string): void; alive(): void },
): { launched: Launched; ended: Promise<Ready | Refused> } {
  const { promise, resolve } = Promise.withResolvers<Ready | Refused>();
  const launched = launch(
    {
      provider: providerOf(wanted),
      isNamed: wanted !== 'auto',
      workers,
      files: [...files],
      batch: Math.min(MOST_BATCH, Math.max(2, workers)),
    },
    {
      news(news) {
        if (news.is === 'lost') on.lose(launched, news.reason);
        else if (news.is === 'alive') on.alive();
        else if (news.is !== 'failed') resolve(news);
        else log.warn({ reason: news.reason }, 'a run on the device failed; the CPU repeats it');
      },
      ended(reason) {
        on.lose(launched, reason);
        resolve({ is: 'ended', reason });
      },
    },
  );
  const cancel = timer.after(longestTrial, () =>
    resolve({ is: 'ended', reason: `its trial took longer than ${longestTrial / 1000} s` }),
  );
  return { launched, ended: promise.finally(cancel) };
}

type NetsOf = Omit<ProviderState, 'providersAsked'>;

function whereNetsRun(provider: Provider, { adapter, verdicts }: Ready): NetsOf {
  const left = (is: NetVerdict['is']) => {
    const those = verdicts.filter((one) => one.is === is);
    return those.length === 0 ? undefined : `${provider}: the CPU runs ${describe(those)}`;
  };
  const said = defined({ adapter, fallback: left('refused'), note: left('slower') });
  const isPart = verdicts.some(({ is }) => is !== 'accepted');
  return {
    provider,
    nets: netsOf(verdicts, provider),
    ...said,
    ...(isPart && { because: [{ asked: provider, code: 'nets' }] }),
  };
}

const afterLoss = ({ provider, adapter, nets }: ProviderState, reason: string): NetsOf => ({
  provider: 'cpu',
  ...defined({ adapter }),
  fallback: `${provider}: the device was lost: ${reason}`,
  because: [{ asked: provider, code: 'lost', said: reason }],
  nets: nets.map(({ model }) => ({ model, provider: 'cpu', reason: 'the device was lost', code: 'lost' })),
});

function afterRefusals(refusals: readonly Refusal[]): NetsOf {
  const text = (isWrong: boolean) => {
    const those = refusals.filter((one) => one.isWrong === isWrong);
    return those.length === 0 ? undefined : those.map(({ reason }) => reason).join('; ');
  };
  const nets = refusals.findLast((one) => one.nets.length > 0)?.nets ?? [];
  const because = refusals.length === 0 ? undefined : refusals.map((one) => one.because);
  return { provider: 'cpu', nets, ...defined({ because, fallback: text(true), note: text(false) }) };
}

/** Milliseconds in which a process that may hang has to answer: a run takes much less. */
const LONGEST_SILENCE = 10_000;

/** Pictures of a run in the trial: no more are ever analyzed at a time than there are workers. */
const MOST_BATCH = 16;

const providerOf = (wanted: WantedProvider) => (wanted === 'auto' ? 'webgpu' : wanted);

const netsOf = (verdicts: readonly NetVerdict[], provider: Provider): ProviderState['nets'] =>
  verdicts.map(({ model, is, reason }) => ({
    model,
    provider: is === 'accepted' ? provider : 'cpu',
    ...defined({ reason }),
    ...(is !== 'accepted' && { code: is }),
  }));

const describe = (verdicts: readonly NetVerdict[]): string =>
  verdicts.map(({ model, reason }) => `${model} (${reason})`).join(', ');

function refusalOf(wanted: WantedProvider, news: Refused): Refusal {
  if (news.is === 'ended')
    return {
      reason: `${wanted}: ${news.reason}`,
      because: { asked: wanted, code: 'failed', said: news.reason },
      isWrong: true,
      nets: [],
    };
  const { verdicts, reason = describe(verdicts) } = news;
  const isWrong = news.reason === undefined && verdicts.some(({ is }) => is === 'refused');
  return {
    reason: `${wanted}: ${reason}`,
    because: {
      asked: wanted,
      ...(news.reason === undefined ? { code: 'nets' } : { code: 'unusable', said: news.reason }),
    },
    isWrong: isWrong || wanted !== 'auto',
    nets: netsOf(verdicts, 'cpu'),
  };
}
