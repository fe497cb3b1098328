import type { LiveApi } from './api.ts';
import type { LiveState } from './wire.ts';

/** Collects how the person uses the page, where the session asks for it, and reports it with each step that is shown. */
export interface BehaviorReport {
  /** Loads the collector and listens. Once the person has agreed, never before. */
  start(): void;
  report(token: string, live: LiveState): void;
  stop(): void;
}

/** What the page uses of the collector of `@gatehouse/sdk`. */
export interface PageCollector {
  start(): void;
  stop(): void;
  snapshot(): object;
}

export interface BehaviorDeps {
  load(): Promise<PageCollector>;
  api: Pick<LiveApi, 'behavior'>;
}

/** Its own file of the page: a session that does not ask for it does not load it. */
export const loadCollector = async (): Promise<PageCollector> => {
  const { createCollector } = await import('../../../sdk/gatehouse/src/collector/collector.ts');
  return createCollector();
};

/** A report that does not arrive is left out: the check goes on without it. */
export function createBehaviorReport({ load, api }: BehaviorDeps): BehaviorReport {
  let wanted = false;
  let collector: PageCollector | undefined;
  let reported = '';

  return {
    start() {
      if (wanted) return;
      wanted = true;
      if (collector) return collector.start();
      void load().then(
        (loaded) => {
          collector ??= loaded;
          if (wanted) collector.start();
        },
        () => {
          wanted = false;
        },
      );
    },
    report(token, { state, attempt, step }) {
      const shown = `${attempt}/${step?.index}`;
      if (!wanted || !collector || state !== 'running' || !step || shown === reported) return;
      reported = shown;
      void api.behavior(token, collector.snapshot()).catch(() => undefined);
    },
    stop() {
      wanted = false;
      collector?.stop();
    },
  };
}
