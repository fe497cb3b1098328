import type { ShellElectron } from './electron.ts';

export interface EndDeps {
  /** A kiosk is open, which only an operator's PIN ends. */
  isLocked(): boolean;
  unlock(): void;
  /** Resolves once the service that the shell started is gone. */
  stop(): Promise<void>;
  ended(): void;
}

/** Delays the end of the program until its service has stopped. A person at a kiosk cannot end it at all. */
export function endInOrder(app: ShellElectron['app'], { isLocked, unlock, stop, ended }: EndDeps) {
  let isStopping = false;
  let isDone = false;
  app.on('before-quit', (event) => {
    if (isDone) return;
    event.preventDefault();
    if (isLocked() || isStopping) return;
    isStopping = true;
    void stop().finally(() => {
      isDone = true;
      // Its windows close without a question.
      unlock();
      app.quit();
    });
  });
  app.on('will-quit', ended);
  return {
    /** Also while a kiosk is open: for the operator of the machine. */
    quit() {
      unlock();
      app.quit();
    },
  };
}
