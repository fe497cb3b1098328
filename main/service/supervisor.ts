import { holdProcess } from './own-process.ts';
import type { ServiceProcess } from './service-process.ts';
import type { Found, ServiceState } from './service-state.ts';

export interface SupervisorDeps {
  /** Asks once; never throws. */
  find(): Promise<Found>;
  /** Starts the shell's own process; absent where the service is on another machine. */
  start?: (() => ServiceProcess) | undefined;
  changed(state: ServiceState): void;
  now(): number;
  /** As `setTimeout`, so that tests own the time; gives what ends it. */
  after(milliseconds: number, work: () => void): () => void;
}

/** Sees to it that there is a service: uses the one that runs, else starts one and keeps it running. */
export interface Supervisor {
  /** Looks for a service now; after a failure this is the second try. */
  begin(): void;
  /** Ends its own process, never one that it only found; resolves once it is gone. */
  stop(): Promise<void>;
}

/** Milliseconds until the next search. */
const SOON = 500;
const STEADY = 5_000;

export function createSupervisor({ find, start, changed, now, after }: SupervisorDeps): Supervisor {
  const own = holdProcess(now);
  /** A service was found that the shell did not start: it never starts one beside it. */
  let attached = false;
  let ended: Promise<void> | undefined;
  let cancel = () => {};
  let round = 0;

  const next = (milliseconds: number, work: () => void) => {
    cancel();
    cancel = after(milliseconds, work);
  };

  async function check(): Promise<void> {
    const mine = ++round;
    const found = await find();
    // Meanwhile the process ended, a person asked again, or the shell is being left.
    if (mine !== round || ended) return;
    if (found.is === 'none') return own.isThere() || attached || !start ? silent(found.why) : launch(start);
    if (found.is === 'unreached') {
      changed({ is: 'away', why: found.why });
      return next(STEADY, () => void check());
    }
    if (own.isThere()) own.answers();
    else attached = true;
    changed(found.is === 'ready' ? { ...found, own: own.isThere() } : found);
    next(found.is === 'ready' ? STEADY : SOON, () => void check());
  }

  function silent(why: string): void {
    if (own.isThere() && !own.hasAnswered()) changed({ is: 'starting' });
    else changed({ is: 'away', why });
    next(SOON, () => void check());
  }

  function launch(begin: () => ServiceProcess): void {
    changed({ is: 'starting' });
    own.begin(begin, (why) => ended ?? broken(why));
    next(SOON, () => void check());
  }

  function broken(why: string): void {
    round++;
    cancel();
    const pause = own.pause();
    if (pause === undefined) return void failed(why);
    changed({ is: 'restarting', seconds: pause / 1000, why });
    next(pause, () => void check());
  }

  /** Unless another one holds the directory by now: that was the reason, and it is used. */
  async function failed(why: string): Promise<void> {
    const mine = ++round;
    const found = await find();
    if (mine !== round || ended) return;
    if (found.is === 'none' || found.is === 'unreached') changed({ is: 'failed', why });
    else void check();
  }

  return {
    begin() {
      if (ended) return;
      cancel();
      if (!own.isThere()) {
        attached = false;
        own.forgetBreaks();
        changed({ is: 'looking' });
      }
      void check();
    },
    stop() {
      round++;
      cancel();
      if (own.isThere() && !ended) changed({ is: 'stopping' });
      ended ??= own.stop(after);
      return ended;
    },
  };
}
