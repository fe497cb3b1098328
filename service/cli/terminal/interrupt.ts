/** npm hands a Ctrl-C on to a child that has had it from the terminal already: one press, two signals. */
const SAME_PRESS_MILLISECONDS = 1000;

export interface InterruptDeps {
  /** SIGINT, SIGTERM or SIGHUP came. */
  first(): void;
  /** Another one came, a second later or more. */
  again(): void;
  /** Milliseconds that only rise. */
  now?: () => number;
  signals?: Pick<NodeJS.Process, 'on'>;
}

/** Listens for SIGINT, SIGTERM and SIGHUP (the terminal was closed) as long as the process lives: npm's second signal may come when the work is done. */
export function onInterrupt({
  first,
  again,
  now = () => performance.now(),
  signals = process,
}: InterruptDeps): void {
  let firstAt: number | undefined;
  const interrupt = () => {
    if (firstAt === undefined) {
      firstAt = now();
      first();
    } else if (now() - firstAt >= SAME_PRESS_MILLISECONDS) again();
  };
  signals.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
}
