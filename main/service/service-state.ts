/** State of the service, as known to the shell. */
export type ServiceState =
  | { is: 'looking' }
  /** Its own process was started, and does not answer yet. */
  | { is: 'starting' }
  /** It answers, and cannot take requests yet. */
  | { is: 'waiting'; why: string }
  /** It waits for the passphrase of the master key. */
  | { is: 'sealed' }
  /** `own`: a process of this shell, which ends with it. */
  | { is: 'ready'; url: string; own: boolean }
  /** Its own process broke off; another one is started in `seconds`. */
  | { is: 'restarting'; seconds: number; why: string }
  /** Its own process does not start: nothing more is tried until a person asks. */
  | { is: 'failed'; why: string }
  /** It does not answer, and is asked again and again. */
  | { is: 'away'; why: string }
  | { is: 'stopping' };

/** One answer to "is there a service?". */
export type Found =
  | { is: 'ready'; url: string }
  | { is: 'waiting'; why: string }
  | { is: 'sealed' }
  /** None runs: one may be started. */
  | { is: 'none'; why: string }
  /** One may run, but this account cannot ask it. */
  | { is: 'unreached'; why: string };
